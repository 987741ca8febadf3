//! Customers' counters and chains, counted anew from the log's leaves; and every tag, for the local operator's check. It
//! shows no value, and who a customer is only by id, where their row is wrong.

use crate::error::VaultError;
use crate::private::entry::EntryKeys;
use crate::wiring::{Operator, Vault};
use domain::{CustomerId, EntryId, Millis, TenantId};
use keys::next_head;
use keys::{HolderError, Shelved};
use std::collections::{HashMap, HashSet};
use store::{CustomerRow, Seals, StateRow, TileKey};
use transparency::leaf_hash;

/// Customers whose keys are asked for in one round trip.
const PAGE: u32 = 1_000;
/// Leaves that are looked for in one pass over the log: some sixty bytes each. More customers or entries, more passes.
const LOOKED_FOR: usize = 500_000;
/// Bytes of a label that tell it from others.
type Short = [u8; 16];

/// A row that doesn't say what the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Its table.
    pub table: &'static str,
    /// Its key.
    pub row: String,
    /// What is wrong with it.
    pub problem: String,
}

/// What was in the log or waited for it at a moment before anything else was read: each entry of that moment must show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// How many entries had places.
    pub size: u64,
    /// Which waited for theirs.
    pub pending: HashSet<EntryId>,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Customers' rows.
    pub customers: u64,
    /// Entries about them.
    pub entries: u64,
}

/// One customer, and where their leaves are in the list of what is looked for.
struct Counting {
    customer: CustomerId,
    state: StateRow,
    from: usize,
}

/// A leaf that was found.
#[derive(Clone, Copy)]
struct Found {
    hash: [u8; 32],
    old: bool,
}

/// A part of the customers, small enough for memory.
#[derive(Default)]
struct Part {
    customers: Vec<Counting>,
    /// For each customer, entries 1 to n, and the one that mustn't be there.
    leaves: Vec<Option<Found>>,
    labels: HashMap<Short, usize>,
}

impl Part {
    fn add(&mut self, customer: CustomerId, state: StateRow, keys: &EntryKeys) {
        let from = self.leaves.len();
        for n in 1..=state.n + 1 {
            self.labels.insert(short(&keys.label(n)), self.leaves.len());
            self.leaves.push(None);
        }
        self.customers.push(Counting { customer, state, from });
    }

    /// Takes a leaf in; gives the customer and number if another leaf has the same.
    fn take(&mut self, leaf: &[u8; 65], old: bool) -> Option<(CustomerId, u64)> {
        let label: &[u8; 32] = leaf[1..33].try_into().ok()?;
        let at = *self.labels.get(&short(label))?;
        let hash = leaf_hash(leaf);
        match self.leaves[at].replace(Found { hash, old }) {
            Some(other) if other.hash != hash => {
                let owner = self.customers.partition_point(|counting| counting.from <= at);
                let counting = self.customers.get(owner.checked_sub(1)?)?;
                Some((counting.customer, (at - counting.from) as u64 + 1))
            }
            _ => None,
        }
    }

    fn wrong(&self) -> Option<Wrong> {
        self.customers.iter().find_map(|counting| {
            let leaves = &self.leaves[counting.from..];
            counting.wrong(leaves).map(|problem| wrong_state(counting.customer, problem))
        })
    }
}

impl Counting {
    fn wrong(&self, leaves: &[Option<Found>]) -> Option<String> {
        let n = self.state.n;
        let (own, next) = leaves.split_at(usize::try_from(n).ok()?);
        if let Some(at) = own.iter().position(Option::is_none) {
            return Some(format!("{n} entries were committed, and the log has no number {}", at + 1));
        }
        let head = own.iter().flatten().fold([0; 32], |head, found| next_head(&head, &found.hash));
        if head != self.state.head {
            return Some(format!("the log's {n} entries don't give its head"));
        }
        let more = next.first().copied().flatten().is_some_and(|found| found.old);
        more.then(|| {
            format!("it says {n} entries, and the log has more: an old row was put back, or a newer one deleted")
        })
    }
}

