//! Rows to and from SQLite.

use domain::{Binding, Channel, CustomerId, EntryId, InteractionId, Millis, PersonId, Phase, Role, TenantId};
use rusqlite::types::Type;
use rusqlite::{Error, Row};
use store::{BudgetRow, CodeRow, CustomerRow, EntryRow, FieldRow, InteractionRow, PersonRow, RequestRow, StateRow};

pub(super) fn bytes<const N: usize>(row: &Row<'_>, column: usize) -> rusqlite::Result<[u8; N]> {
    row.get_ref(column)?.as_blob()?.try_into().map_err(|_| wrong(column, Type::Blob))
}

fn maybe_bytes<const N: usize>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<[u8; N]>> {
    match row.get_ref(column)?.as_blob_or_null()? {
        None => Ok(None),
        Some(blob) => blob.try_into().map(Some).map_err(|_| wrong(column, Type::Blob)),
    }
}

pub(super) fn number<T: TryFrom<i64>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    T::try_from(row.get(column)?).map_err(|_| wrong(column, Type::Integer))
}

fn named<T>(row: &Row<'_>, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<T> {
    parse(row.get_ref(column)?.as_str()?).ok_or_else(|| wrong(column, Type::Text))
}

pub(super) fn wrong(column: usize, kind: Type) -> Error {
    Error::FromSqlConversionFailure(column, kind, "not a value Ringfence writes".into())
}

pub(super) const PERSON: &str = "tenant, id, role, name, team, token, tag";

pub(super) fn person(row: &Row<'_>) -> rusqlite::Result<PersonRow> {
    Ok(PersonRow {
        tenant: TenantId(number(row, 0)?),
        id: PersonId(bytes(row, 1)?),
        role: named(row, 2, Role::from_slug)?,
        name: row.get(3)?,
        team: row.get(4)?,
        token: maybe_bytes(row, 5)?,
        tag: bytes(row, 6)?,
    })
}

pub(super) const INTERACTION: &str =
    "id, reference, channel, phase, person, customer, binding, started, ended, active, events, tag";

pub(super) fn interaction(row: &Row<'_>) -> rusqlite::Result<InteractionRow> {
    Ok(InteractionRow {
        id: InteractionId(bytes(row, 0)?),
        reference: row.get(1)?,
        channel: named(row, 2, Channel::from_slug)?,
        phase: named(row, 3, |slug| {
            [Phase::Announced, Phase::Connected, Phase::Held, Phase::Ended].into_iter().find(|p| p.slug() == slug)
        })?,
        person: maybe_bytes(row, 4)?.map(PersonId),
        customer: maybe_bytes(row, 5)?.map(CustomerId),
        binding: named(row, 6, |slug| {
            [Binding::None, Binding::Claimed, Binding::Matched, Binding::Proven].into_iter().find(|b| b.slug() == slug)
        })?,
        started: Millis(row.get(7)?),
        ended: row.get::<_, Option<i64>>(8)?.map(Millis),
        active: Millis(row.get(9)?),
        events: row.get(10)?,
        tag: bytes(row, 11)?,
    })
}

pub(super) const BUDGET: &str = "used, last, tag";

pub(super) fn budget(row: &Row<'_>) -> rusqlite::Result<BudgetRow> {
    Ok(BudgetRow { used: number(row, 0)?, last: EntryId(bytes(row, 1)?), tag: bytes(row, 2)? })
}

pub(super) fn customer(row: &Row<'_>) -> rusqlite::Result<CustomerRow> {
    Ok(CustomerRow { epoch: number(row, 0)?, wrapped: row.get(1)? })
}

/// A customer's state in the log, from column `at` on.
pub(super) fn state(row: &Row<'_>, at: usize) -> rusqlite::Result<StateRow> {
    Ok(StateRow { n: number(row, at)?, head: bytes(row, at + 1)?, tag: bytes(row, at + 2)? })
}

pub(super) const FIELD: &str = "field, instance, version, sealed";

pub(super) fn field(row: &Row<'_>) -> rusqlite::Result<FieldRow> {
    Ok(FieldRow { field: number(row, 0)?, instance: number(row, 1)?, version: number(row, 2)?, sealed: row.get(3)? })
}

pub(super) fn request(row: &Row<'_>) -> rusqlite::Result<RequestRow> {
    Ok(RequestRow {
        content: bytes(row, 0)?,
        session: bytes(row, 1)?,
        entry: EntryId(bytes(row, 2)?),
        at: Millis(row.get(3)?),
        answer: number(row, 4)?,
    })
}

pub(super) fn code(row: &Row<'_>) -> rusqlite::Result<CodeRow> {
    Ok(CodeRow {
        mac: bytes(row, 0)?,
        expires: Millis(row.get(1)?),
        wrong: number(row, 2)?,
        used: row.get(3)?,
        tag: bytes(row, 4)?,
    })
}

pub(super) const ENTRY: &str = "id, leaf, audit, customer, place";

pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<EntryRow> {
    Ok(EntryRow {
        id: EntryId(bytes(row, 0)?),
        leaf: bytes(row, 1)?,
        audit: row.get(2)?,
        customer: row.get(3)?,
        index: row
            .get::<_, Option<i64>>(4)?
            .map(|place| u64::try_from(place).map_err(|_| wrong(4, Type::Integer)))
            .transpose()?,
    })
}
