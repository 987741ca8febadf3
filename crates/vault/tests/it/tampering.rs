//! Rows edited in the database behind everybody's back: disclosure stops, and an entry says why.

use crate::help::{Call, assert_refused, failure, value};
use domain::field::query_phone;
use domain::{FieldKind, Refusal};
use testkit::{FIRST, PHONE, TestWorld, block_on, name_and_phone};
use vault::{VaultConfig, VaultError};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_edited_budget() {
    let call = Call::new(150);
    value(call.reveal(&call.command(FieldKind::Name)));
    let persons = "UPDATE budget SET total = 0 WHERE substr(counter, 1, 1) = x'01'";
    assert_eq!(call.world.edit(persons), 1);
    assert_refused(&call.world, call.reveal(&call.command(FieldKind::Name)), Refusal::Tampered);
}

#[test]
fn another_persons_budget_row_in_its_place() {
    let call = Call::new(151);
    value(call.reveal(&call.command(FieldKind::Name)));
    value(call.reveal(&call.command(FieldKind::Name)));
    let leader = call.world.scope(&call.world.staff.leader);
    let theirs = call.world.call(&call.world.staff.leader, Some(PHONE));
    block_on(call.world.vault.view(&leader, theirs, call.customer)).unwrap();
    let swapped = call.world.edit(
        "UPDATE budget SET (total, history, last, tag) = (SELECT total, history, last, tag FROM budget AS other \
         WHERE other.total = 1 AND substr(other.counter, 1, 1) = x'01') WHERE total = 4",
    );
    assert_eq!(swapped, 1);
    assert_refused(&call.world, call.reveal(&call.command(FieldKind::Name)), Refusal::Tampered);
}

#[test]
fn an_edited_interaction() {
    for edit in
        ["binding = 'proven'", "phase = 'held'", "active = active + 1", "person = x'00112233445566778899aabbccddeeff'"]
    {
        let call = Call::new(152);
        assert_eq!(call.world.edit(&format!("UPDATE interaction SET {edit}")), 1);
        assert_refused(&call.world, call.reveal(&call.command(FieldKind::DateOfBirth)), Refusal::Tampered);
    }
}

#[test]
fn an_ended_interaction_cannot_be_brought_back() {
    let call = Call::new(153);
    call.world.clock.advance(1_000);
    call.hear(vault::Heard::Ended).unwrap();
    call.world.edit("UPDATE interaction SET phase = 'connected', ended = NULL");
    assert_refused(&call.world, call.reveal(&call.command(FieldKind::Name)), Refusal::Tampered);
}

#[test]
fn an_edited_version_of_people_and_rules() {
    let call = Call::new(154);
    let scope = call.world.scope(&call.world.staff.agent);
    call.world.edit("UPDATE power SET version = version + 1 WHERE tenant = 1");
    let result = block_on(call.world.vault.reveal(&scope, &call.command(FieldKind::Name)));
    assert_refused(&call.world, result, Refusal::PowerChanged);
    let error = failure(block_on(call.world.vault.authenticate(&call.world.staff.agent.token)));
    assert!(matches!(error, VaultError::Refused { refusal: Refusal::PowerTampered, .. }), "{error:?}");
}

#[test]
fn a_deleted_version_of_people_and_rules() {
    let call = Call::new(163);
    let scope = call.world.scope(&call.world.staff.agent);
    assert_eq!(call.world.edit("DELETE FROM power WHERE tenant = 1"), 1);
    let result = block_on(call.world.vault.reveal(&scope, &call.command(FieldKind::Name)));
    assert_refused(&call.world, result, Refusal::PowerChanged);
    for vault in [&call.world.vault, &call.world.another_node()] {
        let error = failure(block_on(vault.authenticate(&call.world.staff.agent.token)));
        assert!(matches!(error, VaultError::Refused { refusal: Refusal::PowerTampered, .. }), "{error:?}");
    }
}

#[test]
fn an_edited_person() {
    let call = Call::new(155);
    call.world.edit("UPDATE person SET role = 'security_officer' WHERE role = 'agent' AND tenant = 1");
    let fresh = call.world.another_node();
    let error = failure(block_on(fresh.authenticate(&call.world.staff.agent.token)));
    assert!(matches!(error, VaultError::Refused { refusal: Refusal::PowerTampered, .. }), "{error:?}");
    block_on(call.world.vault.load_power(FIRST)).unwrap();
    let error = failure(call.world.connect(FIRST, "next", &call.world.staff.agent, None));
    assert!(matches!(error, VaultError::Refused { refusal: Refusal::PowerTampered, .. }), "{error:?}");
}

#[test]
fn an_edited_counter_of_a_customers_entries() {
    let call = Call::new(156);
    value(call.reveal(&call.command(FieldKind::Name)));
    assert_eq!(call.world.edit(&format!("UPDATE {} SET n = 0 WHERE tenant = 1", call.world.states())), 1);
    assert_refused(&call.world, call.reveal(&call.command(FieldKind::Name)), Refusal::Tampered);
}