fn wrong_state(customer: CustomerId, problem: String) -> Wrong {
    Wrong { table: "customer and recent_state", row: customer.to_string(), problem }
}

fn short(label: &[u8; 32]) -> Short {
    let mut out = [0; 16];
    out.copy_from_slice(&label[..16]);
    out
}

impl Vault {
    /// Counts every customer's entries anew: numbers 1 to n are in the log or wait for it, each once, they give the
    /// chain's head, and there is no later one. Memory stays the same however many there are; the log is read once for
    /// each half a million.
    ///
    /// # Errors
    /// If the store or the key holder fails. What doesn't fit isn't an error but the answer.
    pub async fn recount_customers(
        &self,
        operator: &Operator,
        before: &Before,
    ) -> Result<Result<Counted, Wrong>, VaultError> {
        let (mut part, mut counted, mut after) = (Part::default(), Counted::default(), None);
        loop {
            let rows = self.store.states(operator.tenant, after, PAGE).await?;
            after = rows.last().map(|(customer, ..)| *customer);
            counted.customers += rows.len() as u64;
            if let Err(wrong) = self.expect(operator.tenant, &rows, &mut part).await? {
                return Ok(Err(wrong));
            }
            if part.leaves.len() >= LOOKED_FOR || rows.is_empty() {
                if let Some(wrong) = self.look_for(operator.tenant, before, &mut part).await? {
                    return Ok(Err(wrong));
                }
                counted.entries += part.customers.iter().map(|counting| counting.state.n).sum::<u64>();
                part = Part::default();
            }
            if rows.is_empty() {
                return Ok(Ok(counted));
            }
        }
    }

    /// Adds customers with the labels of all their entries.
    async fn expect(
        &self,
        tenant: TenantId,
        rows: &[(CustomerId, CustomerRow, StateRow)],
        part: &mut Part,
    ) -> Result<Result<(), Wrong>, VaultError> {
        let shelved: Vec<Shelved> =
            rows.iter().map(|(_, row, _)| Shelved { epoch: row.epoch, wrapped: row.wrapped.clone() }).collect();
        let asked: Vec<(CustomerId, &Shelved)> = rows.iter().map(|(id, ..)| *id).zip(&shelved).collect();
        let views = match self.holder.entry_keys(tenant, &asked).await {
            Err(HolderError::NotOnShelf) => {
                let row = self.not_on_shelf(tenant, &asked).await?;
                let problem = "its wrapped keys don't open: it was edited, moved, or put back from a backup".to_owned();
                return Ok(Err(Wrong { table: "customer", row, problem }));
            }
            views => views?,
        };
        for ((customer, _, state), view) in rows.iter().zip(views) {
            if state.tag != state.tag_by(&*self.seals, tenant, *customer) {
                return Ok(Err(wrong_state(*customer, "its counter or its head was edited".to_owned())));
            }
            part.add(*customer, *state, &EntryKeys::new(view));
        }
        Ok(Ok(()))
    }

    async fn not_on_shelf(&self, tenant: TenantId, asked: &[(CustomerId, &Shelved)]) -> Result<String, VaultError> {
        for one in asked {
            if self.holder.entry_keys(tenant, &[*one]).await.is_err() {
                return Ok(one.0.to_string());
            }
        }
        Err(VaultError::Damaged)
    }

