//! The key holder's journal against the log: each key that it released has an entry that accounts for it, and each entry that
//! shows something had a key. Two parties wrote them, who don't trust each other.

use crate::failure::{self, Failure};
use crate::wire;
use domain::{Clock as _, EntryId, Millis};
use keyholder::{Journal, ReleasedKey};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use vault::{AuditBody, Kind, TenantConfig, Vault};

/// Entries that are read at once.
const PAGE: u32 = 1_000;
/// An entry that had no key by then gets none any more.
const LATEST_MS: i64 = 60_000;
/// How many of a kind are named.
const NAMED: usize = 20;

/// The journal, and the moment up to which it tells everything.
pub(super) struct Kept {
    keys: Vec<ReleasedKey>,
    from: Millis,
    until: Millis,
}

/// What the journal and the log don't agree on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Differences {
    /// Keys that no entry accounts for: when, which entry was named, and what is wrong.
    keys: Vec<(Millis, EntryId, &'static str)>,
    /// Entries that show something, and of which the journal knows no key.
    entries: Vec<(Millis, EntryId)>,
}

/// What the log says about the same time.
#[derive(Default)]
struct Entries(HashMap<EntryId, AuditBody>);

impl Entries {
    /// All of one tenant's since `from`, with those that wait for their place.
    async fn read(vault: &Vault, tenant: &TenantConfig, from: Millis) -> Result<Self, Failure> {
        let operator = vault.operator(tenant.id);
        let mut all = Self::default();
        let waiting = vault.pending_bodies(&operator).await?;
        all.0.extend(waiting.into_iter().filter_map(|line| Some((line.entry, line.body?))));
        let mut place = None;
        loop {
            let lines = vault.audit_page(&operator, place, PAGE).await?;
            let Some(last) = lines.last() else { return Ok(all) };
            place = Some(last.place);
            // Places are given by when entries were committed: near enough to when they were written.
            let old = lines.iter().all(|line| line.body.as_ref().is_some_and(|body| body.at < from));
            all.0.extend(lines.into_iter().filter_map(|line| Some((line.entry, line.body?))));
            if old {
                return Ok(all);
            }
        }
    }
}

/// Does this kind of entry show a value, or masks, each time that it isn't a refusal?
fn shows(kind: Kind) -> bool {
    let own = matches!(kind, Kind::OwnView | Kind::OwnExport);
    own || matches!(kind, Kind::Reveal | Kind::Redelivery | Kind::GlassBroken | Kind::View)
}

/// Does it show exactly one value, of the field that it names?
fn shows_one(kind: Kind) -> bool {
    matches!(kind, Kind::Reveal | Kind::GlassBroken)
}

/// May an entry of this kind have had a key?
fn opens(kind: Kind) -> bool {
    use Kind::{Code, Erasure, Hit, OwnClaim, OwnClaimEntered, OwnCode, OwnCorrectionAsked, Search, Verification};
    let own = matches!(kind, OwnCode | OwnCorrectionAsked | OwnClaim | OwnClaimEntered);
    let requests = matches!(kind, Kind::RequestIdentity | Kind::RequestTold | Kind::RequestChecked);
    shows(kind) || own || requests || matches!(kind, Search | Hit | Verification | Code | Erasure)
}

/// What is wrong with a key that was released for this entry, if anything is.
fn wrong(key: &ReleasedKey, entry: Option<&AuditBody>, twice: bool) -> Option<&'static str> {
    let Some(entry) = entry else { return Some("no such entry is in the log") };
    if twice {
        return Some("the same key was released twice for it");
    }
    if entry.decision.is_err() {
        return Some("its entry is a refusal");
    }
    if !opens(entry.kind) {
        return Some("its entry is of a kind that opens nothing");
    }
    if entry.person != key.person {
        return Some("its entry names somebody else");
    }
    let other_field = shows_one(entry.kind) && entry.field.is_some_and(|field| field != key.field);
    other_field.then_some("its entry names another field")
}

