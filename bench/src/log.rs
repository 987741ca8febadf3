//! `bench log`: the tamper-evident log by itself: how many entries a second become durable, get their places and are
//! signed; how soon an entry has its proof; what a proof costs; how long the check of a whole log takes.

use crate::statistics::median;
use crate::{Outcome, cpu, report};
use app::ambient::SystemEntropy;
use app::commands::init::{self, New, create};
use app::config::Tenant;
use app::database::Database;
use app::log::{Folder, Keys, check_files};
use app::sequencing::Sequencing;
use app::wire::{self, Centre};
use domain::{EntryId, Role, TenantId};
use serde::Serialize;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use transparency::{
    Checkpoint, Hash, Level, NodeCache, NoteSigner, OriginKeys, TileBuilder, TilePath, encode_bundle, inclusion_proof,
    leaf_hash, sign_checkpoint, verify_inclusion,
};
use vault::{NewPerson, ReceiptAnswer, Scope, Vault, VaultError};

const TENANT: TenantId = TenantId(1);
const ORIGIN: &str = "bench.example/log";
/// Acts at a time: as many as a busy server has.
const AT_ONCE: u32 = 256;
/// Acts a second in the run that isn't a race: what the log must carry while its proofs come soon.
const PACED_PER_S: u32 = 6_000;
/// Between two entries whose way to their proof is timed.
const SAMPLE_EVERY: Duration = Duration::from_millis(7);
/// Proofs that are timed.
const PROOFS: u64 = 200_000;

#[derive(Serialize)]
struct Append {
    what: &'static str,
    entries: u64,
    per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    samples: usize,
    load_before: f64,
    date: String,
}

#[derive(Serialize)]
struct Proof {
    what: &'static str,
    entries: u64,
    /// Proof from kept tiles, and its verification.
    us: f64,
    /// The same from tiles' bytes, each hashed anew.
    uncached_us: f64,
    date: String,
}

#[derive(Serialize)]
struct Fsck {
    what: &'static str,
    entries: u64,
    seconds: f64,
    date: String,
}

/// Measures, prints and writes all of it.
///
/// # Errors
/// When a part can't be set up, or anything doesn't verify.
pub(crate) fn run(seconds: u64, entries: u64, results: &Path) -> Outcome<()> {
    let load_before = cpu::load_average()?;
    let paced = append("append at 6,000 per s", Some(PACED_PER_S), seconds, load_before)?;
    let race = append("append as fast as it goes", None, seconds, load_before)?;
    for append in [&paced, &race] {
        println!(
            "{}: {} entries durable, placed and signed, {:.0} per s; to the proof p50 {:.1} ms, p99 {:.1} ms of {}",
            append.what, append.entries, append.per_s, append.p50_ms, append.p99_ms, append.samples
        );
    }
    let log = Log::new(entries)?;
    let proof = log.proofs()?;
    println!(
        "proof and verification: {:.2} µs ({:.2} µs without kept tiles), of {entries}",
        proof.us, proof.uncached_us
    );
    let fsck = log.fsck()?;
    println!("fsck of {entries} entries: {:.2} s", fsck.seconds);
    let lines = [paced, race].map(serde_json::to_value).into_iter().collect::<Result<Vec<_>, _>>()?;
    let lines = [lines, vec![serde_json::to_value(proof)?, serde_json::to_value(fsck)?]].concat();
    report::write_lines(&results.join("log.jsonl"), &lines)
}

/// A directory of its own beside the other benchmarks' data: in memory a sync would cost nothing.
fn on_disk() -> Outcome<TempDir> {
    let data = crate::systems::bench_folder("data");
    fs::create_dir_all(&data)?;
    Ok(tempfile::tempdir_in(data)?)
}

fn rounded(value: f64, unit: f64) -> f64 {
    (value * unit).round() / unit
}