    /// One pass over the queue and the log, in this order: what is placed in between is met twice rather than never.
    async fn look_for(&self, tenant: TenantId, before: &Before, part: &mut Part) -> Result<Option<Wrong>, VaultError> {
        let twice = |(customer, number): (CustomerId, u64)| {
            let problem = format!("the log has two entries of number {number}: an old row was put back");
            Some(wrong_state(customer, problem))
        };
        for row in self.store.pending(tenant, None, u32::MAX).await? {
            if let Some(found) = part.take(&row.leaf, before.pending.contains(&row.entry)) {
                return Ok(twice(found));
            }
        }
        let size = self.store.head(tenant).await?.size;
        for index in 0..size.div_ceil(256) {
            let bundle = self.store.tile(tenant, TileKey { level: -1, index }).await?.unwrap_or_default();
            let place = index * 256;
            for (place, entry) in (place..size.min(place + 256)).zip(bundle.chunks(2 + 65)) {
                let leaf: &[u8; 65] =
                    entry.get(2..).and_then(|leaf| leaf.try_into().ok()).ok_or(VaultError::Damaged)?;
                if let Some(found) = part.take(leaf, place < before.size) {
                    return Ok(twice(found));
                }
            }
        }
        Ok(part.wrong())
    }

    /// The first row whose tag isn't its own, among those that grant or count something and can be listed: people and
    /// other power, interactions, allowances.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn edited_row(&self, operator: &Operator) -> Result<Option<Wrong>, VaultError> {
        let tenant = operator.tenant;
        let edited = |table, row: String| Ok(Some(Wrong { table, row, problem: "it was edited".to_owned() }));
        let genuine = |table, material: &[u8], tag| self.seals.tag(tenant, table, material) == tag;
        if let Some(wrong) = self.edited_power(tenant).await? {
            return Ok(Some(wrong));
        }
        for (counter, row) in self.store.budgets(tenant).await? {
            if row.tag != row.tag_by(&*self.seals, tenant, &counter) {
                return edited("budget", hex(counter.bytes()));
            }
        }
        for row in self.store.hourly_budgets(tenant, Millis(0)).await? {
            if row.tag != row.tag_by(&*self.seals, tenant) {
                return edited("hourly_budget", format!("{} from {}", hex(row.counter.bytes()), row.since));
            }
        }
        let mut after = None;
        loop {
            let page = self.store.interactions(tenant, None, false, after, PAGE).await?;
            if let Some(row) = page.items.iter().find(|row| !genuine("interaction", &row.material(), row.tag)) {
                return edited("interaction", row.id.to_string());
            }
            after = page.next;
            if after.is_none() {
                return Ok(None);
            }
        }
    }

    /// What is wrong with people and rights: the edited row where one is, else that they aren't what the key holder sealed.
    ///
    /// # Errors
    /// If the store or the key holder fails.
    pub async fn wrong_power(&self, operator: &Operator) -> Result<Option<Wrong>, VaultError> {
        let tenant = operator.tenant;
        if self.look_at_power(tenant).await?.sound {
            return Ok(None);
        }
        let problem = "it doesn't seal the rows that are there: one is missing, slipped in, or put back from a backup";
        let whole = Wrong { table: "power", row: tenant.0.to_string(), problem: problem.to_owned() };
        Ok(Some(self.edited_power(tenant).await?.unwrap_or(whole)))
    }

    /// The first person or other row of power that doesn't carry its own tag, where rows can be read at all.
    async fn edited_power(&self, tenant: TenantId) -> Result<Option<Wrong>, VaultError> {
        let genuine = |table, material: &[u8], tag| self.seals.tag(tenant, table, material) == tag;
        let edited = |table, row| Wrong { table, row, problem: "it was edited".to_owned() };
        let people = self.store.persons(tenant).await?;
        if let Some(row) = people.iter().find(|row| !genuine("person", &row.material(), row.tag)) {
            return Ok(Some(edited("person", row.id.to_string())));
        }
        let others = self.store.power_rows(tenant).await?;
        let other = others.iter().find(|row| !genuine("power_row", &row.material(), row.tag));
        Ok(other.map(|row| edited("power_row", format!("{:?} {}", row.kind, hex(&row.id)))))
    }

    /// The version of people and rules, and who there is.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn power_rows(&self, operator: &Operator) -> Result<(u64, HashSet<domain::PersonId>), VaultError> {
        let version = self.store.power_head(operator.tenant).await?.map_or(0, |head| head.seq);
        let people = self.store.persons(operator.tenant).await?;
        Ok((version, people.into_iter().map(|row| row.id).collect()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
