//! Rows as they come out of any engine.

use domain::{
    Binding, Channel, Counter, CustomerId, EntryId, InteractionId, Millis, PersonId, Phase, PowerKind, Role, TenantId,
};
use std::borrow::Cow;
use store::{
    AdmissionKey, AdmissionKind, AdmissionRow, BudgetRow, CloseRow, CodeRow, Cosigned, CustomerRow, EntryRow,
    FieldCount, FieldRef, FieldRow, HeldValue, HourlyRow, IndexPlace, InteractionRow, LogHead, PendingLeaf, PersonRow,
    PowerHead, PowerRow, RequestRow, SealedValue, Shown, StateRow,
};

/// A column that holds nothing that Ringfence writes; the number is the column's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {0} holds no value that Ringfence writes")]
pub(crate) struct Wrong(pub(crate) usize);

/// One row's columns, by their place in the statement. `None` is SQL's NULL.
pub(crate) trait Columns {
    /// A whole number.
    fn int(&self, column: usize) -> Result<Option<i64>, Wrong>;
    /// Bytes.
    fn blob(&self, column: usize) -> Result<Option<&[u8]>, Wrong>;
    /// Text.
    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>, Wrong>;
}

pub(crate) fn bytes<const N: usize>(row: &dyn Columns, column: usize) -> Result<[u8; N], Wrong> {
    maybe_bytes(row, column)?.ok_or(Wrong(column))
}

fn maybe_bytes<const N: usize>(row: &dyn Columns, column: usize) -> Result<Option<[u8; N]>, Wrong> {
    row.blob(column)?.map(|blob| blob.try_into().map_err(|_| Wrong(column))).transpose()
}

fn vec(row: &dyn Columns, column: usize) -> Result<Vec<u8>, Wrong> {
    row.blob(column)?.map(<[u8]>::to_vec).ok_or(Wrong(column))
}

pub(crate) fn number<T: TryFrom<i64>>(row: &dyn Columns, column: usize) -> Result<T, Wrong> {
    maybe_number(row, column)?.ok_or(Wrong(column))
}

fn maybe_number<T: TryFrom<i64>>(row: &dyn Columns, column: usize) -> Result<Option<T>, Wrong> {
    row.int(column)?.map(|number| T::try_from(number).map_err(|_| Wrong(column))).transpose()
}

pub(crate) fn millis(row: &dyn Columns, column: usize) -> Result<Millis, Wrong> {
    number(row, column).map(Millis)
}

fn string(row: &dyn Columns, column: usize) -> Result<String, Wrong> {
    row.text(column)?.map(Cow::into_owned).ok_or(Wrong(column))
}

