//! The root key in a PKCS#11 token: SoftHSM, which keeps its tokens in a folder and says no as hardware does.

use crate::centre::{Centre, reveal_body};
use crate::keyholding::{Holder, TOKENS};
use crate::server::BINARY;
use crate::wait::{PATIENCE, until};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "48151623";

struct Team {
    folder: tempfile::TempDir,
    holder: Holder,
}

impl Team {
    /// A key holder's directory that names a token, which is there.
    fn new() -> Self {
        assert!(Path::new(MODULE).exists(), "SoftHSM is missing: apt-get install -y softhsm2");
        let folder = tempfile::tempdir().unwrap();
        let mut holder = Holder::new(folder.path());
        let (conf, tokens, pin) =
            (folder.path().join("softhsm2.conf"), folder.path().join("tokens"), folder.path().join("pin"));
        fs::create_dir(&tokens).unwrap();
        fs::write(&conf, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
        fs::write(&pin, format!("{PIN}\n")).unwrap();
        fs::set_permissions(&pin, fs::Permissions::from_mode(0o600)).unwrap();
        holder.tokens = Some(conf);
        let team = Self { folder, holder };
        team.make_token("acme keys");
        let named = format!("\n[hardware]\nmodule = \"{MODULE}\"\ntoken = \"acme keys\"\npin_file = {pin:?}\n");
        let file = team.holder.dir().join("keyholder.toml");
        fs::write(&file, fs::read_to_string(&file).unwrap() + &named).unwrap();
        team
    }

    fn conf(&self) -> PathBuf {
        self.folder.path().join("softhsm2.conf")
    }

    fn make_token(&self, label: &str) {
        let arguments = ["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "99887766"];
        let made = Command::new("softhsm2-util").args(arguments).env(TOKENS, self.conf()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// All tokens are lost.
    fn lose_tokens(&self) {
        let tokens = self.folder.path().join("tokens");
        fs::remove_dir_all(&tokens).unwrap();
        fs::create_dir(&tokens).unwrap();
    }

    fn ceremony(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.arg("ceremony").args(arguments).arg("--data").arg(self.holder.dir()).env_remove("RINGFENCE_DATA");
        command.env(TOKENS, self.conf()).output().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.holder.dir().join(name)
    }

    /// Serving is refused, in one line that says this.
    fn does_not_start(&self, why: &str) {
        let refused = said(&self.holder.run(&["serve"]), None);
        assert!(refused.contains(why) && refused.contains("; next: "), "{refused}");
        assert!(!refused.contains(PIN), "{refused}");
    }
}

/// What a command said on both ways out; where a code is given, it ended with that one, else it failed.
fn said(output: &Output, code: Option<i32>) -> String {
    let text = String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap();
    assert!(code.map_or(!output.status.success(), |code| output.status.code() == Some(code)), "{text}");
    text
}

#[test]
fn a_token_takes_the_root_key_and_nothing_on_the_disk_opens_without_it() {
    let mut team = Team::new();
    team.holder.start();
    let centre = Centre::apart(&team.holder.socket(), 40);
    let agent = centre.hire("Ada", "agent");
    let server = centre.serve();
    let client = server.client();
    let (interaction, customer) = centre.call_from(&client, &agent, 3);
    let client = client.bearer(&agent.token);
    let path = format!("/v1/customers/{customer}/reveals");
    let body = reveal_body(&interaction, "name", "delivery");
    let reveal = || client.post(&path, &body).status;
    until("the key holder releases", PATIENCE, || reveal() == 200);

    let done = said(&team.ceremony(&["hardware"]), Some(0));
    assert!(done.contains("by nothing else") && !team.file("root.key").exists(), "{done}");
    assert_eq!(fs::metadata(team.file("root.hardware")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(said(&team.ceremony(&["hardware"]), Some(1)).contains("hardware has the root key already"));
    team.holder.kill();
    team.holder.start();
    until("it serves again, by the token", PATIENCE, || reveal() == 200);
    team.holder.kill();
    let status: Value = serde_json::from_slice(&team.ceremony(&["status", "--output", "json"]).stdout).unwrap();
    let steps: Vec<&str> =
        status["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["into-hardware", "root-file-destroyed", "unsealed-by-hardware"]);

    // Another PIN, and one that others may read.
    let pin = team.folder.path().join("pin");
    fs::write(&pin, "11111111").unwrap();
    team.does_not_start("refuses the PIN");
    fs::write(&pin, PIN).unwrap();
    fs::set_permissions(&pin, fs::Permissions::from_mode(0o644)).unwrap();
    team.does_not_start("others may read the token's PIN");
    fs::set_permissions(&pin, fs::Permissions::from_mode(0o600)).unwrap();
    // An edited record; two tokens of that name; a copy of the directory at a machine whose token is another one.
    let record = fs::read_to_string(team.file("root.hardware")).unwrap();
    let last = record.trim_end().chars().last().unwrap();
    let edited = format!("{}{}\n", &record[..record.trim_end().len() - 1], if last == '0' { '1' } else { '0' });
    fs::write(team.file("root.hardware"), edited).unwrap();
    team.does_not_start("was edited");
    fs::write(team.file("root.hardware"), record).unwrap();
    team.make_token("acme keys");
    team.does_not_start("several tokens");
    team.lose_tokens();
    team.does_not_start("no token there has that label");
    team.make_token("acme keys");
    team.does_not_start("hasn't the key that opens the root key");
    assert_eq!(reveal(), 503);
    server.stop();
}

#[test]
fn custodians_stand_in_for_a_lost_token_and_bring_the_root_key_to_another() {
    let mut team = Team::new();
    let key = |name: &str| team.folder.path().join(format!("{name}.key"));
    let words = |path: &Path| path.to_str().unwrap().to_owned();
    said(&team.ceremony(&["hardware"]), Some(0));
    // Shares are dealt out of the token.
    let to = words(&team.folder.path().join("shares"));
    let mut begin = vec!["begin".to_owned(), "--threshold".into(), "2".into(), "--to".into(), to.clone()];
    for name in ["Ada", "Ben"] {
        let made =
            Command::new(BINARY).args(["custodian", "key", "--name", name, "--out", &words(&key(name))]).output();
        said(&made.unwrap(), Some(0));
        begin.extend(["--custodian".to_owned(), format!("{}.pub", words(&key(name)))]);
    }
    said(&team.ceremony(&begin.iter().map(String::as_str).collect::<Vec<_>>()), Some(0));
    let mut shares: Vec<PathBuf> = fs::read_dir(to).unwrap().map(|file| file.unwrap().path()).collect();
    shares.sort();
    let hands: Vec<(PathBuf, PathBuf)> = shares.into_iter().zip([key("Ada"), key("Ben")]).collect();
    team.lose_tokens();
    team.holder.start_until("sealed");
    let socket = words(&team.holder.socket());
    for (share, key) in hands {
        let given = ["--socket", &socket, "--share", &words(&share), "--key", &words(&key)];
        let handed = Command::new(BINARY).args(["keyholder", "unseal"]).args(given).output().unwrap();
        said(&handed, Some(0));
    }
    let out = team.folder.path().join("holder.out");
    until("it serves", PATIENCE, || fs::read_to_string(&out).unwrap().contains("socket"));
}
