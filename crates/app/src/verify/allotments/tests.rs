use super::*;
use domain::allotment::Piece;
use domain::budget::STEP_MS;
use domain::{BudgetKind, PersonId, Refusal, TenantId};
use store::Spent;
use vault::Allotted;

const HOUR: Millis = Millis(1_767_225_600_000);

fn tenant() -> TenantConfig {
    TenantConfig { id: TenantId(1), slug: "acme".into(), origin: "log.example/acme".into() }
}

fn entry(number: u8) -> EntryId {
    EntryId([number; 16])
}

fn body(kind: Kind) -> AuditBody {
    AuditBody {
        at: HOUR,
        kind,
        decision: Ok(()),
        purpose: None,
        field: None,
        person: None,
        power: 0,
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

/// As it was while a counter was a clock hour's.
fn taken(amount: u32, used: u64, limit: u32) -> AuditBody {
    let counter = Counter::tenant();
    AuditBody {
        spent: vec![Spent { counter, previous: entry(0), total: used, moved: None }],
        detail: Some(amount.into()),
        allotted: Some(Allotted { node: [1; 16], window: HOUR, limit }),
        ..body(Kind::AllotmentTaken)
    }
}

fn drawing(kind: Kind, allotment: u8, amount: u32) -> AuditBody {
    let drawn = vec![Piece { allotment: entry(allotment), amount }];
    AuditBody { drawn, detail: Some(amount.into()), ..body(kind) }
}

/// What is said of a log with these entries, newest first.
fn said(lines: &[(u8, AuditBody)]) -> Result<usize, String> {
    let tenant = tenant();
    let mut all = Allotments::new(&tenant);
    let result = lines.iter().try_for_each(|(number, body)| all.take(entry(*number), body, true));
    result.and_then(|()| all.close()).map_err(|failure| failure.to_string())?;
    Ok(all.count())
}

#[test]
fn what_was_drawn_and_given_back_is_what_was_allotted_or_less() {
    let (reveal, back) = (Kind::Reveal, Kind::AllotmentReturned);
    let allotted = || (1, taken(5, 5, 10));
    assert_eq!(said(&[(3, drawing(back, 1, 3)), (2, drawing(reveal, 1, 2)), allotted()]), Ok(1));
    assert_eq!(said(&[allotted(), (2, drawing(reveal, 1, 5))]), Ok(1), "in whatever order");
    let more = said(&[(3, drawing(reveal, 1, 3)), (2, drawing(reveal, 1, 3)), allotted()]).unwrap_err();
    assert!(more.contains("6 were drawn from the allotment") && more.contains("which was of 5"), "{more}");
    let returned = said(&[(3, drawing(back, 1, 4)), (2, drawing(reveal, 1, 2)), allotted()]).unwrap_err();
    assert!(returned.contains("6 were drawn"), "{returned}");
    let refused = AuditBody { decision: Err(Refusal::OnHold), ..drawing(reveal, 1, 9) };
    assert_eq!(said(&[(2, refused), allotted()]), Ok(1));
}

#[test]
fn an_allotment_is_in_the_log_and_within_its_limit() {
    let missing = said(&[(2, drawing(Kind::Search, 1, 1))]).unwrap_err();
    assert!(missing.contains("the log has none"), "{missing}");
    let over = said(&[(1, taken(5, 11, 10))]).unwrap_err();
    assert!(over.contains("11 were allotted") && over.contains("of 10"), "{over}");
}

#[test]
fn an_allotment_counts_what_it_says_and_no_more_than_an_hours_worth() {
    let counting = |moved, amount, limit| {
        let mut body = taken(amount, 900, limit);
        body.spent[0].moved = Some(moved);
        said(&[(1, body)])
    };
    assert_eq!(counting(5, 5, 10), Ok(1));
    assert!(counting(5, 4, 10).unwrap_err().contains("another amount"));
    assert!(counting(11, 11, 10).unwrap_err().contains("11 were allotted"));
}

#[test]
fn an_allotment_that_says_something_else_is_none() {
    let mut other = Vec::new();
    other.push(AuditBody { allotted: None, ..taken(1, 1, 1) });
    other.push(AuditBody { detail: None, ..taken(1, 1, 1) });
    other.push(AuditBody { spent: Vec::new(), ..taken(1, 1, 1) });
    let mut persons = taken(1, 1, 1);
    persons.spent[0].counter = Counter::person(BudgetKind::Information, PersonId([1; 16]));
    other.push(persons);
    let late = HOUR.plus(STEP_MS / 2);
    other.push(AuditBody { allotted: Some(Allotted { node: [1; 16], window: late, limit: 1 }), ..taken(1, 1, 1) });
    other.push(AuditBody { detail: Some(2), ..drawing(Kind::AllotmentReturned, 1, 1) });
    for body in other {
        assert!(said(&[(1, body.clone())]).is_err(), "{body:?}");
    }
}

#[test]
fn allotments_move_their_counter_by_what_they_say() {
    assert_eq!(moved(&taken(5, 9, 10)), Some(5));
    assert_eq!(moved(&drawing(Kind::AllotmentReturned, 1, 3)), Some(-3));
    assert_eq!(moved(&drawing(Kind::Reveal, 1, 3)), None);
}
