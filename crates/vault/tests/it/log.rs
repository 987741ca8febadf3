//! Reading the log is by right, and an entry itself.

use crate::help::{Call, assert_refused, value};
use domain::{Clock, EntryId, FieldKind, Purpose, Refusal, Role};
use testkit::{FIRST, START, block_on, name_and_phone};
use vault::{Decided, FoundLine, Kind, LogQuery, Scope, Shown, StreamEnd, VaultError};

fn everything(call: &Call, security: &Scope, query: &LogQuery, limit: u32) -> (Vec<FoundLine>, usize) {
    let (mut lines, mut pages, mut cursor) = (Vec::new(), 0, None);
    loop {
        let page = block_on(call.world.vault.read_log(security, query, cursor, limit)).unwrap();
        assert!(page.lines.len() <= limit as usize);
        pages += 1;
        lines.extend(page.lines);
        cursor = page.next;
        if cursor.is_none() {
            return (lines, pages);
        }
    }
}

fn exported(call: &Call, security: &Scope, query: &LogQuery) -> Vec<FoundLine> {
    let mut export = block_on(call.world.vault.export_log(security.clone(), query.clone(), None)).unwrap();
    let mut lines = Vec::new();
    while let Some(more) = block_on(export.next()).unwrap() {
        lines.extend(more);
    }
    lines
}

fn count(call: &Call, kind: Kind) -> usize {
    call.world.log(FIRST).iter().filter(|line| line.body.as_ref().is_some_and(|body| body.kind == kind)).count()
}

#[test]
fn security_reads_page_by_page_and_each_question_is_an_entry() {
    let call = Call::new(100);
    for _ in 0..5 {
        value(call.reveal(&call.command(FieldKind::Name)));
    }
    let security = call.world.scope(&call.world.staff.security);
    call.world.clock.advance(1);
    let all: Vec<EntryId> = call.world.log(FIRST).iter().map(|line| line.entry).collect();
    // Page by page, without the questions' own entries, which come above what is being read.
    let (found, pages) = everything(&call, &security, &LogQuery::default(), 4);
    let ids: Vec<EntryId> = found.iter().map(|line| line.entry).collect();
    // An allotment is asked for by a thread of its own, which may still have been at it.
    let extra = found.iter().filter(|line| !all.contains(&line.entry));
    assert!(extra.clone().all(|line| line.body.as_ref().unwrap().kind == Kind::AllotmentTaken));
    assert_eq!(ids.len(), all.len() + extra.count());
    assert!(ids.is_sorted_by(|a, b| a > b), "newest first");
    assert!(all.iter().all(|entry| ids.contains(entry)));
    let placed = |line: &&FoundLine| line.body.is_some() && line.place.is_some();
    assert!(found.iter().filter(|line| all.contains(&line.entry)).all(|line| placed(&line)));
    assert_eq!(count(&call, Kind::LogRead), pages);
}