fn compared(kept: &Kept, tenant: &TenantConfig, entries: &Entries, read_at: Millis) -> Differences {
    let (mut found, mut seen, mut keyed) = (Differences::default(), HashSet::new(), HashSet::new());
    for key in kept.keys.iter().filter(|key| key.tenant == tenant.id) {
        let twice = !seen.insert((key.entry, key.customer, key.field, key.n));
        keyed.insert(key.entry);
        // A later one's entry may have been committed after the log was read.
        if key.at > read_at {
            continue;
        }
        // Several values of one kind of field are several keys: what opens more than one isn't a repetition.
        let twice = twice && entries.0.get(&key.entry).is_some_and(|entry| shows_one(entry.kind));
        let problem = wrong(key, entries.0.get(&key.entry), twice);
        found.keys.extend(problem.map(|problem| (key.at, key.entry, problem)));
    }
    let until = Millis(kept.until.0.min(read_at.0)).plus(-LATEST_MS);
    let owed = entries.0.iter().filter(|(id, body)| {
        shows(body.kind) && body.decision.is_ok() && body.at > kept.from && body.at < until && !keyed.contains(*id)
    });
    found.entries = owed.map(|(id, body)| (body.at, *id)).collect();
    found.entries.sort_unstable();
    found
}

impl Kept {
    /// The journal of a key holder's directory, or of a copy of its `released-*.log`.
    pub(super) fn read(dir: &Path) -> Result<Self, Failure> {
        let (keys, until) = Journal::released(dir).map_err(|error| failure::file(dir, &error))?;
        let Some(from) = keys.first().map(|key| key.at) else {
            return Err(Failure::here(
                format!("{}: there is no journal of a key holder, or it has released nothing yet", dir.display()),
                "give the key holder's directory, or a copy of its released-*.log",
            ));
        };
        Ok(Self { keys, from, until })
    }

    /// Compares it with one tenant's log.
    ///
    /// # Errors
    /// If a key has no entry that accounts for it, or, unless `unreleased` is fine, an entry had no key.
    pub(super) async fn check(&self, vault: &Vault, tenant: &TenantConfig, unreleased: bool) -> Result<Value, Failure> {
        let read_at = crate::ambient::SystemClock.now();
        let entries = Entries::read(vault, tenant, self.from.plus(-2 * LATEST_MS)).await?;
        let found = compared(self, tenant, &entries, read_at);
        for (at, entry, problem) in found.keys.iter().take(NAMED) {
            crate::output::aside(&format!("{}: {at}: a key was released for {entry}: {problem}", tenant.slug));
        }
        for (at, entry) in found.entries.iter().take(NAMED) {
            crate::output::aside(&format!("{}: {at}: {entry} shows something, and had no key", tenant.slug));
        }
        let (keys, owed) = (found.keys.len(), found.entries.len());
        if keys > 0 || (owed > 0 && !unreleased) {
            return Err(Failure::there(
                format!("{}: {keys} released keys have no entry that fits, and {owed} entries had no key", tenant.slug),
                "keep both as they are and tell security; docs/keyholder.md says what each may mean",
            ));
        }
        let count = self.keys.iter().filter(|key| key.tenant == tenant.id).count();
        Ok(json!({"keys": count, "unreleased": owed, "from": self.from.to_string(), "until": self.until.to_string()}))
    }
}

