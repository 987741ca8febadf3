//! A file that says which witnesses are trusted: a part of C2SP tlog-policy.

use crate::failure::{self, Failure};
use std::path::Path;
use transparency::{VerifierKey, WitnessPolicy};

/// Reads a policy of one group:
///
/// ```text
/// witness board <verifier key>
/// witness client <verifier key>
/// group all 2 board client
/// quorum all
/// ```
///
/// Lines of `log` and empty or commented (`#`) lines are skipped; `quorum none`, nested groups and groups that leave a
/// witness out aren't accepted, since they would silently ask for less.
///
/// # Errors
/// If it says anything else.
pub fn read_policy(path: &Path) -> Result<WitnessPolicy, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| failure::file(path, &error))?;
    parse(&text).map_err(|problem| {
        let next = "give lines: witness NAME KEY, group NAME K NAMES, quorum NAME";
        Failure::here(format!("{}: {problem}", path.display()), next)
    })
}

fn parse(text: &str) -> Result<WitnessPolicy, String> {
    let mut witnesses: Vec<(&str, VerifierKey)> = Vec::new();
    let mut group: Option<(&str, &str, Vec<&str>)> = None;
    let mut quorum = None;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] | ["log", _, ..] => {}
            [first, ..] if first.starts_with('#') => {}
            ["witness", name, key] | ["witness", name, key, _] => {
                witnesses.push((name, key.parse().map_err(|error: transparency::Error| error.to_string())?));
            }
            ["group", name, count, members @ ..] if group.is_none() => group = Some((name, count, members.to_vec())),
            ["quorum", name] if quorum.is_none() => quorum = Some(*name),
            [first, ..] => return Err(format!("a line that starts with {first:?} doesn't fit")),
        }
    }
    let (name, count, members) = group.ok_or("it has no group of witnesses")?;
    if quorum != Some(name) {
        return Err("the quorum isn't the group".to_owned());
    }
    let mut names: Vec<&str> = witnesses.iter().map(|(name, _)| *name).collect();
    let mut wanted = members;
    names.sort_unstable();
    names.dedup();
    wanted.sort_unstable();
    if names != wanted {
        return Err("the group doesn't hold exactly the witnesses".to_owned());
    }
    let count = match count {
        "any" => 1,
        "all" => names.len(),
        number => number.parse().map_err(|_| "how many of the group must sign isn't a number".to_owned())?,
    };
    if count == 0 {
        return Err("it asks for no witness".to_owned());
    }
    WitnessPolicy::new(witnesses.into_iter().map(|(_, key)| key), count).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::parse;
    use transparency::NoteSigner;

    #[test]
    fn a_policy_asks_for_what_it_says_and_never_for_less() {
        let key =
            |name: &str, seed| NoteSigner::ed25519_cosigner(name, &[seed; 32]).unwrap().verifier_key().to_string();
        let (a, b) = (key("a.example", 1), key("b.example", 2));
        let lines =
            |end: &str| parse(&format!("# who\nlog x\n\nwitness a {a}\nwitness b {b} https://b.example\n{end}"));
        let quorum = |end: &str| lines(end).unwrap().quorum();
        assert_eq!(quorum("group g 2 a b\nquorum g"), 2);
        assert_eq!((quorum("group g any a b\nquorum g"), quorum("group g all b a\nquorum g")), (1, 2));
        for wrong in [
            "",
            "quorum none",
            "group g 2 a b",
            "group g 1 a\nquorum g",
            "group g 0 a b\nquorum g",
            "group g 3 a b\nquorum g",
            "group g 2 a b\nquorum h",
            "group g 2 a b\ngroup h 1 g\nquorum h",
            "group g 2 a b\nquorum g\nquorum none",
            "witness c nonsense\ngroup g 1 a b c\nquorum g",
        ] {
            assert!(lines(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn any_changed_bit_is_refused_or_asks_for_no_fewer() {
        let key = |name: &str, seed| NoteSigner::ml_dsa_44(name, &[seed; 32]).unwrap().verifier_key().to_string();
        let (a, b) = (key("a.example", 1), key("b.example", 2));
        let good = format!("witness a {a}\nwitness b {b}\ngroup g 2 a b\nquorum g\n");
        let mut accepted = 0;
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(policy) = parse(&String::from_utf8_lossy(&bytes)) {
                accepted += 1;
                assert_eq!((policy.quorum(), policy.witnesses().count()), (2, 2), "bit {bit}");
            }
        }
        assert!(accepted < 40, "{accepted} changed policies were taken");
    }
}
