//! Follows `allow_certificates` while the key holder serves: a line that is taken away counts within seconds, without a start anew.
//! Of the file nothing else does.

use super::{Config, EVERY, Network};
use crate::failure::{self, Failure};
use keylink::Named;
use std::fs;
use std::path::PathBuf;

/// The list as `keyholder.toml` last said it.
pub(super) struct List {
    file: PathBuf,
    named: Named,
}

/// What the file was when it was last looked at.
#[derive(PartialEq, Eq)]
enum Look {
    Text(String),
    Unreadable(String),
}

impl List {
    pub(super) fn new(file: PathBuf, named: Named) -> Self {
        Self { file, named }
    }

    /// Looks each second, until dropped.
    pub(super) async fn follow(&self) {
        let mut last = None;
        loop {
            let look = self.look();
            if last.as_ref() != Some(&look) {
                self.take(&look);
                last = Some(look);
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    fn look(&self) -> Look {
        match fs::read_to_string(&self.file) {
            Ok(text) => Look::Text(text),
            Err(error) => Look::Unreadable(failure::file(&self.file, &error).to_string()),
        }
    }

    /// A file that can't be read lets nobody else in, and puts nobody out.
    fn take(&self, look: &Look) {
        let digests = match look {
            Look::Text(text) => {
                self.network(text).and_then(|network| network.digests()).map_err(|error| error.to_string())
            }
            Look::Unreadable(problem) => Err(problem.clone()),
        };
        match digests {
            Ok(digests) => {
                let count = digests.len();
                if self.named.become_these(digests) {
                    tracing::warn!(count, "allow_certificates was changed: it counts from now on");
                }
            }
            Err(problem) => {
                tracing::error!(
                    problem,
                    "keyholder.toml can't be used: allow_certificates counts as it was, also for who was to be shut out"
                );
            }
        }
    }

    fn network(&self, text: &str) -> Result<Network, Failure> {
        Config::written(text, &self.file)?.network.ok_or_else(|| {
            let problem = format!("{}: [network] is gone, and counts until the next start", self.file.display());
            Failure::here(problem, "start the key holder anew, or write it again")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn text(allowed: &str) -> Look {
        Look::Text(format!(
            "socket = \"/s\"\nallow_uids = [1]\n[network]\nlisten = \"127.0.0.1:1\"\nca_file = \"a\"\n\
             certificate_file = \"c\"\nkey_file = \"k\"\nallow_certificates = [{allowed}]\n"
        ))
    }

    #[test]
    fn only_a_whole_file_changes_the_list() {
        let (first, second) = ([0xab; 32], [0xcd; 32]);
        let named = Named::new(BTreeSet::from([first]));
        let list = List::new(PathBuf::from("keyholder.toml"), named.clone());
        let is = |digests: &[[u8; 32]]| !named.become_these(digests.iter().copied().collect());
        let quoted = |two: &str| format!("\"{}\"", two.repeat(32));
        for broken in [
            Look::Unreadable("gone".to_owned()),
            Look::Text(String::new()),
            Look::Text("socket = \"/s\"\nallow_uids = [1]\n".to_owned()),
            text("\"AB\""),
            text(&format!("{}, \"AB\"", quoted("cd"))),
            text(&quoted("cd").replace('"', "")),
        ] {
            list.take(&broken);
            assert!(is(&[first]));
        }
        list.take(&text(&format!("{}, {}", quoted("ab"), quoted("cd"))));
        assert!(is(&[first, second]));
        list.take(&text(&quoted("cd")));
        assert!(is(&[second]));
        // At a start that would be a mistake; of one that serves it shuts the last one out.
        list.take(&text(""));
        assert!(is(&[]));
    }
}
