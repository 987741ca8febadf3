//! The masked record: one logged look, no field opened.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::release::Done;
use crate::private::sheet::Masked;
use crate::wiring::Vault;
use domain::{CustomerId, EntryId, FieldKind, InteractionId, Purpose};
use policy::Needs;
use store::{FieldRef, SHEET};

/// A masked field and what can be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedField {
    /// The mask.
    pub masked: Masked,
    /// May a caller's answer about it be checked?
    pub verifiable: bool,
    /// For which purposes this person could have it shown.
    pub purposes: Vec<Purpose>,
    /// Where a second person's approval opens a way for one of these purposes: is it the only one?
    pub second_person: Option<SecondPersonFor>,
}

/// When a value is shown only with a second person's approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondPersonFor {
    /// Whatever the situation.
    Always,
    /// Where it isn't sure enough that it is the customer.
    Unproven,
}

impl SecondPersonFor {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Unproven => "unproven",
        }
    }
}

/// A customer on masks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedRecord {
    /// Who.
    pub customer: CustomerId,
    /// Does nothing of theirs leave without a second person? Why, whoever serves isn't told.
    pub guarded: bool,
    /// The fields.
    pub fields: Vec<MaskedField>,
    /// The entry of this look.
    pub receipt: EntryId,
}

impl Vault {
    /// Looks at the masked record of the interaction's customer.
    ///
    /// # Errors
    /// The refusal with its entry, or why nothing could be done.
    pub async fn view(
        &self,
        scope: &Scope,
        interaction: InteractionId,
        customer: CustomerId,
    ) -> Result<MaskedRecord, VaultError> {
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let act = self.act(scope, Kind::View)?.about(customer, Some(interaction), 0, keys);
        let act = match self.needs(scope, policy::Act::View) {
            Err(denial) => act.denied(&denial),
            Ok(_) if !self.plans(scope.tenant, policy::Act::View) => {
                act.unplanned((FieldKind::Name, plan::Act::Mask, None))
            }
            Ok(needs) => {
                let act = self.on_ground(act, scope, &needs, interaction, Some(customer));
                self.informing(act, scope, None, self.weights(scope.tenant).view.max(needs.cost)).read(FieldRef {
                    customer,
                    field: SHEET,
                    instance: 0,
                })
            }
        };
        let Done::Committed { entry, values, in_a_case } = self.commit(act).await? else {
            return Err(VaultError::Unknown);
        };
        let sheet = values.into_iter().next().ok_or(VaultError::Damaged)?;
        let guarded = self.is_guarded(scope.tenant, customer).await?;
        let fields = sheet.open_sheet()?.into_iter().filter_map(|masked| self.planned_mask(scope.tenant, masked));
        let fields = fields.map(|masked| self.masked_field(scope, masked, guarded, in_a_case)).collect();
        Ok(MaskedRecord { customer, guarded, fields, receipt: entry })
    }

    /// What the rules let this person do with a field of a guarded or another customer, on the line or in a case, beside its mask.
    fn masked_field(&self, scope: &Scope, masked: Masked, guarded: bool, in_a_case: bool) -> MaskedField {
        let kind: FieldKind = masked.field;
        let ways = |purpose: &Purpose| self.ways(scope, policy::Act::Reveal(kind, *purpose));
        let mut purposes = Purpose::likeliest_first(kind);
        let here = |needs: &Needs| !(in_a_case && needs.on_the_line.is_some());
        purposes.retain(|purpose| {
            let ways = ways(purpose);
            ways.alone.as_ref().is_ok_and(here) || ways.approved.as_ref().is_some_and(here)
        });
        let alone = purposes.iter().any(|purpose| {
            let alone = &ways(purpose).alone;
            alone.as_ref().is_ok_and(|needs| here(needs) && !(guarded && needs.unguarded))
        });
        // Whether it is one field too many is told when it is.
        let approved = purposes.iter().any(|purpose| {
            let ways = ways(purpose);
            let sooner = |approved: &Needs| ways.alone.as_ref().map_or(true, |alone| approved.binding < alone.binding);
            ways.approved
                .as_ref()
                .is_some_and(|approved| in_a_case || sooner(approved) || (guarded && !approved.unguarded))
        });
        MaskedField {
            verifiable: self.needs(scope, policy::Act::Verify(kind)).is_ok_and(|needs| here(&needs)),
            purposes,
            second_person: approved.then_some(if alone { SecondPersonFor::Unproven } else { SecondPersonFor::Always }),
            masked,
        }
    }
}
