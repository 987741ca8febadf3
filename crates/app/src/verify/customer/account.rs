//! Whether a log holds every entry about a customer: from the leaves, the closes and the customer's key.

use super::file::Given;
use crate::failure::Failure;
use crate::log::{Broken, Check, Checked, Closes, Keys, Source, find, head_of, walk};
use keys::{ViewKey, next_head};
use std::collections::{BTreeMap, HashMap};
use transparency::{Close, Hash, Listed, WitnessPolicy, leaf_hash};
use vault::half_fits;

/// How many labels past the highest one found are looked for: entries that wait at the same time can be given their
/// places in another order than they were counted in.
const AHEAD: u64 = 8_192;

/// What was found to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The newest close.
    pub close: Close,
    /// How many entries about the customer it counts.
    pub counted: u64,
    /// How many there are past those.
    pub since: u64,
    /// The places of all of them, in the order in which they were counted.
    pub places: Vec<u64>,
    /// How many of the statement's halves fit their leaves.
    pub halves: u64,
    /// Whether the last of them is the customer's erasure.
    pub erased: bool,
}

/// An entry about the customer: where it is, and its leaf.
struct Own {
    place: u64,
    leaf: Vec<u8>,
}

/// Checks a whole log, all its closes and their lists, and the customer's entries against each of them.
///
/// # Errors
/// If anything doesn't hold; the check is named.
pub fn check(
    source: &dyn Source,
    keys: &Keys,
    policy: Option<&WitnessPolicy>,
    given: &Given,
) -> Result<(Checked, Account), Failure> {
    let head = head_of(source, keys, policy)?;
    let name = source.name();
    let (own, closes) = read(source, &head, &given.key)?;
    let broken = |broken: Broken| broken.of(&name);
    let closes = closes.in_order().map_err(broken)?;
    numbered(&own).map_err(broken)?;
    let heads = heads(&own);
    let erased = erased_at(&own, given).map_err(broken)?;
    let mut last = None;
    for (place, close) in &closes {
        let listed = find(source, close, &given.key.listed_as(close.number))?.map_err(broken)?;
        let bounds = Bounds::of(&own, *place, close);
        let counted = bounds.count(&given.key, close, &heads, listed, erased).map_err(broken)?;
        last = Some((*close, counted));
    }
    let (close, counted) = last.ok_or_else(|| {
        let next = "wait for the first close, and copy the log again";
        Failure::there(format!("{name}: the log was never closed, so nothing can be said of what it holds"), next)
    })?;
    let halves = stated(&own, given).map_err(broken)?;
    let places: Vec<u64> = own.values().map(|own| own.place).collect();
    Ok((
        head,
        Account { close, counted, since: places.len() as u64 - counted, places, halves, erased: erased.is_some() },
    ))
}

/// The customer's entries by number, and the closes, of a log whose every hash holds.
fn read(source: &dyn Source, head: &Checked, key: &ViewKey) -> Result<(BTreeMap<u64, Own>, Closes), Failure> {
    let mut ahead = AHEAD;
    loop {
        let labels: HashMap<[u8; 32], u64> = (1..=ahead).map(|n| (key.label(n), n)).collect();
        let (mut own, mut closes) = (BTreeMap::new(), Closes::default());
        let fault = walk(source, &head.checkpoint, |place, entry| {
            closes.see(place, entry);
            if let Some((1, rest)) = entry.split_first()
                && let Some(n) = rest.first_chunk::<32>().and_then(|label| labels.get(label))
            {
                own.entry(*n).or_insert_with(|| Own { place, leaf: entry.to_vec() });
            }
        })?;
        fault.map_err(|fault| {
            let next = "don't rely on it; keep it as it is and tell whoever watches this log";
            Failure::there(format!("{}: {fault}", source.name()), next)
        })?;
        let highest = own.last_key_value().map_or(0, |(n, _)| *n);
        if highest + AHEAD / 2 <= ahead {
            return Ok((own, closes));
        }
        ahead *= 2;
    }
}