#[test]
fn each_part_of_a_question_narrows_it_and_all_together_too() {
    let call = Call::new(104);
    let other = call.world.add(name_and_phone("Oda Other", "+442079460777"));
    let second = call.world.call(&call.world.staff.leader, Some("+442079460777"));
    value(call.reveal(&call.command(FieldKind::Name)));
    value(call.reveal(&call.command(FieldKind::Phone)));
    call.world.clock.advance(60_000);
    let noon = call.world.clock.now();
    assert_refused(&call.world, call.reveal(&call.command(FieldKind::Card)), Refusal::NeverShown);
    let leader = call.world.scope(&call.world.staff.leader);
    block_on(call.world.vault.view(&leader, second, other)).unwrap();
    let security = call.world.scope(&call.world.staff.security);
    let bodies = |query: LogQuery| -> Vec<_> {
        let (lines, _) = everything(&call, &security, &query, 200);
        assert_eq!(exported(&call, &security, &query), everything(&call, &security, &query, 3).0, "as exported");
        lines.into_iter().map(|line| line.body.unwrap()).collect()
    };
    let by = |query: LogQuery, fits: &dyn Fn(&vault::AuditBody) -> bool| {
        let found = bodies(LogQuery { show: Shown::Acts, ..query });
        let expected = call.world.log(FIRST).into_iter().filter_map(|line| line.body);
        let expected = expected.filter(|body| !body.kind.is_reading() && fits(body)).count();
        assert!(expected > 0 && found.len() == expected && found.iter().all(fits), "{found:?}");
        found
    };
    let base = LogQuery::default;
    let (agent, alias) = (call.world.staff.agent.id, {
        let reveals = by(LogQuery { kind: Some(Kind::Reveal), ..base() }, &|body| body.kind == Kind::Reveal);
        assert_eq!(reveals.len(), 3);
        reveals[0].alias.unwrap()
    });
    by(LogQuery { person: Some(agent), ..base() }, &|body| body.person == Some(agent));
    by(LogQuery { alias: Some(alias), ..base() }, &|body| body.alias == Some(alias));
    let purpose = Purpose::for_field(FieldKind::Phone)[0];
    by(LogQuery { purpose: Some(purpose), ..base() }, &|body| body.purpose == Some(purpose));
    let phone = FieldKind::Phone.code();
    by(LogQuery { field: Some(FieldKind::Phone), ..base() }, &|body| body.field == Some(phone));
    by(LogQuery { decision: Some(Decided::Refused), ..base() }, &|body| body.decision.is_err());
    by(LogQuery { decision: Some(Decided::Allowed), ..base() }, &|body| body.decision.is_ok());
    by(LogQuery { from: Some(noon), ..base() }, &|body| body.at >= noon);
    by(LogQuery { to: Some(noon), ..base() }, &|body| body.at < noon);
    let all = LogQuery {
        person: Some(agent),
        alias: Some(alias),
        purpose: Some(Purpose::Payment),
        field: Some(FieldKind::Card),
        from: Some(noon),
        to: Some(noon.plus(1)),
        decision: Some(Decided::Refused),
        kind: Some(Kind::Reveal),
        show: Shown::Looks,
    };
    assert_eq!(bodies(all.clone()).len(), 1);
    assert!(bodies(LogQuery { from: Some(noon.plus(1)), to: None, ..all.clone() }).is_empty());
    assert!(bodies(LogQuery { alias: Some(alias ^ 1), ..all.clone() }).is_empty());
    assert!(bodies(LogQuery { decision: Some(Decided::Damaged), ..base() }).is_empty());
    assert!(bodies(LogQuery { to: Some(START.plus(-5_000)), ..base() }).is_empty(), "before anything happened");
}

#[test]
fn what_is_shown_is_looks_or_acts_or_everything_and_refusals_always() {
    let call = Call::new(110);
    value(call.reveal(&call.command(FieldKind::Name)));
    let agent = call.world.scope(&call.world.staff.agent);
    block_on(call.world.vault.verify(&agent, &call.said(FieldKind::Name, "Ana Diaz"))).unwrap();
    let refused = block_on(call.world.vault.read_log(&agent, &LogQuery::default(), None, 10));
    assert_refused(&call.world, refused, Refusal::RoleNotAllowed);
    let security = call.world.scope(&call.world.staff.security);
    block_on(call.world.vault.reports(&security, false, (None, 10))).unwrap();
    call.world.clock.advance(1);
    let kinds = |show| -> Vec<(Kind, bool)> {
        let (lines, _) = everything(&call, &security, &LogQuery { show, ..LogQuery::default() }, 200);
        let bodies = lines.into_iter().map(|line| line.body.unwrap());
        bodies.map(|body| (body.kind, body.decision.is_ok())).collect()
    };
    let (looks, acts) = (kinds(Shown::Looks), kinds(Shown::Acts));
    let expected =
        [(Kind::Reveal, true), (Kind::Verification, true), (Kind::VerificationResult, true), (Kind::LogRead, false)];
    assert_eq!(looks.len(), expected.len(), "{looks:?}");
    assert!(expected.iter().all(|look| looks.contains(look)), "{looks:?}");
    assert!(acts.contains(&(Kind::Event, true)) && !acts.contains(&(Kind::ReportsRead, true)));
    assert!(looks.iter().all(|look| acts.contains(look)));
    assert!(kinds(Shown::All).contains(&(Kind::ReportsRead, true)));
}

