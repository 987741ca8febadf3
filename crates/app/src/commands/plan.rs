//! `ringfence plan`.

mod forecast;
mod yaml;

use crate::ambient::SystemClock;
use crate::cli::{Common, Paper, Plan as Asked, Source, Speech};
use crate::failure::{self, Failure};
use crate::home::Home;
use crate::output::{self, Format};
use crate::wire;
use domain::Clock as _;
use plan::export::{Assessment, Fides, Record};
use plan::{Date, Faults, Language, Notice, Plan};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(common: &Common, asked: &Asked) -> Result<(), Failure> {
    match asked {
        Asked::Check(source) => check(common, source),
        Asked::Diff { file, against, tenant } => {
            let new = read(file)?;
            let old = found(common, &Source { file: against.clone(), tenant: tenant.clone() })?;
            differences(common.output, &old, &new)
        }
        Asked::Forecast { plan, from, volume } => forecast::run(common, plan, from.as_deref(), volume),
        Asked::Notice { plan, language, html, against } => {
            let of = |plan: &Plan| plan.notice(spoken(*language), today());
            let notice = of(&found(common, plan)?);
            match against {
                Some(older) => changes(common.output, &notice.changes(&of(&read(older)?))),
                None if *html => output::text(&whole(&notice)),
                None => output::text(notice.to_string().trim_end()),
            }
        }
        Asked::Export { plan, paper } => export(common.output, &found(common, plan)?, *paper),
    }
}

fn today() -> Date {
    plan::day_of(SystemClock.now())
}

/// Reads a file; all that is wrong with it is one failure.
fn read(file: &Path) -> Result<Plan, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| failure::file(file, &error))?;
    Plan::parse(&text).map_err(|faults| wrong(file, &faults))
}

/// The first fault in the error's one line, the others beside it.
fn wrong(file: &Path, faults: &Faults) -> Failure {
    let mut all = faults.all().iter();
    let (line, problem, next) = all.next().map_or((1, "", ""), |first| (first.line, &first.problem, &first.next));
    for fault in all {
        output::aside(&format!("{}, {fault}", file.display()));
    }
    Failure::here(format!("{}, line {line}: {problem}", file.display()), next)
}

/// The plan of a file, or the one in force.
fn found(common: &Common, source: &Source) -> Result<Plan, Failure> {
    if let Some(file) = &source.file {
        return read(file);
    }
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let tenant = home.tenant(source.tenant.as_deref())?.id;
    wire::block_on(async {
        let centre = wire::open(&home).await?;
        Ok(centre.vault.plan_in_force(tenant).await?.planned.plan().clone())
    })
}

/// What its author wrote that is hard to read on the notice.
fn hard_words(common: &Common, source: &Source, plan: &Plan) -> Result<Vec<plan::HardWords>, Failure> {
    let text = match &source.file {
        Some(file) => std::fs::read_to_string(file).map_err(|error| failure::file(file, &error))?,
        None => {
            let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
            let tenant = home.tenant(source.tenant.as_deref())?.id;
            wire::block_on(async {
                let centre = wire::open(&home).await?;
                Ok::<_, Failure>(centre.vault.plan_in_force(tenant).await?.planned.text().to_owned())
            })?
        }
    };
    Ok(plan.hard_words(&text, today()))
}

/// Is there a data directory to compare a file with?
fn has_data(common: &Common) -> bool {
    common.data.is_some() || common.store.is_some() || std::env::var_os(crate::home::DATA).is_some()
}

fn check(common: &Common, source: &Source) -> Result<(), Failure> {
    let plan = found(common, source)?;
    if let Err(faults) = plan.counts_from(today()) {
        return Err(wrong(source.file.as_deref().unwrap_or(Path::new("the plan in force")), &faults));
    }
    for one in hard_words(common, source, &plan)? {
        output::aside(&format!("warning: {one}"));
    }
    let drift = if source.file.is_some() && !has_data(common) {
        output::aside("no data directory is given, so rules and what is stored weren't compared");
        Vec::new()
    } else {
        let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
        let tenant = home.tenant(source.tenant.as_deref())?.id;
        wire::block_on(async {
            let centre = wire::open(&home).await?;
            Ok(centre.vault.plan_drift(&centre.vault.operator(tenant), &plan).await?)
        })?
    };
    let rows: Vec<Value> =
        drift.iter().map(|one| json!({"with": one.with, "says": one.says, "next": one.next})).collect();
    match (rows.len(), common.output) {
        (0, Format::Table) => output::text("The plan can be used, and nothing differs from it."),
        _ => output::list(common.output, &["with", "says", "next"], &rows),
    }?;
    match rows.len() {
        0 => Ok(()),
        count => Err(Failure::there(format!("the plan differs in {count} points"), "mend what is listed")),
    }
}

fn differences(format: Format, old: &Plan, new: &Plan) -> Result<(), Failure> {
    let all = plan::diff(old, new);
    let rows: Vec<Value> = all.iter().map(|one| json!({"says": one.says, "widens": one.widens})).collect();
    match format {
        Format::Table if rows.is_empty() => output::text("Nothing changes."),
        Format::Table => {
            let line =
                |one: &plan::Difference| format!("{} {}", if one.widens { "widens " } else { "       " }, one.says);
            output::text(&all.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        other => output::list(other, &[], &rows),
    }
}

fn spoken(language: Speech) -> Language {
    match language {
        Speech::En => Language::English,
        Speech::De => Language::German,
    }
}

fn changes(format: Format, all: &[String]) -> Result<(), Failure> {
    match format {
        Format::Table if all.is_empty() => output::text("Customers are told the same."),
        Format::Table => output::text(&all.join("\n")),
        other => output::list(other, &[], &all.iter().map(|says| json!({"says": says})).collect::<Vec<_>>()),
    }
}

/// A page that stands alone.
fn whole(notice: &Notice) -> String {
    let html = notice.html();
    let title = html.lines().next().unwrap_or_default().replace("h1>", "title>");
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n{title}\n</head>\n<body>\n<main>\n{html}</main>\n</body>\n</html>",
        notice.language.tag()
    )
}

fn export(format: Format, plan: &Plan, paper: Paper) -> Result<(), Failure> {
    let unwritten = |_| Failure::there("the paper can't be written", "report this as a fault of the program");
    match paper {
        Paper::Article30 if format == Format::Table => output::text(Record::of(plan).to_string().trim_end()),
        Paper::Article30 => output::text(&serde_json::to_string(&Record::of(plan)).map_err(unwritten)?),
        Paper::Dpia => output::text(&serde_json::to_string_pretty(&Assessment::of(plan)).map_err(unwritten)?),
        Paper::Fides => {
            output::text(yaml::written(&serde_json::to_value(Fides::of(plan)).map_err(unwritten)?).trim_end())
        }
    }
}
