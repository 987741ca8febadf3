//! The key holder on another machine, as far as a network can tell: nodes reach it by TLS in which each side shows a certificate.

use crate::centre::{Centre, reveal_body};
use crate::keyholding::Holder;
use crate::wait::{PATIENCE, until};
use crate::witness_process::free_port;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use testkit::{Authority, Certified};

const HOST: &str = "localhost";

/// As `openssl x509 -fingerprint -sha256` prints it, by its own words.
fn fingerprint(own: &Certified) -> String {
    let told = Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
        .arg(&own.certificate)
        .output()
        .unwrap();
    String::from_utf8(told.stdout).unwrap().trim().rsplit_once('=').unwrap().1.to_owned()
}

/// The configuration of a node that shows this certificate.
fn by_tls(config: &str, holder: &Holder, port: u16, authority: &Path, own: &Certified) -> String {
    let socket = format!("socket = {:?}", holder.socket().to_str().unwrap());
    assert!(config.contains(&socket), "{config}");
    let way = format!(
        "address = \"{HOST}:{port}\"\nca_file = {authority:?}\ncertificate_file = {:?}\nkey_file = {:?}",
        own.certificate, own.key
    );
    config.replace(&socket, &way)
}

#[test]
fn a_node_reaches_a_key_holder_over_the_network_by_its_certificate_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (holders, nodes, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let (shown, own, other) = (holders.server(HOST), nodes.client("node-1"), nodes.client("node-2"));
    private(&shown.key);
    let mut holder = Holder::new(folder.path());
    let port = free_port();
    let file = holder.dir().join("keyholder.toml");
    let network = format!(
        "\n[network]\nlisten = \"127.0.0.1:{port}\"\nca_file = {:?}\ncertificate_file = {:?}\nkey_file = {:?}\n\
         allow_certificates = [\"{}\"]\n",
        nodes.certificate(),
        shown.certificate,
        shown.key,
        fingerprint(&own),
    );
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}{network}")).unwrap();
    holder.start_until("address");

    let centre = Centre::apart(&holder.socket(), 5);
    let config = centre.data().join("ringfence.toml");
    let before = fs::read_to_string(&config).unwrap();
    fs::write(&config, by_tls(&before, &holder, port, &holders.certificate(), &own)).unwrap();
    let agent = centre.hire("Ada", "agent");
    let doctor = String::from_utf8_lossy(&centre.run(&["doctor"]).stdout).into_owned();
    assert!(doctor.contains(&format!("{HOST}:{port}")), "{doctor}");
    let server = centre.serve();
    let (interaction, customer) = centre.call_from(&server.client(), &agent, 1);
    let client = server.client().bearer(&agent.token);
    let path = format!("/v1/customers/{customer}/reveals");
    let reveal = || client.post(&path, &reveal_body(&interaction, "name", "delivery")).status;
    until("the key holder releases", PATIENCE, || reveal() == 200);

    // The link is cut: nothing is shown; it comes back without a restart of the node.
    holder.kill();
    assert_eq!(reveal(), 503);
    holder.start_until("address");
    until("it goes on", PATIENCE, || reveal() == 200);
    server.stop();
    centre.holds();

    // A certificate that isn't named, one of another authority, and a key holder that another authority vouches for.
    let refused = |authority: &Path, own: &Certified| {
        fs::write(&config, by_tls(&before, &holder, port, authority, own)).unwrap();
        let told = centre.run(&["person", "list"]);
        !told.status.success() && String::from_utf8_lossy(&told.stderr).contains("the key holder doesn't answer")
    };
    assert!(refused(&holders.certificate(), &other));
    assert!(refused(&holders.certificate(), &strangers.client("node-1")));
    assert!(refused(&strangers.certificate(), &own));
    // Its key is nobody else's to read.
    fs::set_permissions(&own.key, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    fs::write(&config, by_tls(&before, &holder, port, &holders.certificate(), &own)).unwrap();
    let told = centre.run(&["person", "list"]);
    assert!(String::from_utf8_lossy(&told.stderr).contains("others may read the key"), "{told:?}");
    let log = fs::read_to_string(folder.path().join("holder.err")).unwrap();
    assert!(log.contains("allow_certificates"), "{log}");
}

