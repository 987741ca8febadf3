//! `ringfence import`: reads on one thread, seals on another, commits in batches, goes on where it stopped.

mod build;
mod csv_rows;
mod json_rows;
mod map;
mod reading;
mod report;
mod row;
mod source;
mod template;

use crate::cli::{Common, Import};
use crate::failure::{self, Failure};
use crate::home::Home;
use crate::output;
use crate::wire::{self, Centre};
use aws_lc_rs::digest::{Context, SHA256};
use domain::TenantId;
use map::Map;
use reading::{Batch, Reader, Told};
use report::{Report, Summary};
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;
use vault::IntakeBatch;

/// Runs the command.
///
/// # Errors
/// If anything can't be read or stored, or a row was refused.
pub fn run(common: &Common, asked: &Import) -> Result<(), Failure> {
    let (map, written) = Map::read(&asked.map)?;
    let file = File::open(&asked.file).map_err(|error| failure::file(&asked.file, &error))?;
    let bytes = file.metadata().map_err(|error| failure::file(&asked.file, &error))?.len();
    if asked.dry_run {
        let report = Report::new(&asked.errors, bytes, 0)?;
        let summary = Reader { map, file, path: asked.file.clone(), skip: 0 }.pass(report, |_| Ok(()))?;
        return finish(common, asked, summary);
    }
    let home = Home::find(common.data.as_deref(), common.config.as_deref())?;
    let tenant = home.tenant(asked.tenant.as_deref())?.id;
    let import = digest(&asked.file, &written)?;
    wire::block_on(async {
        let centre = wire::open(&home).await?;
        let skip = centre.vault.intake_progress(&centre.vault.operator(tenant), import).await?;
        let report = Report::new(&asked.errors, bytes, skip)?;
        let reader = Reader { map, file, path: asked.file.clone(), skip };
        let summary = store(&centre, tenant, import, reader, report).await?;
        finish(common, asked, summary)
    })
}

async fn store(centre: &Centre, tenant: TenantId, import: [u8; 16], reader: Reader, mut report: Report) -> Result<Summary, Failure> {
    let operator = centre.vault.operator(tenant);
    let (told, thread) = reader.start()?;
    let mut done = None;
    for told in told {
        match told {
            Told::Batch(Batch { rows, at, records, errors, repeated }) => {
                report.refused(&errors)?;
                let count = records.len() as u64;
                centre.vault.take_in(&operator, IntakeBatch { import, rows_done: rows, records, staged: true }).await?;
                report.batch(rows, at, count, repeated);
            }
            Told::End(result) => done = Some(result),
        }
    }
    drop(thread.join());
    done.unwrap_or_else(|| Err(Failure::there("reading stopped", "run the same command again")))?;
    report.indexing();
    centre.vault.finish_intake(&operator).await?;
    report.summary()
}

fn finish(common: &Common, asked: &Import, summary: Summary) -> Result<(), Failure> {
    output::one(common.output, &summary.shown())?;
    if summary.refused > 0 {
        let problem = format!("{} of {} rows were refused; the others are {}", summary.refused, summary.rows, if asked.dry_run { "fine" } else { "in" });
        return Err(Failure::here(problem, format!("see {}, correct those rows, and import them as a file of their own", asked.errors.display())));
    }
    Ok(())
}

/// What names this import: the file's bytes and the map's.
fn digest(file: &Path, map: &[u8]) -> Result<[u8; 16], Failure> {
    let mut context = Context::new(&SHA256);
    context.update(&(map.len() as u64).to_be_bytes());
    context.update(map);
    let mut reader = File::open(file).map(|file| BufReader::with_capacity(1 << 20, file)).map_err(|error| failure::file(file, &error))?;
    let mut part = vec![0; 1 << 16];
    loop {
        let count = reader.read(&mut part).map_err(|error| failure::file(file, &error))?;
        if count == 0 {
            break;
        }
        context.update(&part[..count]);
    }
    let mut out = [0; 16];
    out.copy_from_slice(&context.finish().as_ref()[..16]);
    Ok(out)
}
