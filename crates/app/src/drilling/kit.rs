//! What a running deployment gives its drills, from a file.

use crate::client;
use crate::failure::{self, Failure};
use drills::{Decoy, Kit, Person};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The file. Its secrets are in files of their own, relative to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KitFile {
    url: String,
    secret_file: PathBuf,
    decoys: [String; 2],
    agent: Member,
    colleague: Member,
    officer: Member,
    it: Member,
}

/// `[agent]` and the others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    id: String,
    token_file: PathBuf,
}

/// Reads a kit.
///
/// # Errors
/// If a file can't be read, or the address would carry tokens in the clear to another machine.
pub(super) fn read(file: &Path) -> Result<Kit, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| failure::file(file, &error))?;
    let kit: KitFile = toml::from_str(&text).map_err(|error| {
        Failure::here(format!("{}: {}", file.display(), error.message()), "correct it; docs/drills.md shows one")
    })?;
    if !client::is_safe(&kit.url) {
        return Err(Failure::here(
            format!("{}: url must be https, or http to this machine", file.display()),
            "correct it",
        ));
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let secret = |name: &Path| {
        let path = folder.join(name);
        failure::own_alone(&path, "it", "run: chmod 600 on it, have another made, and find out who could read it")?;
        std::fs::read_to_string(&path).map(Zeroizing::new).map_err(|error| failure::file(&path, &error))
    };
    let person = |member: Member| -> Result<Person, Failure> {
        Ok(Person { token: secret(&member.token_file)?, id: member.id })
    };
    Ok(Kit {
        secret: secret(&kit.secret_file)?,
        url: kit.url,
        agent: person(kit.agent)?,
        colleague: person(kit.colleague)?,
        officer: person(kit.officer)?,
        it: person(kit.it)?,
        decoys: kit.decoys.map(|phone| Decoy { phone, email: String::new() }),
        tenant: String::new(),
        premises: None,
        board: None,
        database: None,
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    const KIT: &str = "url = \"https://desk.example.com\"\nsecret_file = \"source.secret\"\n\
        decoys = [\"+447700900001\", \"+447700900002\"]\n\
        [agent]\nid = \"per_1\"\ntoken_file = \"t\"\n[colleague]\nid = \"per_2\"\ntoken_file = \"t\"\n\
        [officer]\nid = \"per_3\"\ntoken_file = \"t\"\n[it]\nid = \"per_4\"\ntoken_file = \"t\"\n";

    #[test]
    fn a_kit_is_read_with_the_secrets_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        };
        write("t", "rft_x\n");
        write("source.secret", "whsec_AAAA\n");
        write("kit.toml", KIT);
        let kit = read(&folder.path().join("kit.toml")).unwrap();
        assert_eq!((kit.officer.id.as_str(), kit.it.token.trim()), ("per_3", "rft_x"));
        fs::write(folder.path().join("open.secret"), "whsec_AAAA\n").unwrap();
        for (bad, says) in [
            (KIT.replace("https:", "http:"), "must be https"),
            (KIT.replace("[it]", "[board]"), "unknown field"),
            (KIT.replace("source.secret", "nowhere"), "nowhere"),
            (KIT.replace("source.secret", "open.secret"), "others may read it"),
        ] {
            write("kit.toml", &bad);
            let said = read(&folder.path().join("kit.toml")).err().expect("a refusal").to_string();
            assert!(said.contains(says), "{said}");
        }
    }
}
