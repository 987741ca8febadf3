//! Random histories of three node processes while their connections are cut: for budgets, keys and claims there is one
//! order that explains what everybody was answered.

use crate::cluster::{Cluster, Line, NODES, heard};
use crate::history::{History, Model};
use crate::wait::{PATIENCE, clear_of_the_steps_end, found};
use crate::{Chance, SeedOnFailure, long, seeds, threads};
use serde_json::json;
use std::collections::BTreeSet;

const THREADS: u64 = 5;

/// An allowance, and keys under which something was spent.
struct Allowance {
    limit: u32,
}

#[derive(Debug, PartialEq)]
enum Said {
    Value,
    Exhausted,
}

impl Model for Allowance {
    type State = (u32, BTreeSet<u64>);
    /// A reveal under a key, or under none.
    type Op = Option<u64>;
    type Answer = Said;

    fn begin(&self) -> Self::State {
        (0, BTreeSet::new())
    }

    fn step(&self, state: &Self::State, key: &Option<u64>, said: Option<&Said>) -> Vec<Self::State> {
        let (used, keys) = state;
        let known = key.is_some_and(|key| keys.contains(&key));
        match said {
            Some(Said::Value) if known => vec![state.clone()],
            Some(Said::Exhausted) if !known && *used == self.limit => vec![state.clone()],
            Some(Said::Value) | None if !known && *used < self.limit => {
                let mut keys = keys.clone();
                keys.extend(*key);
                vec![(used + 1, keys)]
            }
            _ => Vec::new(),
        }
    }
}

/// Customers on the line with one agent.
const LINES: u64 = 3;

fn reveal(cluster: &Cluster, lines: &[Line], node: usize, key: Option<u64>) -> Option<Said> {
    // A key stands for one request: the same customer's name.
    let line = &lines[(key.unwrap_or_default() % LINES) as usize];
    let key = key.map(|key| format!("key-{key}"));
    let answer = line.reveal(&cluster.nodes[node].1, key.as_deref())?;
    match (answer.status, answer.slug().as_str()) {
        (200, _) => Some(Said::Value),
        (429, "budget-exhausted") => Some(Said::Exhausted),
        _ => panic!("{} {}", answer.head, answer.text()),
    }
}

fn spend_until_gone(cluster: &Cluster, number: u64, chance: &mut Chance) -> [usize; 3] {
    let limit = 6 + chance.below(3) as u32;
    // The centre's limit is one for all: what is more than this history's was spent before it.
    let agent = cluster.centre.hire("Ada", "agent");
    let lines: Vec<Line> = (number..number + LINES).map(|number| cluster.line(&agent, number % 20)).collect();
    for _ in 0..LIMIT - limit {
        found("spent before", PATIENCE, || reveal(cluster, &lines, 0, None));
    }
    let history = History::default();
    cluster.trouble(chance, 1_500);
    threads(chance, THREADS, |_, chance| {
        for _ in 0..6 {
            let key = (chance.below(4) > 0).then(|| chance.below(12));
            let node = chance.below(NODES as u64) as usize;
            history.record(key, |key| reveal(cluster, &lines, node, *key));
        }
    });
    cluster.heal();
    // What was unknown is resolved by its key; and so the rest is spent, exactly.
    for key in (0..12).map(Some).chain((0..u64::from(limit)).map(|_| None)) {
        found("an answer", PATIENCE, || {
            let mut some = None;
            history.record(key, |key| {
                let said = reveal(cluster, &lines, 1, *key);
                some = said.is_some().then_some(());
                said
            });
            some
        });
    }
    assert_eq!(cluster.centre.points_spent(&agent), u64::from(LIMIT));
    history.explained(&Allowance { limit });
    let said = |which: Option<Said>| history.count(|_, said| said == which.as_ref());
    [said(Some(Said::Value)), said(Some(Said::Exhausted)), said(None)]
}

/// The centre's allowance per hour.
const LIMIT: u32 = 9;

#[test]
fn budgets_and_keys_behave_as_in_one_order() {
    let _beside = crate::beside();
    let cluster = Cluster::start(None, LIMIT, 3);
    clear_of_the_steps_end();
    let mut counts = [0; 3];
    let seeds = seeds(if long() { 200 } else { 10 });
    for (number, &seed) in seeds.iter().enumerate() {
        let _says = SeedOnFailure(seed);
        let more = spend_until_gone(&cluster, number as u64, &mut Chance(seed));
        counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
    }
    println!("values, refusals, without an answer: {counts:?}");
    assert!(seeds.len() == 1 || counts.iter().all(|count| *count > 0), "{counts:?}");
    cluster.holds();
}