/// Entry n is missing if there is a later one.
fn numbered(own: &BTreeMap<u64, Own>) -> Result<(), Broken> {
    let gap = (1..).zip(own.keys()).find(|(expected, n)| expected != *n);
    gap.map_or(Ok(()), |(missing, n)| {
        let problem = format!("entry {missing} about the customer isn't in the log, though entry {n} is");
        Err(Broken::new(Check::Numbering, problem))
    })
}

/// The chain's head after each entry, from none on.
fn heads(own: &BTreeMap<u64, Own>) -> Vec<Hash> {
    let mut heads = vec![[0; 32]];
    for own in own.values() {
        let head = next_head(heads.last().unwrap_or(&[0; 32]), &leaf_hash(&own.leaf));
        heads.push(head);
    }
    heads
}

/// How many entries a close may count: all that it covers, none behind it.
struct Bounds {
    least: u64,
    most: u64,
}

impl Bounds {
    fn of(own: &BTreeMap<u64, Own>, place: u64, close: &Close) -> Self {
        let least = own.iter().filter(|(_, own)| own.place < close.covers).map(|(n, _)| *n).max().unwrap_or(0);
        let most = own.iter().take_while(|(_, own)| own.place < place).count() as u64;
        Self { least, most }
    }

    fn count(
        &self,
        key: &ViewKey,
        close: &Close,
        heads: &[Hash],
        listed: Listed,
        erased: Option<u64>,
    ) -> Result<u64, Broken> {
        let number = close.number;
        let Listed::Row { value, .. } = listed else {
            return if self.least == 0 {
                Ok(0)
            } else if erased.is_some_and(|place| place < close.covers) {
                Ok(self.least)
            } else {
                let problem = format!(
                    "close {number} doesn't list the customer, though entry {} about them was in the log before: it was \
                     left out, or they were erased",
                    self.least
                );
                Err(Broken::new(Check::Listed, problem))
            };
        };
        let says = |n: &u64| heads.get(*n as usize).is_some_and(|head| key.state(number, *n, head) == value);
        let Some(n) = (1..heads.len() as u64).find(says) else {
            let problem = format!(
                "what close {number} says of the customer fits no number of these entries: one was left out, replaced or \
                 put in another order, or the number is wrong"
            );
            return Err(Broken::new(Check::Chain, problem));
        };
        if n < self.least {
            let problem =
                format!("close {number} counts {n} entries, though entry {} was in the log before", self.least);
            return Err(Broken::new(Check::Count, problem));
        }
        if n > self.most {
            let problem = format!("close {number} counts {n} entries, of which only {} stand before it", self.most);
            return Err(Broken::new(Check::Place, problem));
        }
        Ok(n)
    }
}

/// The place of the customer's erasure: their last entry, if it is the one whose receipt was given.
fn erased_at(own: &BTreeMap<u64, Own>, given: &Given) -> Result<Option<u64>, Broken> {
    let Some(leaf) = &given.erased else { return Ok(None) };
    match own.last_key_value().filter(|(_, own)| own.leaf == *leaf) {
        Some((_, own)) => Ok(Some(own.place)),
        None => Err(Broken::new(Check::Listed, "the erasure's receipt isn't of the last entry about the customer")),
    }
}

/// How many of the statement's halves fit; what it says must be so.
fn stated(own: &BTreeMap<u64, Own>, given: &Given) -> Result<u64, Broken> {
    let mut halves = 0;
    for line in &given.entries {
        let wrong = |what: &str| Broken::new(Check::Half, format!("the statement's entry {}: {what}", line.n));
        let found = match (own.get(&line.n), line.place) {
            (Some(own), Some(place)) if own.place != place => return Err(wrong("the log has it at another place")),
            (None, Some(_)) => return Err(wrong("the log doesn't have it")),
            (found, _) => found,
        };
        if let Some((own, (rc, body, digest))) = found.zip(line.half.as_ref()) {
            if !half_fits(&own.leaf, rc, body, digest) {
                return Err(wrong("its leaf commits to something else"));
            }
            halves += 1;
        }
    }
    Ok(halves)
}
