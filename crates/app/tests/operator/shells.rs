//! Completion scripts: one for each shell, naming every command.

use crate::server::BINARY;
use std::io::Write as _;
use std::process::{Command, Stdio};

#[test]
fn completion_scripts_are_for_their_shell_and_name_the_commands() {
    for (shell, sign) in
        [("bash", "complete -F _ringfence"), ("zsh", "#compdef ringfence"), ("fish", "complete -c ringfence")]
    {
        let output = Command::new(BINARY).args(["completion", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains(sign), "{shell}");
        for command in ["init", "serve", "demo", "import", "customer", "interaction", "person", "verify", "doctor"] {
            assert!(script.contains(command), "{shell} doesn't know {command}");
        }
    }
    assert!(!Command::new(BINARY).args(["completion", "no-shell"]).output().unwrap().status.success());
}

#[test]
fn bash_reads_its_script() {
    let script = Command::new(BINARY).args(["completion", "bash"]).output().unwrap().stdout;
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(&script).unwrap();
    assert!(bash.wait().unwrap().success());
}