/// Compares a key holder's journal with the logs of a data directory.
pub(super) fn check(kept: &Kept, vault: &Vault, tenant: &TenantConfig, unreleased: bool) -> Result<Value, Failure> {
    wire::block_on(kept.check(vault, tenant, unreleased))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{CustomerId, PersonId, Refusal, TenantId};

    const ADA: PersonId = PersonId([1; 16]);

    fn tenant() -> TenantConfig {
        TenantConfig { id: TenantId(1), slug: "acme".to_owned(), origin: "acme".to_owned() }
    }

    fn body(kind: Kind, at: i64) -> AuditBody {
        AuditBody {
            at: Millis(at),
            kind,
            decision: Ok(()),
            purpose: None,
            field: (kind == Kind::Reveal).then_some(3),
            person: Some(ADA),
            power: 1,
            alias: None,
            spent: Vec::new(),
            detail: None,
            drawn: Vec::new(),
            allotted: None,
            upon: None,
            ceremony: None,
            drill: None,
            pack: None,
            board: None,
            told: None,
        }
    }

    fn key(entry: u8, at: i64) -> ReleasedKey {
        let (entry, customer) = (EntryId([entry; 16]), CustomerId([7; 16]));
        ReleasedKey { tenant: TenantId(1), at: Millis(at), entry, person: Some(ADA), customer, n: Some(1), field: 3 }
    }

    /// Three disclosures that fit, and a refusal without a key.
    fn both() -> (Kept, Entries) {
        let kinds = [Kind::Reveal, Kind::View, Kind::Hit, Kind::Reveal];
        let mut entries = Entries::default();
        for (id, kind) in (1..).zip(kinds) {
            entries.0.insert(EntryId([id; 16]), body(kind, 1_000 * i64::from(id)));
        }
        entries.0.get_mut(&EntryId([4; 16])).unwrap().decision = Err(Refusal::BudgetExhausted);
        let keys = vec![key(1, 1_001), key(2, 2_001), key(3, 3_001)];
        (Kept { keys, from: Millis(900), until: Millis(200_000) }, entries)
    }

    fn found(kept: &Kept, entries: &Entries) -> (Vec<&'static str>, usize) {
        let found = compared(kept, &tenant(), entries, Millis(200_000));
        (found.keys.into_iter().map(|(.., problem)| problem).collect(), found.entries.len())
    }

    #[test]
    fn a_journal_and_a_log_that_fit_differ_in_nothing() {
        let (kept, entries) = both();
        assert_eq!(found(&kept, &entries), (Vec::new(), 0));
    }

    #[test]
    fn each_edit_of_either_side_shows() {
        type Edit = fn(&mut Kept, &mut Entries);
        let edits: [(Edit, &[&str], usize); 9] = [
            (|kept, _| kept.keys.push(key(9, 5_000)), &["no such entry is in the log"], 0),
            (|kept, _| kept.keys.push(key(4, 5_000)), &["its entry is a refusal"], 0),
            (|kept, _| kept.keys.push(key(1, 1_002)), &["the same key was released twice for it"], 0),
            (|kept, _| kept.keys[0].person = None, &["its entry names somebody else"], 0),
            (|kept, _| kept.keys[0].field = 4, &["its entry names another field"], 0),
            (|kept, _| kept.keys.retain(|key| key.entry != EntryId([2; 16])), &[], 1),
            (|kept, _| kept.keys.truncate(1), &[], 1),
            (|_, log| drop(log.0.remove(&EntryId([1; 16]))), &["no such entry is in the log"], 0),
            (
                |_, log| log.0.get_mut(&EntryId([1; 16])).unwrap().kind = Kind::SignIn,
                &["its entry is of a kind that opens nothing"],
                0,
            ),
        ];
        for (at, (edit, keys, owed)) in edits.into_iter().enumerate() {
            let (mut kept, mut entries) = both();
            edit(&mut kept, &mut entries);
            assert_eq!(found(&kept, &entries), (keys.to_vec(), owed), "edit {at}");
        }
    }

    #[test]
    fn each_kind_that_opens_something_may_have_had_a_key() {
        for kind in Kind::ALL.iter().copied().filter(|kind| kind.is_look()) {
            // Whose answers come from an entry before them, or from keys of the log.
            let without = [Kind::VerificationResult, Kind::Claim, Kind::StatementGiven, Kind::OwnLog];
            assert_eq!(opens(kind), !without.contains(&kind), "{kind:?}");
        }
    }

    #[test]
    fn what_is_of_before_the_journal_or_of_this_minute_is_not_owed() {
        let (mut kept, mut entries) = both();
        entries.0.insert(EntryId([11; 16]), body(Kind::Reveal, 800));
        entries.0.insert(EntryId([12; 16]), body(Kind::Reveal, 170_000));
        assert_eq!(found(&kept, &entries), (Vec::new(), 0));
        kept.keys.push(key(13, 200_001));
        assert_eq!(found(&kept, &entries), (Vec::new(), 0), "its entry may be newer than what was read");
    }
}
