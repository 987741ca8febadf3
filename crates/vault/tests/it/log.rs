//! Reading the log is by right, and an entry itself.

use crate::help::{Call, assert_refused, value};
use domain::{FieldKind, Refusal, Role};
use testkit::{FIRST, block_on};
use vault::Kind;

#[test]
fn security_reads_page_by_page_and_each_reading_is_an_entry() {
    let call = Call::new(100);
    for _ in 0..5 {
        value(call.reveal(&call.command(FieldKind::Name)));
    }
    let all: Vec<u64> = call.world.log(FIRST).iter().map(|line| line.place).collect();
    let security = call.world.scope(&call.world.staff.security);
    let mut places = Vec::new();
    let mut cursor = None;
    loop {
        let (lines, next) = block_on(call.world.vault.read_log(&security, cursor, 4)).unwrap();
        assert!(lines.iter().all(|line| line.body.is_some()));
        places.extend(lines.iter().map(|line| line.place));
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(places, all);
    assert!(all.is_sorted_by(|a, b| a > b), "newest first");
    let readings =
        call.world.log(FIRST).iter().filter(|line| line.body.as_ref().unwrap().kind == Kind::LogRead).count();
    assert_eq!(readings, all.len().div_ceil(4));
}

#[test]
fn nobody_else_reads_it_or_the_reports_or_the_stream() {
    let call = Call::new(101);
    for member in call.world.staff.all().into_iter().filter(|member| member.role != Role::SecurityOfficer) {
        let scope = call.world.scope(member);
        let vault = &call.world.vault;
        assert_refused(&call.world, block_on(vault.read_log(&scope, None, 10)), Refusal::RoleNotAllowed);
        assert_refused(&call.world, block_on(vault.reports(&scope, None, 10)), Refusal::RoleNotAllowed);
        assert_refused(&call.world, block_on(vault.watch(&scope)), Refusal::RoleNotAllowed);
    }
}

#[test]
fn a_report_is_sealed_and_read_by_security_only() {
    let call = Call::new(102);
    let agent = call.world.scope(&call.world.staff.agent);
    let text = "somebody asked me to photograph the screen";
    let id = block_on(call.world.vault.report(&agent, Some(call.interaction), text)).unwrap();
    assert!(call.world.tables_holding(b"photograph").is_empty());
    let security = call.world.scope(&call.world.staff.security);
    let page = block_on(call.world.vault.reports(&security, None, 10)).unwrap();
    assert_eq!(page.items.len(), 1);
    let report = &page.items[0];
    assert_eq!((report.id, report.by, report.interaction), (id, call.world.staff.agent.id, Some(call.interaction)));
    assert_eq!(report.text.as_str(), text);
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
