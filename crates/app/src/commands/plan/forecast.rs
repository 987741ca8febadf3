//! `ringfence plan forecast`.

use super::{found, has_data, today};
use crate::cli::{Common, Source};
use crate::failure::Failure;
use crate::home::Home;
use crate::output::{self, Format};
use crate::wire;
use plan::{Date, Forecast, Kind, Milestone, Volume, Volumes, Year};
use serde_json::{Value, json};

pub(super) fn run(common: &Common, source: &Source, from: Option<&str>, volume: &[String]) -> Result<(), Failure> {
    let from = from.map(day).transpose()?.unwrap_or_else(today);
    let plan = found(common, source)?;
    let mut volumes = if has_data(common) { stored(common, source)? } else { Volumes::new() };
    volumes.extend(volume.iter().map(|said| said_volume(said)).collect::<Result<Vec<_>, _>>()?);
    let told = plan::forecast(&plan, &volumes, from);
    match common.output {
        Format::Table => output::text(&in_words(&told)),
        Format::Json => output::text(&json!({"years": years(&told), "later": milestones(&told.later)}).to_string()),
        Format::Jsonl => output::list(Format::Jsonl, &[], &years(&told)),
    }
}

fn day(text: &str) -> Result<Date, Failure> {
    let wrong = |_| Failure::here("--from isn't a day", "write it as 2027-01-01");
    text.parse().map_err(wrong)
}

/// The most values of a kind that are looked ahead with. There are fewer people than that, and sums of it stay numbers.
const MOST: u64 = 1_000_000_000_000;

/// `phone=1000+200`
fn said_volume(said: &str) -> Result<(Kind, Volume), Failure> {
    let wrong = || {
        Failure::here(
            "--volume can't be read",
            "write it as phone=1000+200: a kind, what is stored, what comes in a year",
        )
    };
    let (kind, numbers) = said.split_once('=').ok_or_else(wrong)?;
    let (stored, yearly) = numbers.split_once('+').unwrap_or((numbers, "0"));
    let kind = Kind::from_slug(kind).ok_or_else(wrong)?;
    let (stored, new_per_year) = stored.parse().ok().zip(yearly.parse().ok()).ok_or_else(wrong)?;
    if stored > MOST || new_per_year > MOST {
        return Err(Failure::here(
            "--volume is more than can be",
            "write at most 1000000000000 values, and as many a year",
        ));
    }
    Ok((kind, Volume { stored, new_per_year }))
}

fn stored(common: &Common, source: &Source) -> Result<Volumes, Failure> {
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let tenant = home.tenant(source.tenant.as_deref())?.id;
    wire::block_on(async {
        let centre = wire::open(&home).await?;
        Ok(centre.vault.volumes(&centre.vault.operator(tenant)).await?)
    })
}

fn milestones(all: &[Milestone]) -> Vec<Value> {
    let line = |one: &Milestone| json!({"on": one.on.to_string(), "level": one.level.slug(), "of": one.of, "says": one.words.en, "source": one.source});
    all.iter().map(line).collect()
}

fn years(told: &Forecast) -> Vec<Value> {
    let row =
        |row: &plan::Row| json!({"entry": row.entry, "added": row.added, "expired": row.expired, "stored": row.stored});
    let year = |year: &Year| {
        json!({
            "from": year.from.to_string(),
            "until": year.until.to_string(),
            "data": year.rows.iter().map(row).collect::<Vec<_>>(),
            "starting": year.starting,
            "ending": year.ending,
            "rotations": year.rotations.iter().map(|(id, times)| json!({"id": id, "times": times})).collect::<Vec<_>>(),
            "milestones": milestones(&year.milestones),
        })
    };
    told.years.iter().map(year).collect()
}

fn in_words(told: &Forecast) -> String {
    let mut lines = Vec::new();
    for year in &told.years {
        lines.push(format!("From {} until {}", year.from, year.until));
        let moves = year.rows.iter().filter(|row| (row.added, row.expired, row.stored) != (0, 0, 0));
        lines.extend(moves.map(|row| {
            format!("  {:<24} {:>10} come {:>10} go {:>10} at the end", row.entry, row.added, row.expired, row.stored)
        }));
        lines.extend(year.starting.iter().map(|id| format!("  starts: {id}")));
        lines.extend(year.ending.iter().map(|id| format!("  ends: {id}")));
        lines.extend(year.rotations.iter().map(|(id, times)| format!("  turns: {id}, {times} times")));
        lines.extend(year.milestones.iter().map(milestone));
    }
    if !told.later.is_empty() {
        lines.push("Later".to_owned());
        lines.extend(told.later.iter().map(milestone));
    }
    lines.join("\n")
}

fn milestone(one: &Milestone) -> String {
    format!("  {}: {} {}: {}; {}", one.on, one.of, one.level.slug(), one.words.en, one.source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::Row;

    #[test]
    fn a_volume_is_bounded() {
        let phone = |stored, new_per_year| (Kind::from_slug("phone").unwrap(), Volume { stored, new_per_year });
        assert_eq!(said_volume("phone=1000+200").unwrap(), phone(1_000, 200));
        assert_eq!(said_volume("phone=1000000000000+1000000000000").unwrap(), phone(MOST, MOST));
        for much in ["1000000000001", "0+1000000000001", "18446744073709551615+18446744073709551615"] {
            let failure = said_volume(&format!("phone={much}")).unwrap_err();
            assert!(failure.to_string().contains("more than can be"), "{much}: {failure}");
        }
        assert!(said_volume("phone=18446744073709551616").is_err());
    }

    #[test]
    fn no_number_is_too_large_to_be_told() {
        let row = Row { entry: "phone".to_owned(), added: u64::MAX, expired: u64::MAX, stored: u64::MAX };
        let (from, until) = (Date::constant(2026, 1, 1), Date::constant(2027, 1, 1));
        let (starting, ending, rotations, milestones) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let year = Year { from, until, rows: vec![row], starting, ending, rotations, milestones };
        let told = in_words(&Forecast { years: vec![year], later: Vec::new() });
        assert!(told.contains("18446744073709551615 come"), "{told}");
    }
}
