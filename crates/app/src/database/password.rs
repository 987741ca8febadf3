//! The password of a database server: from a file that was named, the environment, or PostgreSQL's own password file.
//! Never from a command line, which other processes see.

use crate::failure::{self, Failure};
use std::fs;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

type Password = Zeroizing<String>;

/// The password for `sign_in` (host, port, database, user), if there is one anywhere.
///
/// # Errors
/// If a file that was named can't be read, or others may read it.
pub(super) fn find(named: Option<&Path>, sign_in: &[String; 4]) -> Result<Option<Password>, Failure> {
    if let Some(path) = named {
        return read(path).map(|text| Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())));
    }
    if let Ok(password) = std::env::var("PGPASSWORD") {
        return Ok(Some(Zeroizing::new(password)));
    }
    let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    match given("PGPASSFILE").or_else(|| given("HOME").map(|home| home.join(".pgpass")).filter(|file| file.exists())) {
        Some(path) => Ok(listed(&read(&path)?, sign_in)),
        None => Ok(None),
    }
}

fn read(path: &Path) -> Result<Password, Failure> {
    let wrong = |error: std::io::Error| failure::file(path, &error);
    failure::own_alone(path, "the password", "run: chmod 600 on it, and find out who could read it")?;
    fs::read_to_string(path).map(Zeroizing::new).map_err(wrong)
}

/// The first line `host:port:database:user:password` that fits; `*` fits all, `\` before `:` or `\` takes it as it is.
fn listed(text: &str, sign_in: &[String; 4]) -> Option<Password> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line)?;
        let fits = fields.iter().zip(sign_in).all(|(listed, asked)| **listed == "*" || **listed == *asked);
        fits.then(|| fields[4].clone())
    })
}

fn fields(line: &str) -> Option<[Password; 5]> {
    let mut all: [Password; 5] = Default::default();
    let mut at = 0;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => all[at].push(letters.next()?),
            ':' if at < 4 => at += 1,
            letter => all[at].push(letter),
        }
    }
    (at == 4).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_first_line_that_fits_counts() {
        let file = "# a comment\nbroken\ndb:5432:other:rf:one\ndb:*:centre:rf:t\\:w\\\\o:x\n*:*:*:*:three\n";
        let asked = |host: &str, user: &str| [host, "5432", "centre", user].map(str::to_owned);
        let find = |sign_in| listed(file, &sign_in).map(|password| password.to_string());
        assert_eq!(find(asked("db", "rf")).as_deref(), Some("t:w\\o:x"));
        assert_eq!(find(asked("elsewhere", "rf")).as_deref(), Some("three"));
        assert_eq!(listed("db:1:centre:rf:one", &asked("db", "rf")), None);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        fs::write(&file, "secret\n").unwrap();
        let sign_in = ["h", "1", "d", "u"].map(str::to_owned);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let said = find(Some(&file), &sign_in).unwrap_err().to_string();
        assert!(said.contains("others may read") && !said.contains("secret"), "{said}");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(*find(Some(&file), &sign_in).unwrap().unwrap(), "secret");
    }
}
