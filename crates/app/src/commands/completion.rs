//! `ringfence completion`.

use crate::cli::{Cli, Completion};
use crate::failure::Failure;
use crate::output;
use clap::CommandFactory as _;

pub(super) fn run(asked: &Completion) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(asked.shell, &mut Cli::command(), "ringfence", &mut script);
    output::text(String::from_utf8_lossy(&script).trim_end())
}