#[test]
fn a_certificate_that_is_struck_from_the_list_is_out_within_seconds_and_named_again_back() {
    let folder = tempfile::tempdir().unwrap();
    let (holders, nodes) = (Authority::new(), Authority::new());
    let (shown, own, other) = (holders.server(HOST), nodes.client("node-1"), nodes.client("node-2"));
    private(&shown.key);
    let mut holder = Holder::new(folder.path());
    let port = free_port();
    let file = holder.dir().join("keyholder.toml");
    let text = fs::read_to_string(&file).unwrap();
    let name = |allowed: &[&str]| {
        let network = format!(
            "\n[network]\nlisten = \"127.0.0.1:{port}\"\nca_file = {:?}\ncertificate_file = {:?}\nkey_file = {:?}\n\
             allow_certificates = {allowed:?}\n",
            nodes.certificate(),
            shown.certificate,
            shown.key,
        );
        fs::write(&file, format!("{text}{network}")).unwrap();
    };
    let (mine, theirs) = (fingerprint(&own), fingerprint(&other));
    name(&[&mine]);
    holder.start_until("address");
    let log = || fs::read_to_string(folder.path().join("holder.err")).unwrap();

    let centre = Centre::apart(&holder.socket(), 5);
    let config = centre.data().join("ringfence.toml");
    let before = fs::read_to_string(&config).unwrap();
    fs::write(&config, by_tls(&before, &holder, port, &holders.certificate(), &own)).unwrap();
    let agent = centre.hire("Ada", "agent");
    let server = centre.serve();
    let (interaction, customer) = centre.call_from(&server.client(), &agent, 1);
    let client = server.client().bearer(&agent.token);
    let path = format!("/v1/customers/{customer}/reveals");
    let reveal = || client.post(&path, &reveal_body(&interaction, "name", "delivery")).status;
    // Asked of the node, as a look has its price.
    let ready = || server.client().get("/readyz").status == 200;
    until("the key holder answers", PATIENCE, ready);
    assert_eq!(reveal(), 200);

    // A file that can't be read puts nobody out.
    fs::write(&file, format!("{text}[network")).unwrap();
    let unreadable = || log().matches("allow_certificates counts as it was").count();
    until("it says so", PATIENCE, || unreadable() == 1);
    assert_eq!(reveal(), 200);
    name(&[&theirs]);
    until("its connections are cut", PATIENCE, || !ready());
    assert_eq!(reveal(), 503);
    assert!(log().contains("was struck from allow_certificates"), "{}", log());
    // Nor does it let anybody in.
    fs::write(&file, format!("{text}[network")).unwrap();
    until("it says so again", PATIENCE, || unreadable() == 2);
    assert_eq!(reveal(), 503);
    name(&[&theirs, &mine]);
    until("it is let in again", PATIENCE, ready);
    assert_eq!(reveal(), 200);
    // Nobody at all is a list, too.
    name(&[]);
    until("all are out", PATIENCE, || !ready());
    server.stop();
}

#[test]
fn a_node_is_made_against_a_key_holder_on_another_machine() {
    let folder = tempfile::tempdir().unwrap();
    let (holders, nodes) = (Authority::new(), Authority::new());
    let (shown, own) = (holders.server(HOST), nodes.client("node-1"));
    private(&shown.key);
    let mut holder = Holder::new(folder.path());
    let port = free_port();
    let file = holder.dir().join("keyholder.toml");
    let text = fs::read_to_string(&file).unwrap();
    let with = |allowed: &str| {
        format!(
            "{text}\n[network]\nlisten = \"127.0.0.1:{port}\"\nca_file = {:?}\ncertificate_file = {:?}\nkey_file = {:?}\n\
             allow_certificates = [{allowed}]\n",
            nodes.certificate(),
            shown.certificate,
            shown.key,
        )
    };
    for wrong in ["", "\"AB:CD\""] {
        fs::write(&file, with(wrong)).unwrap();
        let told = holder.run(&["serve"]);
        let said = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(!told.status.success() && said.contains("allow_certificates"), "{said}");
    }
    fs::write(&file, with(&format!("\"{}\"", fingerprint(&own)))).unwrap();
    holder.start_until("address");
    let data = folder.path().join("data");
    let mut init = Command::new(crate::server::BINARY);
    init.args(["init"]).arg(&data).args(["--keyholder-address", &format!("{HOST}:{port}"), "--keyholder-ca"]);
    init.arg(holders.certificate()).arg("--certificate").arg(&own.certificate).arg("--certificate-key").arg(&own.key);
    let made = init.env_remove("RINGFENCE_DATA").stdin(Stdio::null()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let config = fs::read_to_string(data.join("ringfence.toml")).unwrap();
    assert!(config.contains("address = ") && !config.contains("[key]"), "{config}");
}

fn private(key: &Path) {
    fs::set_permissions(key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}