#[test]
fn a_repointed_index_row() {
    let call = Call::new(157);
    let other = call.world.add(name_and_phone("Oda Other", "+442079460777"));
    let statement = format!(
        "UPDATE blind_index SET customer = x'{}' WHERE kind = 1 AND customer = x'{}'",
        hex(&other.0),
        hex(&call.customer.0)
    );
    assert_eq!(call.world.edit(&statement), 1);
    let agent = call.world.scope(&call.world.staff.agent);
    let term = query_phone(PHONE).unwrap();
    let result = block_on(call.world.vault.search(&agent, call.interaction, &term));
    assert_refused(&call.world, result, Refusal::Tampered);
    let error = failure(call.world.connect(FIRST, "next", &call.world.staff.agent, Some(PHONE)));
    assert!(matches!(error, VaultError::Refused { refusal: Refusal::Tampered, .. }), "{error:?}");
}

#[test]
fn a_value_moved_to_another_customer_field_or_version_opens_nowhere() {
    let moves = [
        "UPDATE field SET sealed = (SELECT sealed FROM field AS other WHERE other.field = 5) WHERE field = 1",
        "UPDATE field SET version = 2 WHERE field = 1",
        "UPDATE field SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || x'00' AS BLOB) WHERE field = 1",
        "UPDATE field SET sealed = x'01' WHERE field = 1",
    ];
    for statement in moves {
        let call = Call::new(158);
        assert_eq!(call.world.edit(statement), 1, "{statement}");
        let error = failure(call.reveal(&call.command(FieldKind::Name)));
        assert!(matches!(error, VaultError::Damaged | VaultError::Holder(_)), "{statement}: {error:?}");
    }
}

#[test]
fn another_customers_wrapped_keys() {
    let call = Call::new(159);
    let other = call.world.add(name_and_phone("Oda Other", "+442079460777"));
    let (other, own) = (hex(&other.0), hex(&call.customer.0));
    let wrapped = format!("SELECT wrapped FROM customer WHERE id = x'{other}'");
    assert_eq!(call.world.edit(&format!("UPDATE customer SET wrapped = ({wrapped}) WHERE id = x'{own}'")), 1);
    let error = failure(call.reveal(&call.command(FieldKind::Name)));
    assert!(matches!(error, VaultError::Holder(keys::HolderError::NotOnShelf)), "{error:?}");
}

#[test]
fn an_edited_code() {
    let call = Call::new(160);
    let pocket = std::sync::Arc::new(testkit::Pocket::default());
    let agent = call.world.scope(&call.world.staff.agent);
    block_on(call.world.vault.send_code(&agent, call.interaction, std::sync::Arc::clone(&pocket) as _)).unwrap();
    call.world.edit("UPDATE code SET expires = expires + 1");
    let entered = vault::Heard::CodeEntered(zeroize::Zeroizing::new(pocket.last().code));
    assert_refused(&call.world, call.hear(entered), Refusal::Tampered);
}

#[test]
fn an_edited_entry_is_named_by_the_readable_log() {
    let call = Call::new(161);
    let revealed = call.reveal(&call.command(FieldKind::Name)).ok().unwrap();
    assert!(call.world.line(FIRST, revealed.receipt).body.is_some());
    let rows = block_on(call.world.store.entries(FIRST, None, 10_000)).unwrap();
    let place = rows.iter().find(|row| row.id == revealed.receipt).unwrap().index.unwrap();
    for edit in ["audit = x'00'", "leaf = zeroblob(65)"] {
        assert_eq!(
            call.world.edit(&format!(
                "UPDATE entry SET {edit} WHERE id = (SELECT entry FROM placed WHERE tenant = 1 AND place = {place})"
            )),
            1
        );
        let broken: Vec<u64> =
            call.world.log(FIRST).iter().filter(|line| line.body.is_none()).map(|line| line.place).collect();
        assert_eq!(broken, [place]);
    }
}

#[test]
fn a_store_that_cannot_be_written_discloses_nothing() {
    let call = Call::new(162);
    let command = call.command(FieldKind::Name);
    let before = call.world.holder.released();
    let agent = call.world.scope(&call.world.staff.agent);
    call.world.database().refuse_entries(true);
    assert!(matches!(failure(block_on(call.world.vault.reveal(&agent, &command))), VaultError::Store(_)));
    let nobody_signs_in = block_on(call.world.vault.authenticate(&call.world.staff.leader.token));
    assert!(matches!(failure(nobody_signs_in), VaultError::Store(_)), "a sign-in without its entry is none");
    assert_eq!(call.world.holder.released(), before);
    call.world.database().refuse_entries(false);
    value(call.reveal(&command));
}

/// It could swallow what is written, so that an allowance that was spent is there again.
#[test]
fn a_trigger_in_the_database_stops_everything_until_it_is_dropped() {
    let call = Call::on(TestWorld::embedded(164, VaultConfig::default()));
    value(call.reveal(&call.command(FieldKind::Name)));
    call.world.database().run("CREATE TRIGGER keeps AFTER UPDATE ON budget BEGIN SELECT 1; END");
    block_on(call.world.vault.load_power(FIRST)).unwrap();
    for vault in [&call.world.vault, &call.world.another_node()] {
        let error = failure(block_on(vault.authenticate(&call.world.staff.agent.token)));
        assert!(matches!(error, VaultError::Refused { refusal: Refusal::PowerTampered, .. }), "{error:?}");
    }
    call.world.database().run("DROP TRIGGER keeps");
    block_on(call.world.vault.load_power(FIRST)).unwrap();
    value(call.reveal(&call.command(FieldKind::PostalAddress)));
}