fn named<T>(row: &dyn Columns, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Wrong> {
    row.text(column)?.and_then(|text| parse(&text)).ok_or(Wrong(column))
}

/// `version, tag, root`
pub(crate) fn power_head(row: &dyn Columns) -> Result<PowerHead, Wrong> {
    Ok(PowerHead { seq: number(row, 0)?, tag: bytes(row, 1)?, root: maybe_bytes(row, 2)? })
}

/// `kind, id, body, tag`
pub(crate) fn power_row(row: &dyn Columns) -> Result<PowerRow, Wrong> {
    Ok(PowerRow {
        kind: PowerKind::from_code(number(row, 0)?).ok_or(Wrong(0))?,
        id: bytes(row, 1)?,
        body: vec(row, 2)?,
        tag: bytes(row, 3)?,
    })
}

/// `field, head, count`; an engine may take the head of nothing for none.
pub(crate) fn field_count(row: &dyn Columns) -> Result<FieldCount, Wrong> {
    let head = row.blob(1)?.map(<[u8]>::to_vec).unwrap_or_default();
    Ok(FieldCount { field: number(row, 0)?, head, count: number(row, 2)? })
}

/// `tenant, id, role, name, team, token, tag`
pub(crate) fn person(row: &dyn Columns) -> Result<PersonRow, Wrong> {
    Ok(PersonRow {
        tenant: TenantId(number(row, 0)?),
        id: PersonId(bytes(row, 1)?),
        role: named(row, 2, Role::from_slug)?,
        name: string(row, 3)?,
        team: string(row, 4)?,
        token: maybe_bytes(row, 5)?,
        tag: bytes(row, 6)?,
    })
}

/// `id, reference, channel, phase, person, customer, binding, started, ended, active, events, tag`
pub(crate) fn interaction(row: &dyn Columns) -> Result<InteractionRow, Wrong> {
    Ok(InteractionRow {
        id: InteractionId(bytes(row, 0)?),
        reference: string(row, 1)?,
        channel: named(row, 2, Channel::from_slug)?,
        phase: named(row, 3, |slug| {
            [Phase::Announced, Phase::Connected, Phase::Held, Phase::Ended].into_iter().find(|p| p.slug() == slug)
        })?,
        person: maybe_bytes(row, 4)?.map(PersonId),
        customer: maybe_bytes(row, 5)?.map(CustomerId),
        binding: named(row, 6, |slug| {
            [Binding::None, Binding::Claimed, Binding::Matched, Binding::Proven].into_iter().find(|b| b.slug() == slug)
        })?,
        started: millis(row, 7)?,
        ended: maybe_number(row, 8)?.map(Millis),
        active: millis(row, 9)?,
        events: vec(row, 10)?,
        tag: bytes(row, 11)?,
    })
}

/// `total, history, last, tag`
pub(crate) fn budget(row: &dyn Columns) -> Result<BudgetRow, Wrong> {
    let (total, history) = (number(row, 0)?, vec(row, 1)?);
    Ok(BudgetRow { total, history, last: EntryId(bytes(row, 2)?), tag: bytes(row, 3)? })
}

/// `total, history, last, tag, counter`
pub(crate) fn budget_of(row: &dyn Columns) -> Result<(Counter, BudgetRow), Wrong> {
    Ok((Counter::from_bytes(bytes(row, 4)?), budget(row)?))
}

/// `counter, since, used, last, tag`
pub(crate) fn hourly_budget(row: &dyn Columns) -> Result<HourlyRow, Wrong> {
    Ok(HourlyRow {
        counter: Counter::from_bytes(bytes(row, 0)?),
        since: millis(row, 1)?,
        used: number(row, 2)?,
        last: EntryId(bytes(row, 3)?),
        tag: bytes(row, 4)?,
    })
}

/// `epoch, wrapped`
pub(crate) fn customer(row: &dyn Columns) -> Result<CustomerRow, Wrong> {
    Ok(CustomerRow { epoch: number(row, 0)?, wrapped: vec(row, 1)? })
}

/// `epoch, wrapped, id`
pub(crate) fn customer_of(row: &dyn Columns) -> Result<(CustomerId, CustomerRow), Wrong> {
    Ok((CustomerId(bytes(row, 2)?), customer(row)?))
}

/// `epoch, wrapped, n, head, tag, guard, shown, last, id`
pub(crate) fn customer_with_state(row: &dyn Columns) -> Result<(CustomerId, CustomerRow, StateRow), Wrong> {
    let (keys, state) = customer_and_state(row)?;
    Ok((CustomerId(bytes(row, 8)?), keys, state))
}

/// `epoch, wrapped, n, head, tag, guard, shown, last`: the keys, and the state in the log. The column `guard` holds all marks.
pub(crate) fn customer_and_state(row: &dyn Columns) -> Result<(CustomerRow, StateRow), Wrong> {
    let (n, head, tag) = (number(row, 2)?, bytes(row, 3)?, bytes(row, 4)?);
    let shown = maybe_bytes(row, 6)?.map(Shown::decode);
    let last = maybe_bytes(row, 7)?.map(EntryId);
    let unmarked = StateRow { n, head, guard: None, hold: None, shown, answers: 0, limits: 0, last, tag };
    // Marks that mean nothing stand for none: the tag doesn't fit them, so it is an edited row rather than one that nobody can
    // read.
    let marked = number(row, 5).ok().and_then(|marks| unmarked.marked(marks)).unwrap_or(unmarked);
    Ok((customer(row)?, marked))
}

/// `field, instance, version, sealed`
pub(crate) fn field(row: &dyn Columns) -> Result<FieldRow, Wrong> {
    Ok(FieldRow { field: number(row, 0)?, instance: number(row, 1)?, version: number(row, 2)?, sealed: vec(row, 3)? })
}

/// Before the first where there is none: a mask sheet has kind and instance 0, and no customer has that id.
pub(crate) fn place(after: Option<FieldRef>) -> ([u8; 16], u16, u32) {
    after.map_or(([0; 16], 0, 0), |field| (field.customer.0, field.field, field.instance))
}

/// The first and the last id that begins so.
pub(crate) fn ends(beginning: [u8; 8]) -> ([u8; 16], [u8; 16]) {
    let filled = |with| {
        let mut id = [with; 16];
        id[..8].copy_from_slice(&beginning);
        id
    };
    (filled(0), filled(0xff))
}

/// `field, instance, version, sealed, customer, epoch, wrapped`
pub(crate) fn sealed_value(row: &dyn Columns) -> Result<SealedValue, Wrong> {
    let keys = CustomerRow { epoch: number(row, 5)?, wrapped: vec(row, 6)? };
    Ok((CustomerId(bytes(row, 4)?), keys, field(row)?))
}

/// `content, session, entry, at, answer`
pub(crate) fn request(row: &dyn Columns) -> Result<RequestRow, Wrong> {
    Ok(RequestRow {
        content: bytes(row, 0)?,
        session: bytes(row, 1)?,
        entry: EntryId(bytes(row, 2)?),
        at: millis(row, 3)?,
        answer: number(row, 4)?,
    })
}

/// `mac, expires, wrong, used, tag`
pub(crate) fn code(row: &dyn Columns) -> Result<CodeRow, Wrong> {
    Ok(CodeRow {
        mac: bytes(row, 0)?,
        expires: millis(row, 1)?,
        wrong: number(row, 2)?,
        used: number::<i64>(row, 3)? != 0,
        tag: bytes(row, 4)?,
    })
}

/// `id, at, sealed`
/// `id, leaf, audit, customer, place`
pub(crate) fn entry(row: &dyn Columns) -> Result<EntryRow, Wrong> {
    Ok(EntryRow {
        id: EntryId(bytes(row, 0)?),
        leaf: bytes(row, 1)?,
        audit: vec(row, 2)?,
        customer: vec(row, 3)?,
        index: maybe_number(row, 4)?,
    })
}

/// `entry`
pub(crate) fn entry_id(row: &dyn Columns) -> Result<EntryId, Wrong> {
    bytes(row, 0).map(EntryId)
}

/// `entry, leaf`
pub(crate) fn pending(row: &dyn Columns) -> Result<PendingLeaf, Wrong> {
    Ok(PendingLeaf { entry: EntryId(bytes(row, 0)?), leaf: bytes(row, 1)? })
}

/// `size, checkpoint, fence`
pub(crate) fn head(row: &dyn Columns) -> Result<LogHead, Wrong> {
    Ok(LogHead { size: number(row, 0)?, checkpoint: string(row, 1)?, fence: number(row, 2)? })
}

/// `data`
pub(crate) fn data(row: &dyn Columns) -> Result<Vec<u8>, Wrong> {
    vec(row, 0)
}

/// `witness, size, note`
pub(crate) fn cosigned(row: &dyn Columns) -> Result<Cosigned, Wrong> {
    Ok(Cosigned { witness: string(row, 0)?, size: number(row, 1)?, note: string(row, 2)? })
}

/// `number, entry, list, covers, at, size, root`
pub(crate) fn close(row: &dyn Columns) -> Result<CloseRow, Wrong> {
    Ok(CloseRow {
        number: number(row, 0)?,
        entry: EntryId(bytes(row, 1)?),
        list: bytes(row, 2)?,
        covers: number(row, 3)?,
        at: millis(row, 4)?,
        size: number(row, 5)?,
        root: bytes(row, 6)?,
    })
}

/// `kind, id, body, expires, tag`
pub(crate) fn admission(row: &dyn Columns) -> Result<AdmissionRow, Wrong> {
    let kind = AdmissionKind::from_code(number(row, 0)?).ok_or(Wrong(0))?;
    Ok(AdmissionRow {
        key: AdmissionKey { kind, id: bytes(row, 1)? },
        body: vec(row, 2)?,
        expires: millis(row, 3)?,
        tag: bytes(row, 4)?,
    })
}

/// From this column on: kind, instance, version.
pub(crate) fn held_value(row: &dyn Columns, from: usize) -> Result<HeldValue, Wrong> {
    Ok(HeldValue { field: number(row, from)?, instance: number(row, from + 1)?, version: number(row, from + 2)? })
}

/// A place in the blind index, and whether its customer is no more.
pub(crate) fn swept_index(row: &dyn Columns) -> Result<(IndexPlace, bool), Wrong> {
    let place = (number(row, 0)?, bytes(row, 1)?, CustomerId(bytes(row, 2)?));
    Ok((place, number::<u64>(row, 3)? == 0))
}
