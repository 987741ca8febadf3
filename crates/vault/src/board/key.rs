//! Board members' own keys: a pair made on their own machine, of which this vault knows the public half only.
//!
//! A member registers theirs with a passkey of their own, which signs exactly that key in place of the one before. Each change is an
//! entry; the member's own program notices a report that isn't sealed to it.

use super::{NEVER, genuine};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::field::Incoming;
use domain::{EntryId, FieldKind, Millis, PersonId, Refusal, Role, TenantId};
use keys::hash;
use keys::power::{Assertion, Passkey};
use keys::webauthn::approved;
use keys::xwing::{PRIVATE, PUBLIC, Private, Public};
use std::sync::Arc;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect};
use zeroize::Zeroizing;

/// First line of a private key's file.
const HEAD: &str = "ringfence board key v1";
/// What a public key starts with as text.
const PREFIX: &str = "rfboard1:";
/// What the address is sealed for.
const ADDRESS: &[u8] = b"rf1/board/address";

/// What names a key: the first 20 bytes of a SHA-256 of it.
pub type Fingerprint = [u8; 20];

/// A member's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardPublic(pub(super) Public);

impl BoardPublic {
    /// The key of this text, `rfboard1:` and Base 64; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim().strip_prefix(PREFIX)?).ok()?;
        Self::of(&bytes)
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let public = Public(Box::new(<[u8; PUBLIC]>::try_from(bytes).ok()?));
        // Not every text of that length is a key.
        keys::xwing::encapsulate(&public).ok().map(|_| Self(public))
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0.0.as_slice()))
    }

    /// What names it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let whole = hash(&[b"rf1/board/key", self.0.0.as_slice()]);
        core::array::from_fn(|at| whole[at])
    }
}

/// A member's own key pair. Wiped when dropped.
pub struct BoardSecret(pub(super) Private);

impl BoardSecret {
    /// A new one; none if the library makes no key.
    #[must_use]
    pub fn generate() -> Option<Self> {
        Private::generate().ok().map(Self)
    }

    /// Reads its file's text; none if it isn't one, or isn't whole.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (head, key) = lines.next().zip(lines.next())?;
        if head != HEAD || lines.next().is_some() {
            return None;
        }
        let bytes = Zeroizing::new(STANDARD.decode(key).ok()?);
        (bytes.len() == PRIVATE).then_some(())?;
        Private::from_bytes(&bytes).ok().map(Self)
    }

    /// What goes into its file.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(2 * PRIVATE));
        text.push_str(HEAD);
        text.push('\n');
        STANDARD.encode_string(self.0.bytes(), &mut text);
        text.push('\n');
        text
    }

    /// Its public half; none if the library refuses it.
    #[must_use]
    pub fn public(&self) -> Option<BoardPublic> {
        self.0.public().ok().map(BoardPublic)
    }
}

/// A fingerprint for people: five groups of eight digits.
#[must_use]
pub fn board_check(fingerprint: &Fingerprint) -> String {
    let groups = fingerprint.chunks(4).map(|group| group.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    groups.collect::<Vec<_>>().join(" ")
}

/// A key that a member registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) person: PersonId,
    pub(super) key: BoardPublic,
    pub(super) since: Millis,
    /// Where files go by mail, sealed; empty for nowhere.
    address: Vec<u8>,
}

impl Registered {
    fn key_of(person: PersonId) -> AdmissionKey {
        AdmissionKey { kind: AdmissionKind::BoardKey, id: person.0 }
    }

    pub(super) fn wants_mail(&self) -> bool {
        !self.address.is_empty()
    }

    /// `since i64 ‖ key[1216] ‖ sealed address`.
    fn row(&self) -> AdmissionRow {
        let body = [self.since.0.to_be_bytes().as_slice(), self.key.0.0.as_slice(), &self.address].concat();
        AdmissionRow { key: Self::key_of(self.person), body, expires: NEVER, tag: [0; 16] }
    }

    fn read(row: &AdmissionRow) -> Option<Self> {
        let (since, rest) = row.body.split_first_chunk::<8>()?;
        let (key, address) = rest.split_at_checked(PUBLIC)?;
        let key = BoardPublic::of(key)?;
        Some(Self {
            person: PersonId(row.key.id),
            key,
            since: Millis(i64::from_be_bytes(*since)),
            address: address.to_vec(),
        })
    }
}

/// What is to be registered.
pub struct NewBoardKey {
    /// The public key.
    pub key: BoardPublic,
    /// Where files go by mail; none for nowhere.
    pub address: Option<String>,
    /// What the member's own passkey signed.
    pub assertion: Option<Assertion>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoardKeySet {
    /// Nothing yet: this is to be signed.
    Sign([u8; 32]),
    /// It counts; its entry.
    Done(EntryId),
}

impl Vault {
    /// Who isn't on the board is refused, before anything that they sent is judged.
    ///
    /// # Errors
    /// The refusal with its entry.
    pub async fn expect_board_member(&self, scope: &Scope) -> Result<(), VaultError> {
        self.permitted(scope, policy::Act::UseBoardLine, Kind::BoardKey).await.map(drop)
    }