#[test]
fn an_export_that_broke_off_goes_on_below_its_last_line() {
    let call = Call::new(111);
    for _ in 0..5 {
        value(call.reveal(&call.command(FieldKind::Name)));
    }
    let security = call.world.scope(&call.world.staff.security);
    call.world.clock.advance(1);
    let whole: Vec<EntryId> = exported(&call, &security, &LogQuery::default()).iter().map(|line| line.entry).collect();
    let at = whole[3];
    let export = call.world.vault.export_log(security, LogQuery::default(), Some(at));
    let mut export = block_on(export).unwrap();
    let mut rest = Vec::new();
    while let Some(lines) = block_on(export.next()).unwrap() {
        rest.extend(lines.into_iter().map(|line| line.entry));
    }
    // A node takes parts of shared allowances beside all this: such an entry may have come since.
    rest.retain(|entry| whole.contains(entry));
    assert_eq!(rest, whole[4..]);
    assert_eq!(count(&call, Kind::LogExported), 2);
}

#[test]
fn a_question_opens_a_bounded_number_of_bodies_and_goes_on_where_it_stopped() {
    let call = Call::new(105);
    value(call.reveal(&call.command(FieldKind::Name)));
    let security = call.world.scope(&call.world.staff.security);
    let statement = "WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 5200) \
                     INSERT INTO entry SELECT tenant, CAST(substr(id, 1, 6) || randomblob(10) AS BLOB), leaf, audit, customer \
                     FROM entry, many WHERE id = (SELECT entry FROM placed WHERE place = 0 AND tenant = 1)";
    call.world.sequence(FIRST);
    assert_eq!(call.world.edit(statement), 5_200);
    let query = LogQuery { kind: Some(Kind::Erasure), ..LogQuery::default() };
    // Rows that were put in by hand fit no entry: they are damaged, and each question shows them.
    let page = block_on(call.world.vault.read_log(&security, &query, None, 200)).unwrap();
    assert_eq!(page.lines.len(), 200);
    assert!(page.lines.iter().all(|line| line.body.is_none()));
    assert!(page.next.is_some());
    // Narrowed to a later moment, none of them is looked at.
    call.world.clock.advance(3_600_000);
    let security = call.world.scope(&call.world.staff.security);
    let later = LogQuery { from: Some(call.world.clock.now()), ..query };
    let page = block_on(call.world.vault.read_log(&security, &later, None, 200)).unwrap();
    assert_eq!((page.lines.len(), page.next), (0, None));
}

#[test]
fn an_edited_row_comes_with_every_question() {
    let call = Call::new(106);
    value(call.reveal(&call.command(FieldKind::Name)));
    let entry = call.world.log(FIRST).first().unwrap().entry;
    let security = call.world.scope(&call.world.staff.security);
    call.world.clock.advance(1);
    let id: String = entry.0.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(call.world.edit(&format!("UPDATE entry SET audit = zeroblob(90) WHERE id = x'{id}'")), 1);
    let query = LogQuery { kind: Some(Kind::Erasure), decision: Some(Decided::Refused), ..LogQuery::default() };
    let (lines, _) = everything(&call, &security, &query, 10);
    assert_eq!(lines.iter().map(|line| (line.entry, line.body.is_none())).collect::<Vec<_>>(), [(entry, true)]);
}

