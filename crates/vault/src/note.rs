//! Notes: written by the person who serves, sealed like every other field.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::intake::sheet_with;
use crate::private::entry::Kind;
use crate::private::release::Done;
use crate::private::sealing;
use crate::reveal::hashed;
use crate::wiring::Vault;
use domain::field::Incoming;
use domain::{CustomerId, EntryId, FieldKind, InteractionId, Refusal};
use keys::{Place, Shelved};
use store::{Condition, Effect, FieldRef, FieldRow, RequestKey, SHEET, StoreError};

/// How often a note is tried when another node changes the sheet in the same moment; those of this node wait for each
/// other.
const ATTEMPTS: usize = 8;

/// A note that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Which of the notes.
    pub instance: u32,
    /// The entry.
    pub receipt: EntryId,
}

impl Vault {
    /// Writes a note in the record of the interaction's customer; the same `key` again gives the same answer. The mask
    /// sheet grows by the note's mask; both are written only if nobody else changed the sheet meanwhile, else it is
    /// tried again on the changed one.
    ///
    /// # Errors
    /// The refusal with its entry; `Input` if the text can't be a note (it holds a card or account number);
    /// `Store(Unavailable)` if others kept changing the sheet.
    pub async fn note(
        &self,
        scope: &Scope,
        interaction: InteractionId,
        customer: CustomerId,
        text: &str,
        key: Option<&str>,
    ) -> Result<Noted, VaultError> {
        let _turn = self.notes.lock().await;
        for _ in 0..ATTEMPTS {
            if let Some(noted) = self.note_once(scope, interaction, customer, text, key).await? {
                return Ok(noted);
            }
        }
        Err(StoreError::Unavailable.into())
    }

    /// Nothing, if somebody else changed the sheet meanwhile.
    async fn note_once(
        &self,
        scope: &Scope,
        interaction: InteractionId,
        customer: CustomerId,
        text: &str,
        key: Option<&str>,
    ) -> Result<Option<Noted>, VaultError> {
        let note = Incoming::parse(FieldKind::Note, text)?;
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let agreed = self.planned_for_staff(scope.tenant, customer, (FieldKind::Note, plan::Act::Store, None)).await?;
        let ground = |act: crate::wiring::Act| match self.needs(scope, policy::Act::WriteNote) {
            Err(denial) => act.denied(&denial),
            Ok(needs) => self.on_ground(act.agreed(agreed.clone()), scope, &needs, interaction, Some(customer)),
        };
        // The sheet is read under an entry of its own; the note's entry then rests on the sheet's version.
        let sheet_ref = FieldRef { customer, field: SHEET, instance: 0 };
        let look =
            ground(self.act(scope, Kind::View)?.about(customer, Some(interaction), 0, keys.clone())).read(sheet_ref);
        let Done::Committed { values, .. } = self.commit(look).await? else { return Err(VaultError::Unknown) };
        let committed = values.into_iter().next().ok_or(VaultError::Damaged)?;
        let version = committed.version();
        let masks = committed.open_sheet()?;
        let instance = 1 + masks.iter().filter(|m| m.field == FieldKind::Note).map(|m| m.instance).max().unwrap_or(0);

        let row = self.store.customer(scope.tenant, customer).await?.ok_or(VaultError::Damaged)?;
        let shelved = Shelved { epoch: row.epoch, wrapped: row.wrapped };
        let place = |field, instance, version| Place { tenant: scope.tenant, customer, field, instance, version };
        let sheet = sheet_with(masks, &note, instance);
        let note_row =
            self.seal_one(&shelved, place(FieldKind::Note.code(), instance, 1), note.canonical().as_bytes()).await?;
        let sheet_row = self.seal_one(&shelved, place(SHEET, 0, version + 1), &sheet).await?;
        let request = key.map(|key| RequestKey {
            key: hashed(&[b"note", &scope.person.id.0, key.as_bytes()]),
            content: hashed(&[&customer.0, &interaction.0, text.as_bytes()]),
            session: scope.session,
            answer: instance,
        });
        let about = self
            .act(scope, Kind::Note)?
            .about(customer, Some(interaction), instance, keys.clone())
            .field(FieldKind::Note.code());
        let act = ground(about)
            .when(Condition::FieldVersion(sheet_ref, version))
            .when(Condition::FieldAbsent(FieldRef { customer, field: FieldKind::Note.code(), instance }))
            .effect(Effect::PutField(customer, note_row))
            .effect(Effect::PutField(customer, sheet_row));
        match self.commit(crate::wiring::Act { request, ..act }).await {
            Ok(Done::Committed { entry, .. }) => Ok(Some(Noted { instance, receipt: entry })),
            Ok(Done::Replayed { entry, answer, same: true, .. }) => {
                Ok(Some(Noted { instance: answer, receipt: entry }))
            }
            // What the two conditions on the sheet and the note's place refuse with; the ground has been checked by now.
            Err(VaultError::Refused { refusal: Refusal::NotFound | Refusal::KeyReused, .. }) => Ok(None),
            Err(error) => Err(error),
            Ok(Done::Replayed { .. }) => {
                let act = self.act(scope, Kind::Note)?.about(customer, Some(interaction), 0, keys);
                Err(self.logged(act.field(FieldKind::Note.code()), Refusal::KeyReused).await)
            }
        }
    }

    /// Seals one value in its place.
    pub(crate) async fn seal_one(&self, shelved: &Shelved, place: Place, plain: &[u8]) -> Result<FieldRow, VaultError> {
        let keys = self.holder.seal(&[self.to_seal(shelved, place)]).await?.pop();
        let (header, okm) = keys.ok_or(VaultError::Damaged)?;
        let sealed = sealing::seal(&okm, &header, &place, plain).ok_or(VaultError::Damaged)?;
        Ok(FieldRow { field: place.field, instance: place.instance, version: place.version, sealed })
    }
}