    /// Registers a member's own key, in place of the one before, if their own passkey signed exactly that; without a signature it says
    /// what is to be signed.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `GlassUnsigned` where the signature isn't their own passkey's; `PowerChanged` where
    /// it was changed in this very moment. `Input` for an address that is none.
    pub async fn set_board_key(&self, scope: &Scope, new: &NewBoardKey) -> Result<BoardKeySet, VaultError> {
        let act = self.permitted(scope, policy::Act::UseBoardLine, Kind::BoardKey).await?;
        let address = new.address.as_deref().unwrap_or_default().trim();
        if !address.is_empty() {
            Incoming::parse(FieldKind::Email, address).map_err(VaultError::Input)?;
        }
        let key = Registered::key_of(scope.person());
        let before = self.store.admission(scope.tenant, key).await?;
        let print = new.key.fingerprint();
        // A signature fits one key in one's place: one that was given long ago brings no older key back.
        let challenge = hash(&[
            b"rf1/board/register",
            &scope.tenant.bytes(),
            &scope.person().0,
            &print,
            &before.as_ref().map(|row| row.tag).unwrap_or_default(),
            address.as_bytes(),
        ]);
        let Some(assertion) = &new.assertion else { return Ok(BoardKeySet::Sign(challenge)) };
        let power = self.load_power(scope.tenant).await?;
        if !own_passkeys(&power, scope.person()).any(|passkey| approved(&passkey, assertion, &challenge).is_ok()) {
            return Err(self.logged(act, Refusal::GlassUnsigned).await);
        }
        let sealed = match address {
            "" => Vec::new(),
            address => self.seal_text(scope.tenant, ADDRESS, &scope.person().0, address.as_bytes())?,
        };
        let row =
            Registered { person: scope.person(), key: new.key.clone(), since: act.draft.at, address: sealed }.row();
        let tag = before.map(|row| row.tag);
        let act = act.detail(mark(&print)).when(Condition::Admission { key, tag, otherwise: Refusal::PowerChanged });
        Ok(BoardKeySet::Done(self.commit_plain(act.effect(Effect::PutAdmission(row))).await?))
    }

    /// The keys of those who are on the board now, and how many rows were edited or taken out.
    pub(super) async fn board_keys(&self, tenant: TenantId) -> Result<(Vec<Registered>, usize), VaultError> {
        let power: Arc<Snapshot> = self.power(tenant).await?;
        let (mut all, mut edited) = (Vec::new(), 0);
        let rows = self.all_admissions(tenant, AdmissionKind::BoardKey).await?;
        // Keys are put in the place of others, and never taken out: who registered one has a row.
        let there = |person: &PersonId| rows.iter().any(|row| row.key.id == person.0);
        edited += self.board_logged(tenant).people.iter().filter(|person| !there(person)).count();
        for row in rows {
            match Registered::read(&row).filter(|_| genuine(self, tenant, &row)) {
                None => edited += 1,
                Some(one) if power.person(one.person).is_some_and(|row| row.role == Role::BoardMember) => all.push(one),
                Some(_) => {}
            }
        }
        Ok((all, edited))
    }

    /// Where a member's files go by mail.
    pub(super) fn board_address(
        &self,
        tenant: TenantId,
        one: &Registered,
    ) -> Result<Option<Zeroizing<String>>, VaultError> {
        if one.address.is_empty() {
            return Ok(None);
        }
        let bytes = self.open_text(tenant, ADDRESS, &one.person.0, &one.address)?;
        let text = core::str::from_utf8(&bytes).map_err(|_| VaultError::Damaged)?;
        Ok(Some(Zeroizing::new(text.to_owned())))
    }

    /// A person's own passkeys that count: credential id and relying party.
    pub(super) async fn board_passkeys(&self, scope: &Scope) -> Result<Vec<(Vec<u8>, String)>, VaultError> {
        let power = self.power(scope.tenant).await?;
        Ok(own_passkeys(&power, scope.person()).map(|passkey| (passkey.credential, passkey.rp_id)).collect())
    }
}

fn own_passkeys(power: &Snapshot, person: PersonId) -> impl Iterator<Item = Passkey> {
    power.all::<Passkey>().map(|(_, passkey)| passkey).filter(move |passkey| passkey.person == person)
}

/// The first eight bytes of a fingerprint: what an entry says of a key.
pub(super) fn mark(print: &Fingerprint) -> u64 {
    print.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_pair_comes_back_as_it_was_kept_and_nothing_else_is_one() {
        let secret = BoardSecret::generate().unwrap();
        let public = secret.public().unwrap();
        assert_eq!(BoardSecret::read(&secret.text()).unwrap().public().unwrap(), public);
        assert_eq!(BoardPublic::parse(&public.text()).unwrap(), public);
        let text = secret.text();
        for bad in ["", "ringfence board key v1\n", &text[..text.len() - 9], &text.replace("v1", "v2")] {
            assert!(BoardSecret::read(bad).is_none());
        }
        for bad in ["", "rfboard1:", "rfboard1:AAAA", &public.text()[9..]] {
            assert!(BoardPublic::parse(bad).is_none());
        }
    }
}
