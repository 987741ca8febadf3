//! Which handles the suspected acts were about, and what they told. Pure: entries in, oldest first.

use crate::private::entry::{AuditBody, Kind};
use domain::{EntryId, FieldKind, Millis, PersonId};
use std::collections::{BTreeMap, HashMap};

/// How many entries are named for each customer, as proof; the others are counted.
pub const NAMED_ENTRIES: usize = 4;

/// Which acts are meant. Each part narrows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acts {
    /// By whom.
    pub person: Option<PersonId>,
    /// Through which node, by the name it made up when it started.
    pub node: Option<[u8; 16]>,
    /// From this moment on.
    pub from: Option<Millis>,
    /// Before this moment.
    pub until: Option<Millis>,
}

/// Kinds of field, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fields(u16);

impl Fields {
    /// With one more.
    pub(super) fn add(&mut self, kind: FieldKind) {
        self.0 |= 1 << kind.code();
    }

    /// Those in it, by code.
    pub fn kinds(self) -> impl Iterator<Item = FieldKind> {
        FieldKind::ALL.into_iter().filter(move |kind| self.0 & 1 << kind.code() != 0)
    }

    /// Is nothing in it?
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What acts told about one customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Values that a person was shown.
    pub shown: Fields,
    /// Values that a carrier or a comparison used without showing them: a node that can't be trusted had them, too.
    pub used: Fields,
    /// Was the record looked at on masks, or found?
    pub masks: bool,
    /// How many acts.
    pub acts: u64,
    /// The first act.
    pub first: Millis,
    /// The last one.
    pub last: Millis,
    entries: [Option<EntryId>; NAMED_ENTRIES],
    /// Was a copy of everything handed out? Its entry names no kind: what it held is what is stored.
    pub(super) copied: bool,
    pub(super) named: bool,
}

impl Touched {
    fn at(at: Millis) -> Self {
        let (shown, used, entries) = Default::default();
        let (masks, copied, named) = (false, false, false);
        Self { shown, used, masks, acts: 0, first: at, last: at, entries, copied, named }
    }

    /// The first entries: their receipts prove them.
    pub fn entries(&self) -> impl Iterator<Item = EntryId> {
        self.entries.iter().flatten().copied()
    }

    fn add(&mut self, entry: EntryId, body: &AuditBody) {
        match body.kind {
            Kind::Reveal | Kind::Redelivery | Kind::GlassBroken => add(&mut self.shown, body.field),
            Kind::View | Kind::Hit | Kind::Claim | Kind::OwnView => self.masks = true,
            // Cards and notes are in a copy as their masks.
            Kind::OwnExport => (self.copied, self.masks) = (true, true),
            // Entries about the customer, which hold neither a value nor a mask.
            Kind::OwnLog | Kind::StatementGiven => {}
            _ => add(&mut self.used, body.field),
        }
        self.acts += 1;
        (self.first, self.last) = (self.first.min(body.at), self.last.max(body.at));
        if let Some(free) = self.entries.iter_mut().find(|entry| entry.is_none()) {
            *free = Some(entry);
        }
    }
}

fn add(fields: &mut Fields, code: Option<u16>) {
    if let Some(kind) = code.and_then(FieldKind::from_code) {
        fields.add(kind);
    }
}

/// What was counted so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries read.
    pub read: u64,
    /// Entries whose row was edited: nobody can say what they told.
    pub damaged: u64,
    /// Acts that were meant and told something about a customer.
    pub acts: u64,
    /// Of them, by whom.
    pub by_person: BTreeMap<PersonId, u64>,
    /// Of them, through which node.
    pub by_node: BTreeMap<[u8; 16], u64>,
    /// Those that drew on no node's part of an allowance: through which node isn't known. They are among the acts, whichever node
    /// is meant.
    pub nodeless: u64,
}

/// The count, on its way.
#[derive(Default)]
pub(super) struct Tally {
    acts: Acts,
    /// Which node was given which part of a shared allowance.
    nodes: HashMap<EntryId, [u8; 16]>,
    pub(super) touched: HashMap<u32, Touched>,
    pub(super) counts: Counts,
}

