//! Without which defence each drill finds that its attack got through. `switches.toml` names the lines of the program that make up each
//! defence, and `scripts/unguarded.py` turns them off in a throw-away copy: the program itself has no such switch.

use crate::Drill;
use serde::Deserialize;
use std::sync::LazyLock;

static SWITCHES: LazyLock<Vec<Switch>> = LazyLock::new(|| {
    toml::from_str::<Switches>(include_str!("../switches.toml")).map(|all| all.off).unwrap_or_default()
});

#[derive(Deserialize)]
struct Switches {
    off: Vec<Switch>,
}

/// A defence that a copy of the program can do without.
#[derive(Deserialize)]
struct Switch {
    /// What isn't so any more.
    off: String,
    /// Whose attacks then get through.
    drills: Vec<String>,
}

impl Drill {
    /// What isn't so in the copy in which its attack gets through.
    #[must_use]
    pub fn without(&self) -> Option<&'static str> {
        let switch = SWITCHES.iter().find(|switch| switch.drills.iter().any(|name| name == self.name));
        switch.map(|switch| switch.off.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::all;

    #[test]
    fn each_drill_has_a_defence_that_a_copy_does_without() {
        assert!(all().all(|drill| drill.without().is_some_and(|off| off.ends_with('.'))));
        let named: Vec<&String> = SWITCHES.iter().flat_map(|switch| &switch.drills).collect();
        assert!(named.iter().all(|name| all().any(|drill| drill.name == **name)), "{named:?}");
        assert_eq!(named.len(), all().count(), "none has two");
    }
}
