//! Tells the key holder what was published. It released keys for entries and waits until it finds them among the log's leaves; without
//! that it releases no more.

use super::{Sequencer, tile_at};
use crate::error::VaultError;
use crate::wiring::{TenantConfig, Vault};
use domain::Millis;
use keys::{HolderError, Published};
use store::PendingLeaf;
use transparency::{Frontier, Level, TILE_WIDTH, TilePath, decode_bundle, frontier_at, leaf_hash};

/// With nothing new, it is asked this often whether it misses something, in milliseconds.
const EVERY_MS: i64 = 2_000;
/// After a telling that failed it isn't asked for four times as long as that took: while it is waited for nothing gets its place in the log.
/// So long at most, in milliseconds.
const LONGEST_MS: i64 = 25_000;
/// How many leaves are told at once.
const PIECE: usize = 8_192;
/// How many pieces are told in one turn: a holder that was away hears the rest in the next.
const PIECES: usize = 16;
/// How many leaves are kept for a holder that doesn't answer. What is more is read again.
const MOST: usize = 100_000;

type Leaf = [u8; 65];

/// What is still to be told.
pub(super) struct Telling {
    /// The right edge of what the holder has heard; none before its first answer.
    told: Option<Frontier>,
    /// The leaves after it, as far as they are known.
    leaves: Vec<Leaf>,
    last: Millis,
    /// Not before this moment: a holder that answers late must not hold up the log.
    again: Millis,
    failed: Option<HolderError>,
}

impl Default for Telling {
    fn default() -> Self {
        Self { told: None, leaves: Vec::new(), last: Millis(i64::MIN), again: Millis(i64::MIN), failed: None }
    }
}

impl Telling {
    /// These have their places now, after this right edge.
    pub(super) fn placed(&mut self, before: Frontier, entries: &[PendingLeaf]) {
        let from = before.size();
        let told = self.told.get_or_insert(before);
        if told.size() + self.leaves.len() as u64 == from && self.leaves.len() < MOST {
            self.leaves.extend(entries.iter().map(|pending| pending.leaf));
        }
    }
}

impl Vault {
    /// Tells the key holder where a tenant's log ends, before anything is released for the entries after it: one that never heard of the
    /// log takes that as its beginning. For a node that begins to serve. What keeps it from being told does so when it is told again, and
    /// is said then.
    ///
    /// # Errors
    /// If there are no keys to sign the log with.
    pub async fn introduce_log(&self, tenant: &TenantConfig) -> Result<(), VaultError> {
        let mut sequencer = Sequencer::new(self, tenant, [0; 16])?;
        if let Ok(log) = sequencer.resume().await {
            let size = log.builder.size();
            sequencer.state = Some(log);
            drop(sequencer.tell_piece(size).await);
        }
        Ok(())
    }
}

impl Sequencer {
    /// By whoever has the log's right edge. A node to which nothing came lately may think so while another goes on with the log: it looks
    /// first, as whoever tells of an old end says that the log was put back.
    pub(super) async fn tell(&mut self) {
        let now = self.clock.now();
        let Some(log) = &self.state else { return };
        let size = log.builder.size();
        let is_told = self.telling.told.as_ref().is_some_and(|told| told.size() == size);
        let waits = (1..=LONGEST_MS).contains(&self.telling.again.since(now));
        if waits || is_told && now.since(self.telling.last).abs() < EVERY_MS {
            return;
        }
        let has_turn = self.leased.is_some_and(|(_, until)| now < until);
        if !has_turn && !self.is_the_end(size).await {
            (self.state, self.telling) = (None, Telling::default());
            return;
        }
        self.telling.last = now;
        for _ in 0..PIECES {
            match self.tell_piece(size).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    return tracing::error!(tenant = self.tenant.id.0, %error, "the log can't be read to be told");
                }
            }
        }
    }

    /// Does the published log end here? Not, where it can't be read.
    async fn is_the_end(&self, size: u64) -> bool {
        self.store.head(self.tenant.id).await.is_ok_and(|head| head.size == size)
    }

    /// Tells a piece; says whether there is more.
    async fn tell_piece(&mut self, size: u64) -> Result<bool, VaultError> {
        let Some(log) = &self.state else { return Ok(false) };
        let edge = log.builder.frontier();
        if self.telling.told.as_ref().is_none_or(|told| told.size() > size) {
            self.telling.leaves.clear();
        }
        let told = self.telling.told.as_ref().filter(|told| told.size() <= size).unwrap_or(edge).clone();
        let leaves = self.leaves_after(told.size(), size).await?;
        let mut next = told.clone();
        for leaf in &leaves {
            next.append(leaf_hash(leaf)).map_err(|_| VaultError::Damaged)?;
        }
        let before = told.to_bytes();
        let piece = Published { size: next.size(), root: next.root(), leaves: &leaves, before: &before };
        let began = self.clock.now();
        match self.keys.published(self.tenant.id, piece).await {
            Ok(wants) => {
                self.telling.failed = None;
                let heard = wants == next.size();
                self.telling.leaves.drain(..if heard { leaves.len().min(self.telling.leaves.len()) } else { 0 });
                match wants {
                    _ if heard => self.telling.told = Some(next),
                    // It has heard of more than this node has yet, from another.
                    _ if wants > size => return Ok(false),
                    _ => self.go_back_to(wants).await?,
                }
                Ok(wants < size)
            }
            Err(error) => {
                let now = self.clock.now();
                self.telling.again = now.plus(now.since(began).saturating_mul(4).clamp(0, LONGEST_MS));
                if self.telling.failed.replace(error) != Some(error) {
                    let tenant = self.tenant.id.0;
                    tracing::error!(tenant, %error, "the key holder doesn't take what was published; it is told again");
                }
                Ok(false)
            }
        }
    }

    /// The holder wants leaves from here on: it was started, or heard of the log from another node.
    async fn go_back_to(&mut self, from: u64) -> Result<(), VaultError> {
        let partial = self.partial_tiles(from).await?;
        let edge = frontier_at(from, |path| partial.get(&path)).map_err(|_| VaultError::Damaged)?;
        (self.telling.told, self.telling.leaves) = (Some(edge), Vec::new());
        Ok(())
    }

    /// The next leaves from this place on: those in memory, or as many as are in one bundle of the log.
    async fn leaves_after(&self, from: u64, size: u64) -> Result<Vec<Leaf>, VaultError> {
        let known = &self.telling.leaves;
        if from == size || !known.is_empty() {
            return Ok(known.iter().take(PIECE).copied().collect());
        }
        let mut leaves = Vec::new();
        let mut place = from;
        while place < size && leaves.len() < PIECE {
            let index = place / u64::from(TILE_WIDTH);
            let first = index * u64::from(TILE_WIDTH);
            let width = (size - first).min(u64::from(TILE_WIDTH)) as u16;
            let path = TilePath::new(Level::Entries, index, width).map_err(|_| VaultError::Damaged)?;
            let bundle = tile_at(&*self.store, self.tenant.id, path).await?.ok_or(VaultError::Damaged)?;
            let entries = decode_bundle(&bundle, width).map_err(|_| VaultError::Damaged)?;
            for entry in entries.into_iter().skip((place - first) as usize) {
                leaves.push(entry.try_into().map_err(|_| VaultError::Damaged)?);
                place += 1;
            }
        }
        Ok(leaves)
    }
}
