//! `ringfence import`: reads on one thread, seals on another, commits in batches, goes on where it stopped.

mod build;
mod csv_rows;
mod json_rows;
pub(crate) mod map;
mod reading;
mod report;
mod row;
mod source;
mod template;

use crate::cli::{Common, Import};
use crate::failure::{self, Failure};
use crate::home::Home;
use crate::output;
use crate::wire;
use aws_lc_rs::digest::{Context, SHA256};
use domain::TenantId;
use map::Map;
use reading::{LANES, Reader, Told};
use report::{Counts, Report, Summary};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::future::poll_fn;
use std::io::{BufReader, Read as _};
use std::path::Path;
use std::pin::Pin;
use std::task::Poll;
use vault::{IntakeBatch, TakenIn, Vault, VaultError};

/// Runs the command.
///
/// # Errors
/// If anything can't be read or stored, or a row was refused.
pub fn run(common: &Common, asked: &Import) -> Result<(), Failure> {
    let (map, written) = Map::read(&asked.map)?;
    let file = File::open(&asked.file).map_err(|error| failure::file(&asked.file, &error))?;
    let bytes = file.metadata().map_err(|error| failure::file(&asked.file, &error))?.len();
    if asked.dry_run {
        let report = Report::new(&asked.errors, bytes, false)?;
        let summary = Reader { map, file, path: asked.file.clone(), done: [0; LANES] }.check(report)?;
        return finish(common, asked, summary);
    }
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let tenant = home.tenant(asked.tenant.as_deref())?.id;
    let imports = names(&asked.file, &written)?;
    wire::block_on(async {
        let centre = wire::open(&home).await?;
        let mut done = [0; LANES];
        for (done, import) in done.iter_mut().zip(imports) {
            *done = centre.vault.intake_progress(&centre.vault.operator(tenant), import).await?;
        }
        let report = Report::new(&asked.errors, bytes, done != [0; LANES])?;
        centre.vault.begin_intake(&centre.vault.operator(tenant)).await?;
        let reader = Reader { map, file, path: asked.file.clone(), done };
        let summary = store(&centre.vault, tenant, imports, reader, report).await?;
        finish(common, asked, summary)
    })
}

/// Two lanes: while one batch is being committed, the next is being sealed. Within a lane batches are committed in
/// order, and each lane remembers its own progress, so whatever a failure leaves, no row is lost or done twice.
async fn store(
    vault: &Vault,
    tenant: TenantId,
    imports: [[u8; 16]; LANES],
    reader: Reader,
    report: Report,
) -> Result<Summary, Failure> {
    let report = RefCell::new(report);
    let operator = &vault.operator(tenant);
    let (told, thread) = reader.start()?;
    let mut lanes = [const { None }; LANES];
    let mut ended = Err(Failure::there("reading stopped", "run the same command again"));
    for told in told {
        let batch = match told {
            Told::Batch(batch) => batch,
            Told::End(result) => {
                ended = result;
                break;
            }
        };
        report.borrow_mut().refused(&batch.errors)?;
        let counts = batch.counts();
        if batch.is_done() {
            report.borrow_mut().batch(&counts);
            continue;
        }
        let (lane, rows) = (batch.lane, batch.numbers);
        let intake = IntakeBatch { import: imports[lane], rows_done: batch.rows, records: batch.records, staged: true };
        wait(lanes[lane].take(), &report).await?;
        let hearing = &report;
        let told = move |aside: &BTreeSet<usize>| {
            let rows: Vec<u64> = aside.iter().filter_map(|place| rows.get(*place).copied()).collect();
            hearing.borrow_mut().set_aside(&rows)
        };
        let taking = begun(Box::pin(vault.take_in_telling(operator, intake, told))).await;
        lanes[lane] = Some(Lane { counts, taking: report.borrow_mut().or_failed(taking)? });
    }
    for lane in lanes {
        wait(lane, &report).await?;
    }
    drop(thread.join());
    ended?;
    report.borrow().indexing();
    vault.finish_intake(operator).await?;
    report.into_inner().summary()
}

/// A batch on its way.
struct Lane<'a> {
    counts: Counts,
    taking: Taking<'a>,
}

/// Done already, or sealed and waiting for its commit.
enum Taking<'a> {
    Done(TakenIn),
    Waits(Pin<Box<dyn Future<Output = Result<TakenIn, VaultError>> + 'a>>),
}

/// Seals the batch and hands it over for its commit, without waiting for that.
async fn begun<'a>(
    mut taking: Pin<Box<dyn Future<Output = Result<TakenIn, VaultError>> + 'a>>,
) -> Result<Taking<'a>, Failure> {
    match poll_fn(|context| Poll::Ready(taking.as_mut().poll(context))).await {
        Poll::Ready(done) => done.map(Taking::Done).map_err(Failure::from),
        Poll::Pending => Ok(Taking::Waits(taking)),
    }
}

async fn wait(lane: Option<Lane<'_>>, report: &RefCell<Report>) -> Result<(), Failure> {
    let Some(Lane { counts, taking }) = lane else { return Ok(()) };
    let taken = match taking {
        Taking::Done(taken) => Ok(taken),
        Taking::Waits(taking) => taking.await.map_err(Failure::from),
    };
    let mut report = report.borrow_mut();
    let taken = report.or_failed(taken)?;
    report.batch(&counts);
    report.came(taken.set_aside.len() as u64);
    Ok(())
}

fn finish(common: &Common, asked: &Import, summary: Summary) -> Result<(), Failure> {
    output::one(common.output, &summary.shown())?;
    if let Some(said) = summary.told_aside() {
        output::aside(&said);
    }
    if summary.refused > 0 {
        let problem = format!(
            "{} of {} rows were refused; the others are {}",
            summary.refused,
            summary.rows,
            if asked.dry_run { "fine" } else { "in" }
        );
        return Err(Failure::here(
            problem,
            format!("see {}, correct those rows, and import them as a file of their own", asked.errors.display()),
        ));
    }
    Ok(())
}

/// What names this import's lanes: the file's bytes, the map's, and which lane.
fn names(file: &Path, map: &[u8]) -> Result<[[u8; 16]; LANES], Failure> {
    let mut context = Context::new(&SHA256);
    context.update(&(map.len() as u64).to_be_bytes());
    context.update(map);
    let mut reader = File::open(file)
        .map(|file| BufReader::with_capacity(1 << 20, file))
        .map_err(|error| failure::file(file, &error))?;
    let mut part = vec![0; 1 << 16];
    loop {
        let count = reader.read(&mut part).map_err(|error| failure::file(file, &error))?;
        if count == 0 {
            break;
        }
        context.update(&part[..count]);
    }
    let mut names = [[0; 16]; LANES];
    for (lane, name) in names.iter_mut().enumerate() {
        let mut context = context.clone();
        context.update(&[lane as u8]);
        name.copy_from_slice(&context.finish().as_ref()[..16]);
    }
    Ok(names)
}
