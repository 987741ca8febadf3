//! `ringfence custodian`: a custodian's own key pair.

use crate::cli::{Common, Custodian as Asked};
use crate::commands::init::write_private;
use crate::custody::load_custodians;
use crate::failure::{self, Failure};
use crate::output;
use keyholder::custody::{Custodian, CustodianKey};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

pub(super) fn run(common: &Common, asked: &Asked) -> Result<(), Failure> {
    match asked {
        Asked::Key { name, out } => {
            let (custodian, public) = make(name, out)?;
            output::one(
                common.output,
                &json!({
                    "custodian": custodian.name(),
                    "private": out.display().to_string(),
                    "public": public.display().to_string(),
                    "check": custodian.check_words(),
                }),
            )?;
            output::aside(
                "Next: keep the private file where only you get at it; give the public one to security, and read the check \
                 words out to them",
            );
            Ok(())
        }
        Asked::Show { file } => {
            for custodian in load_custodians(std::slice::from_ref(file))? {
                let shown = json!({"custodian": custodian.name(), "check": custodian.check_words()});
                output::one(common.output, &shown)?;
            }
            output::aside("Next: have the custodian read their check words out; if they differ, the key isn't theirs");
            Ok(())
        }
    }
}

/// Writes both halves; gives the public one and where it lies.
fn make(name: &str, out: &Path) -> Result<(Custodian, PathBuf), Failure> {
    let make = |error: keyholder::custody::KeyError| Failure::here(error.to_string(), "give --name in one short line");
    let key = CustodianKey::generate(name).map_err(make)?;
    let custodian = key.public().map_err(make)?;
    let mut public = out.as_os_str().to_owned();
    public.push(".pub");
    let public = PathBuf::from(public);
    if public.exists() {
        return Err(failure::file(&public, &std::io::ErrorKind::AlreadyExists.into()));
    }
    write_private(out, key.text().as_bytes())?;
    fs::write(&public, custodian.text()).map_err(|error| failure::file(&public, &error))?;
    Ok((custodian, public))
}
