//! `ringfence verify … --customer FILE`: are these all the entries about a customer? Checked alone, from the customer's
//! own key: against a mirror, a log's address or a data directory, with the log's public keys.

mod account;
mod file;

pub use account::{Account, check};
pub use file::{Given, Stated};

pub(crate) use file::FORMAT;

use super::copies;
use crate::cli::{Common, Verify};
use crate::config;
use crate::failure::Failure;
use crate::home::Home;
use crate::log::{self, Checked, Keys, Remote, Source, Stored, check_since, signed_by};
use crate::output::{self, Format};
use domain::Millis;
use serde_json::json;
use std::path::Path;
use transparency::WitnessPolicy;

pub(super) fn run(
    common: &Common,
    asked: &Verify,
    file: &Path,
    keys: &Keys,
    policy: Option<&WitnessPolicy>,
) -> Result<(), Failure> {
    let given = Given::read(file)?;
    let given = match &asked.erased {
        Some(receipt) => given.erased_by(receipt)?,
        None => given,
    };
    let (source, own) = source(common, asked, keys, &given)?;
    let keys = own.as_ref().unwrap_or(keys);
    keys.required(&format!("{}: a log", source.name()))?;
    let (head, account) = check(&*source, keys, policy, &given)?;
    for kept in &asked.since {
        check_since(&*source, &head.checkpoint, &log::since_of(kept, keys)?.checkpoint)?;
    }
    say(common.output, &head, &account)
}

/// The log to look in, and its keys where the key file is at hand and none were given.
fn source(
    common: &Common,
    asked: &Verify,
    keys: &Keys,
    given: &Given,
) -> Result<(Box<dyn Source>, Option<Keys>), Failure> {
    let tenant = asked.tenant.as_deref();
    let address = asked.path.to_string_lossy();
    if Remote::is_address(&address) {
        let logs = Remote::new(&address)?.logs(tenant)?;
        return Ok((Box::new(one(logs.into_iter().map(|(_, log)| log), given)?), None));
    }
    if asked.path.join(config::FILE).exists() {
        let home = Home::find(Some(&asked.path), common.config.as_deref(), common.store.as_deref())?;
        let stored = one(Stored::all(&home, tenant, !keys.is_empty())?.into_iter().map(|(_, log)| log), given)?;
        let own = stored.own_keys();
        return Ok((Box::new(stored), own));
    }
    Ok((Box::new(one(copies::folders(asked)?.into_iter(), given)?), None))
}

/// The only log that there is, or the one whose checkpoint claims the statement's origin.
fn one<S: Source>(logs: impl Iterator<Item = S>, given: &Given) -> Result<S, Failure> {
    let mut logs: Vec<S> = logs.collect();
    if logs.len() > 1 {
        let ours = |log: &S| Ok(log.checkpoint()?.is_some_and(|note| note.lines().next() == Some(&given.origin)));
        let which = logs.iter().map(ours).collect::<Result<Vec<bool>, Failure>>()?;
        logs = logs.into_iter().zip(which).filter_map(|(log, ours)| ours.then_some(log)).collect();
    }
    logs.pop().ok_or_else(|| {
        Failure::here(format!("there is no log of {} here", given.origin), "give the log that the statement is about")
    })
}

const PROVES: &str = "Proven: everyone is shown the same list; none of these entries was left out, replaced, put in another \
     order or added behind a close; if witnesses signed, not later either.";
const NOT: &str = "Not proven: what the centre's node and key holder, both lying, never wrote; what came after the last \
     close; what eyes and ears did with what was shown.";

fn say(format: Format, head: &Checked, account: &Account) -> Result<(), Failure> {
    let Account { close, counted, since, .. } = account;
    let until = Millis(i64::try_from(close.at).unwrap_or(i64::MAX)).to_string();
    if format != Format::Table {
        let entries: Vec<_> =
            account.places.iter().zip(1..).map(|(place, n): (_, u64)| json!({"n": n, "place": place})).collect();
        let found = json!({
            "holds": true, "origin": head.checkpoint.origin, "size": head.checkpoint.size, "closes": close.number,
            "until": until, "covers": close.covers, "counted": counted, "since": since, "halves": account.halves, "erased": account.erased,
            "entries": entries, "witnesses": head.witnesses,
        });
        return output::one(format, &found);
    }
    let own = match counted {
        0 => "there is no entry about this customer".to_owned(),
        1 => format!("the entry at place {} is the only one about this customer", account.places[0]),
        many => {
            let places: Vec<String> = account.places.iter().take(*many as usize).map(u64::to_string).collect();
            format!(
                "these are all the entries about this customer, {many} of them, at the places {}",
                places.join(", ")
            )
        }
    };
    let later = match since {
        0 => String::new(),
        more => format!("\n{more} more came later; the next close counts them."),
    };
    let later = if account.erased {
        format!("{later}\nThe last of them is the erasure; from then on the customer is in no list.")
    } else {
        later
    };
    let halves = match account.halves {
        0 => String::new(),
        halves => format!("\nWhat the statement says of {halves} of them is what their leaves commit to."),
    };
    output::text(&format!(
        "holds: up to close {} ({until}) of the log {}, {own}.{later}{halves}\n{PROVES}\n{NOT}\nThe checkpoint of {} entries is \
         signed by {}{}; keys from {}.",
        close.number,
        head.checkpoint.origin,
        head.checkpoint.size,
        signed_by(&head.keys),
        log::cosigned(&head.witnesses),
        head.from.display()
    ))
}