/// A new data directory, opened as the server opens it.
async fn centre(folder: &TempDir) -> Outcome<(Centre, Scope)> {
    let data = folder.path().join("data");
    let tenant = Tenant { id: TENANT.0, slug: "bench".to_owned(), origin: ORIGIN.to_owned() };
    let database = Database::Embedded(data.clone());
    let keys = init::Keys::Here(folder.path().join("keys").join("root.key"));
    let home = create(&New { data: &data, tenant, keys, database }).await?;
    let centre = wire::open(&home).await?;
    let operator = centre.vault.operator(TENANT);
    let person = NewPerson { name: "Ana".to_owned(), role: Role::Agent, team: String::new() };
    let person = centre.vault.add_person(&operator, person).await?;
    let token = centre.vault.issue_token(&operator, person).await?;
    let scope = centre.vault.authenticate(&token).await?;
    Ok((centre, scope))
}

/// The cheapest act that leaves an entry: an agent who may not asks to read the log.
async fn act(vault: &Vault, scope: &Scope) -> Outcome<EntryId> {
    match vault.read_log(scope, &vault::LogQuery::default(), None, 0).await {
        Err(VaultError::Refused { entry: Some(entry), .. }) => Ok(entry),
        Err(error) => Err(error.into()),
        Ok(_) => Err("an agent read the log".into()),
    }
}

fn append(what: &'static str, per_s: Option<u32>, seconds: u64, load_before: f64) -> Outcome<Append> {
    let folder = on_disk()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (centre, scope) = centre(&folder).await?;
        let (vault, scope) = (Arc::clone(&centre.vault), Arc::new(scope));
        let _sequencing = Sequencing::start(&vault)?;
        let begun = Instant::now();
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (vault, scope, stop, done) = (vault.clone(), scope.clone(), stop.clone(), done.clone());
                tokio::spawn(async move {
                    let mut turns =
                        per_s.map(|per_s| tokio::time::interval(Duration::from_secs(AT_ONCE.into()) / per_s));
                    while !stop.load(Ordering::Relaxed) {
                        if let Some(turns) = &mut turns {
                            turns.tick().await;
                        }
                        act(&vault, &scope).await?;
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                    Outcome::Ok(())
                })
            })
            .collect();
        let times = sampled(&vault, &scope, begun + Duration::from_secs(seconds)).await?;
        stop.store(true, Ordering::Relaxed);
        for worker in workers {
            worker.await??;
        }
        let entries = done.load(Ordering::Relaxed) + times.len() as u64;
        while vault.log_head(TENANT).await?.size < entries {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let per_s = entries as f64 / begun.elapsed().as_secs_f64();
        let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
        Ok(Append {
            what,
            entries,
            per_s: per_s.round(),
            p50_ms: rounded(at(0.5), 10.0),
            p99_ms: rounded(at(0.99), 10.0),
            samples: times.len(),
            load_before,
            date: report::today(),
        })
    })
}