impl Tally {
    pub(super) fn of(acts: Acts) -> Self {
        Self { acts, ..Self::default() }
    }

    pub(super) fn see(&mut self, entry: EntryId, body: Option<&AuditBody>) {
        self.counts.read += 1;
        let Some(body) = body else {
            self.counts.damaged += 1;
            return;
        };
        if let (Kind::AllotmentTaken, Some(allotted)) = (body.kind, &body.allotted) {
            self.nodes.insert(entry, allotted.node);
        }
        let Some(alias) = body.alias.filter(|_| tells(body) && self.means(body)) else { return };
        let node = body.drawn.iter().find_map(|piece| self.nodes.get(&piece.allotment)).copied();
        if self.acts.node.is_some_and(|meant| node.is_some_and(|node| node != meant)) {
            return;
        }
        self.counts.acts += 1;
        if let Some(person) = body.person {
            *self.counts.by_person.entry(person).or_default() += 1;
        }
        match node {
            Some(node) => *self.counts.by_node.entry(node).or_default() += 1,
            None => self.counts.nodeless += 1,
        }
        self.touched.entry(alias).or_insert_with(|| Touched::at(body.at)).add(entry, body);
    }

    fn means(&self, body: &AuditBody) -> bool {
        let Acts { person, from, until, .. } = self.acts;
        person.is_none_or(|person| body.person == Some(person))
            && from.is_none_or(|from| body.at >= from)
            && until.is_none_or(|until| body.at < until)
    }
}