/// An interaction that belongs to nobody until somebody is claimed for it.
struct Claims;

#[derive(Debug)]
enum Asked {
    /// Claim the customer of this number.
    Claim(usize),
    /// Whose is it?
    Look,
}

#[derive(Debug, PartialEq)]
enum Told {
    Claimed,
    AlreadyBound,
    Whose(Option<usize>),
}

impl Model for Claims {
    type State = Option<usize>;
    type Op = Asked;
    type Answer = Told;

    fn begin(&self) -> Option<usize> {
        None
    }

    fn step(&self, owner: &Option<usize>, asked: &Asked, told: Option<&Told>) -> Vec<Option<usize>> {
        let holds = match (asked, told) {
            (Asked::Claim(who), Some(Told::Claimed) | None) => owner.is_none_or(|owner| owner == *who),
            (Asked::Claim(who), Some(Told::AlreadyBound)) => owner.is_some_and(|owner| owner != *who),
            (Asked::Look, Some(Told::Whose(whose))) => owner == whose,
            (Asked::Look, None) => true,
            _ => false,
        };
        match (holds, asked) {
            (false, _) => Vec::new(),
            (true, Asked::Claim(who)) if told != Some(&Told::AlreadyBound) => vec![Some(*who)],
            _ => vec![*owner],
        }
    }
}

/// Three customers are found, and claimed at all nodes at once.
fn claim(cluster: &Cluster, agent: &crate::centre::Person, chance: &mut Chance) -> [usize; 3] {
    let first = cluster.nodes[0].1.client();
    let path = format!("/v1/interactions/{}", cluster.centre.call(&first, agent, None));
    let client = |node: usize| cluster.nodes[node].1.client().bearer(&agent.token);
    let hit = |number: u64| {
        let phone = crate::centre::invented(number).phone;
        let found = client(0).post(&format!("{path}/searches"), &json!({"phone": phone})).expect(200).json();
        json!({"customer": found["hits"][0]["customer"], "claim": found["hits"][0]["claim"]})
    };
    let hits = [1, 2, 3].map(hit);
    let ask = |node: usize, asked: &Asked| {
        let answer = match asked {
            Asked::Look => client(node).get(&path),
            Asked::Claim(who) => client(node).post(&format!("{path}/claims"), &hits[*who]),
        };
        let answer = heard(answer)?;
        Some(match (asked, answer.status) {
            (Asked::Claim(who), 200) => {
                assert_eq!(answer.json()["customer"], hits[*who]["customer"]);
                Told::Claimed
            }
            (Asked::Claim(_), 409) => Told::AlreadyBound,
            (Asked::Look, 200) => {
                let owner = &answer.json()["customer"];
                let number = hits.iter().position(|hit| hit["customer"] == *owner);
                assert!(owner.is_null() || number.is_some(), "{owner}");
                Told::Whose(number)
            }
            _ => panic!("{} {}", answer.head, answer.text()),
        })
    };
    let history = History::default();
    cluster.trouble(chance, 1_000);
    threads(chance, THREADS, |_, chance| {
        for _ in 0..4 {
            let asked = if chance.below(3) == 0 { Asked::Look } else { Asked::Claim(chance.below(3) as usize) };
            let node = chance.below(NODES as u64) as usize;
            history.record(asked, |asked| ask(node, asked));
        }
    });
    cluster.heal();
    found("an answer", PATIENCE, || {
        let mut told = None;
        history.record(Asked::Look, |asked| {
            let answer = ask(2, asked);
            told = answer.is_some().then_some(());
            answer
        });
        told
    });
    history.explained(&Claims);
    let told = |which: Option<Told>| history.count(|_, told| told == which.as_ref());
    [told(Some(Told::Claimed)), told(Some(Told::AlreadyBound)), told(None)]
}

#[test]
fn claims_behave_as_in_one_order() {
    let _beside = crate::beside();
    let cluster = Cluster::start(None, 1_000_000, 3);
    let agent = cluster.centre.hire("Ada", "agent");
    let mut counts = [0; 3];
    let seeds = seeds(if long() { 400 } else { 20 });
    for &seed in &seeds {
        let _says = SeedOnFailure(seed);
        let more = claim(&cluster, &agent, &mut Chance(seed));
        counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
    }
    println!("claimed, belonged to another, without an answer: {counts:?}");
    assert!(seeds.len() == 1 || counts.iter().all(|count| *count > 0), "{counts:?}");
    cluster.holds();
}