/// Milliseconds from the commit's return to a receipt, of one entry every few milliseconds; sorted.
async fn sampled(vault: &Arc<Vault>, scope: &Arc<Scope>, until: Instant) -> Outcome<Vec<f64>> {
    let mut waiting = Vec::new();
    while Instant::now() < until {
        let (vault, scope) = (vault.clone(), scope.clone());
        waiting.push(tokio::spawn(async move {
            let entry = act(&vault, &scope).await?;
            let committed = Instant::now();
            while vault.receipt(TENANT, entry).await? == ReceiptAnswer::Pending {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Outcome::Ok(committed.elapsed().as_secs_f64() * 1000.0)
        }));
        tokio::time::sleep(SAMPLE_EVERY).await;
    }
    let mut times = Vec::new();
    for sample in waiting {
        times.push(sample.await??);
    }
    times.sort_by(f64::total_cmp);
    if times.is_empty() { Err("no entry was timed".into()) } else { Ok(times) }
}

/// A log of many entries as plain files, and its tiles in memory.
struct Log {
    folder: TempDir,
    leaves: Vec<Hash>,
    root: Hash,
    tiles: HashMap<TilePath, Vec<u8>>,
    keys: OriginKeys,
}

impl Log {
    fn new(size: u64) -> Outcome<Self> {
        let folder = on_disk()?;
        let entries: Vec<[u8; 65]> = (0..size).map(entry).collect();
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let mut builder = TileBuilder::new();
        let full = builder.append(&leaves)?.into_iter().filter(|tile| tile.path.is_full());
        let mut tiles: HashMap<TilePath, Vec<u8>> = full.map(|tile| (tile.path, tile.data)).collect();
        tiles.extend(builder.partial_tiles().map(|tile| (tile.path, tile.data)));
        let put = |path: &str, bytes: &[u8]| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder.path())).and_then(|()| fs::write(path, bytes))
        };
        tiles.iter().try_for_each(|(path, data)| put(&path.to_string(), data))?;
        for (index, chunk) in (0..).zip(entries.chunks(256)) {
            let path = TilePath::new(Level::Entries, index, u16::try_from(chunk.len())?)?;
            put(&path.to_string(), &encode_bundle(chunk)?)?;
        }
        let seed: [u8; 32] = domain::time::fresh(&SystemEntropy);
        let (ed25519, ml_dsa) = (NoteSigner::ed25519(ORIGIN, &seed)?, NoteSigner::ml_dsa_44(ORIGIN, &seed)?);
        let keys = OriginKeys::new(ed25519.verifier_key().clone(), ml_dsa.verifier_key().clone())?;
        let root = builder.root();
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root };
        put("checkpoint", sign_checkpoint(&checkpoint, &[&ed25519, &ml_dsa])?.as_bytes())?;
        Ok(Self { folder, leaves, root, tiles, keys })
    }

    fn proofs(&self) -> Outcome<Proof> {
        let size = self.leaves.len() as u64;
        let mut cache = NodeCache::new(usize::MAX);
        // Once around, so that every tile is kept.
        for index in (0..size).step_by(256) {
            cache.inclusion_proof(size, index, |path| self.tiles.get(&path))?;
        }
        let us = self.timed(PROOFS, |index| cache.inclusion_proof(size, index, |path| self.tiles.get(&path)))?;
        let uncached = self.timed(PROOFS / 20, |index| inclusion_proof(size, index, |path| self.tiles.get(&path)))?;
        Ok(Proof {
            what: "proof",
            entries: size,
            us: rounded(us, 100.0),
            uncached_us: rounded(uncached, 100.0),
            date: report::today(),
        })
    }

    /// Microseconds per proof with its verification, over entries all across the log; the median of five rounds.
    fn timed(&self, count: u64, mut prove: impl FnMut(u64) -> Result<Vec<Hash>, transparency::Error>) -> Outcome<f64> {
        let size = self.leaves.len() as u64;
        let mut rounds = Vec::new();
        for round in 0..5 {
            let begun = Instant::now();
            for number in 0..count / 5 {
                let index = (number * 5 + round).wrapping_mul(0x9e37_79b9_7f4a_7c15) % size;
                let proof = prove(index)?;
                let leaf = self.leaves.get(index as usize).ok_or("no such leaf")?;
                verify_inclusion(leaf, index, size, &self.root, &proof)?;
            }
            rounds.push(begun.elapsed().as_secs_f64() * 1e6 / (count / 5) as f64);
        }
        Ok(median(rounds))
    }

    fn fsck(&self) -> Outcome<Fsck> {
        let keys = Keys::of(self.keys.clone(), "this run");
        let begun = Instant::now();
        let found = check_files(&Folder::new(self.folder.path()), &keys, None)?;
        let seconds = rounded(begun.elapsed().as_secs_f64(), 100.0);
        Ok(Fsck { what: "fsck", entries: found.checkpoint.size, seconds, date: report::today() })
    }
}

fn entry(number: u64) -> [u8; 65] {
    let mut entry = [1; 65];
    entry[1..33].copy_from_slice(&leaf_hash(&number.to_be_bytes()));
    entry[33..].copy_from_slice(&leaf_hash(&number.to_le_bytes()));
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_log_is_appended_to_proven_and_checked() {
        let append = append("a second", Some(500), 1, 0.0).unwrap();
        assert!(append.entries > 0 && append.samples > 0 && append.p99_ms >= append.p50_ms);
        let log = Log::new(700).unwrap();
        assert!(log.proofs().unwrap().us > 0.0);
        assert_eq!(log.fsck().unwrap().entries, 700);
    }
}