fn tells(body: &AuditBody) -> bool {
    body.decision.is_ok() && (body.kind.discloses() || body.kind == Kind::Hit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::allotment::Piece;
    use domain::{Purpose, Refusal};

    const ADA: PersonId = PersonId([1; 16]);
    const BEA: PersonId = PersonId([2; 16]);
    const NODES: [[u8; 16]; 2] = [[7; 16], [8; 16]];

    fn body(kind: Kind, at: i64, alias: u32) -> AuditBody {
        AuditBody {
            at: Millis(at),
            kind,
            decision: Ok(()),
            purpose: Some(Purpose::Delivery),
            field: Some(FieldKind::Phone.code()),
            person: Some(ADA),
            power: 1,
            alias: Some(alias),
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

    fn taken(node: [u8; 16]) -> AuditBody {
        let allotted = crate::Allotted { node, window: Millis(0), limit: 100 };
        AuditBody { alias: None, person: None, allotted: Some(allotted), ..body(Kind::AllotmentTaken, 1, 0) }
    }

    fn drawn(allotment: u8, body: AuditBody) -> AuditBody {
        AuditBody { drawn: vec![Piece { allotment: EntryId([allotment; 16]), amount: 1 }], ..body }
    }

    fn tally(acts: Acts, bodies: &[AuditBody]) -> Tally {
        let mut tally = Tally::of(acts);
        for (number, body) in bodies.iter().enumerate() {
            tally.see(EntryId([u8::try_from(number).unwrap(); 16]), Some(body));
        }
        tally
    }

    fn handles(tally: &Tally) -> Vec<u32> {
        let mut all: Vec<u32> = tally.touched.keys().copied().collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn what_was_shown_used_and_masked_is_told_apart() {
        let seen = [
            body(Kind::View, 10, 5),
            body(Kind::Reveal, 30, 5),
            body(Kind::Code, 20, 5),
            AuditBody { field: Some(FieldKind::Name.code()), ..body(Kind::Redelivery, 25, 5) },
            body(Kind::Event, 26, 5),
            AuditBody { decision: Err(Refusal::BudgetExhausted), ..body(Kind::Reveal, 27, 9) },
        ];
        let tally = tally(Acts::default(), &seen);
        assert_eq!(handles(&tally), [5], "a refusal told nothing");
        let touched = &tally.touched[&5];
        let kinds = |fields: Fields| fields.kinds().collect::<Vec<_>>();
        assert_eq!(kinds(touched.shown), [FieldKind::Name, FieldKind::Phone]);
        assert_eq!((kinds(touched.used), touched.masks), (vec![FieldKind::Phone], true));
        assert_eq!((touched.acts, touched.first, touched.last), (4, Millis(10), Millis(30)));
        assert_eq!(touched.entries().count(), NAMED_ENTRIES);
        assert_eq!((tally.counts.read, tally.counts.acts, tally.counts.damaged), (6, 4, 0));
    }

    #[test]
    fn no_kind_that_tells_passes_for_one_that_told_nothing() {
        use Kind::{
            Claim, Code, GlassBroken, Hit, OwnClaim, OwnClaimEntered, OwnCode, OwnCorrectionAsked, OwnExport, OwnLog,
            OwnView, Redelivery, RequestIdentity, RequestTold, Reveal, Search, StatementGiven, Verification, View,
        };
        for kind in Kind::ALL {
            let unnamed = AuditBody { field: None, ..body(*kind, 10, 5) };
            let told = tally(Acts::default(), &[unnamed]).touched.remove(&5).map(|one| (one.masks, one.copied));
            let named = tally(Acts::default(), &[body(*kind, 10, 5)]).touched.remove(&5);
            let values = named.map_or(0, |one| one.shown.kinds().count() + one.used.kinds().count());
            let expected = match kind {
                View | Hit | Claim | OwnView => (Some((true, false)), 0),
                OwnExport => (Some((true, true)), 0),
                OwnLog | StatementGiven => (Some((false, false)), 0),
                // These name their field. A new kind of act isn't among them until somebody has looked at what it tells.
                Reveal | Redelivery | GlassBroken | Search | Verification | Code | OwnCode | OwnCorrectionAsked
                | OwnClaim | OwnClaimEntered | RequestIdentity | RequestTold => (Some((false, false)), 1),
                _ => (None, 0),
            };
            assert_eq!((told, values), expected, "{}", kind.slug());
        }
    }

    #[test]
    fn each_part_of_the_question_narrows() {
        let by_bea = AuditBody { person: Some(BEA), ..body(Kind::Reveal, 40, 4) };
        let seen = [body(Kind::Reveal, 10, 1), body(Kind::Reveal, 20, 2), body(Kind::Reveal, 30, 3), by_bea];
        let asked = |acts| handles(&tally(acts, &seen));
        let all = Acts::default;
        assert_eq!(asked(all()), [1, 2, 3, 4]);
        assert_eq!(asked(Acts { person: Some(BEA), ..all() }), [4]);
        assert_eq!(asked(Acts { from: Some(Millis(20)), ..all() }), [2, 3, 4]);
        assert_eq!(asked(Acts { from: Some(Millis(20)), until: Some(Millis(30)), ..all() }), [2]);
        assert_eq!(asked(Acts { until: Some(Millis(30)), person: Some(BEA), ..all() }), [0; 0]);
    }

    #[test]
    fn a_node_is_known_by_the_part_it_drew_on_and_where_it_is_not_the_act_counts() {
        let seen = [
            taken(NODES[0]),
            taken(NODES[1]),
            drawn(0, body(Kind::Reveal, 2, 10)),
            drawn(1, body(Kind::Reveal, 3, 11)),
            body(Kind::Reveal, 4, 12),
        ];
        let one = tally(Acts { node: Some(NODES[0]), ..Acts::default() }, &seen);
        assert_eq!(handles(&one), [10, 12]);
        assert_eq!((one.counts.by_node[&NODES[0]], one.counts.nodeless), (1, 1));
        let all = tally(Acts::default(), &seen);
        assert_eq!((handles(&all), all.counts.by_node.len()), (vec![10, 11, 12], 2));
    }

    #[test]
    fn an_edited_entry_is_counted_and_not_believed() {
        let mut tally = Tally::of(Acts::default());
        tally.see(EntryId([1; 16]), None);
        assert_eq!((tally.counts.damaged, tally.touched.len()), (1, 0));
    }
}