#[test]
fn an_export_breaks_off_when_people_or_rules_change() {
    let call = Call::new(107);
    let security = call.world.scope(&call.world.staff.security);
    let mut export = block_on(call.world.vault.export_log(security.clone(), LogQuery::default(), None)).unwrap();
    let line = call.world.line(FIRST, export.receipt());
    assert_eq!(line.body.unwrap().kind, Kind::LogExported, "there before anything was given");
    block_on(call.world.vault.revoke_token(&call.world.vault.operator(FIRST), call.world.staff.it.id)).unwrap();
    let broken =
        VaultError::Refused { refusal: Refusal::PowerChanged, entry: None, rule: None, spent: None, plan: None };
    assert_eq!(block_on(export.next()).unwrap_err(), broken);
}

#[test]
fn a_stream_logs_its_opening_and_its_end_even_when_rights_changed() {
    let call = Call::new(108);
    let security = call.world.scope(&call.world.staff.security);
    drop(block_on(call.world.vault.watch(&security)).unwrap());
    block_on(call.world.vault.revoke_token(&call.world.vault.operator(FIRST), security.person())).unwrap();
    block_on(call.world.vault.unwatch(&security, StreamEnd::RightsChanged)).unwrap();
    let log = call.world.log(FIRST);
    let bodies: Vec<_> = log.iter().filter_map(|line| line.body.as_ref()).collect();
    let closed = bodies.iter().find(|body| body.kind == Kind::StreamClosed).unwrap();
    assert_eq!((closed.decision, closed.detail, closed.person), (Ok(()), Some(2), Some(security.person())));
    assert!(bodies.iter().any(|body| body.kind == Kind::StreamOpened));
}

#[test]
fn asking_for_an_interaction_that_is_not_ones_own_is_an_entry_about_its_customer() {
    let call = Call::new(109);
    value(call.reveal(&call.command(FieldKind::Name)));
    let alias = call.world.log(FIRST).iter().find_map(|line| line.body.as_ref()?.alias);
    let other = call.world.scope(&call.world.staff.other_agent);
    let result = block_on(call.world.vault.interaction(&other, call.interaction));
    let entry = assert_refused(&call.world, result, Refusal::NotFound);
    assert_eq!(call.world.line(FIRST, entry).body.unwrap().alias, alias);
    let nobodys = block_on(call.world.vault.interaction(&other, domain::InteractionId([9; 16])));
    assert_refused(&call.world, nobodys, Refusal::NotFound);
}

#[test]
fn nobody_else_reads_it_or_the_reports_or_the_stream() {
    let call = Call::new(101);
    for member in call
        .world
        .staff
        .all()
        .into_iter()
        .filter(|member| ![Role::SecurityOfficer, Role::SecurityAnalyst, Role::Auditor].contains(&member.role))
    {
        let scope = call.world.scope(member);
        let vault = &call.world.vault;
        assert_refused(
            &call.world,
            block_on(vault.read_log(&scope, &LogQuery::default(), None, 10)),
            Refusal::RoleNotAllowed,
        );
        assert_refused(&call.world, block_on(vault.reports(&scope, false, (None, 10))), Refusal::RoleNotAllowed);
        let export = block_on(vault.export_log(scope.clone(), LogQuery::default(), None));
        assert_refused(&call.world, export, Refusal::RoleNotAllowed);
        assert_refused(&call.world, block_on(vault.watch(&scope)), Refusal::RoleNotAllowed);
        assert_refused(&call.world, block_on(vault.staff_names(&scope)), Refusal::RoleNotAllowed);
    }
}

#[test]
fn no_audit_half_names_the_customer() {
    let call = Call::new(103);
    value(call.reveal(&call.command(FieldKind::Name)));
    let agent = call.world.scope(&call.world.staff.agent);
    block_on(call.world.vault.verify(&agent, &call.said(FieldKind::Name, "Ana Diaz"))).unwrap();
    for line in call.world.log(FIRST) {
        for spent in line.body.unwrap().spent {
            assert!(!spent.counter.bytes().windows(16).any(|window| window == call.customer.0), "{}", line.entry);
        }
    }
}
