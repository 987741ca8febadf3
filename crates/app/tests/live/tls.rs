//! A node whose database is beyond a wire: everything it does goes through TLS with a verified server.

use crate::centre::{Centre, invented, receipt, reveal_body};
use crate::server::{BINARY, Server};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Arc;
use testkit::{Authority, DATABASE_HOST, DATABASE_PASSWORD, SecuredServer, TestDatabase};

/// A centre whose configuration names the address that `parameters` complete, and a file with the password.
fn centre(secured: &SecuredServer, parameters: &str) -> Centre {
    let database = TestDatabase::on(Arc::clone(&secured.server));
    let (_, name) = database.served();
    let (socket, wire) = (secured.server.address(name), secured.address(name) + parameters);
    let centre = Centre::filled_on(|_| database, 20, 100, 20);
    let password = centre.folder().join("database.password");
    fs::write(&password, DATABASE_PASSWORD).unwrap();
    fs::set_permissions(&password, Permissions::from_mode(0o600)).unwrap();
    let config = centre.data().join("ringfence.toml");
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.contains(&socket), "{text}");
    let named = format!("url = \"{wire}\"\npassword_file = \"{}\"", password.display());
    fs::write(&config, text.replace(&format!("url = \"{socket}\""), &named)).unwrap();
    centre
}

fn reveals(centre: &Centre, node: &Server) {
    let agent = centre.hire("Ada", "agent");
    let (interaction, customer) = centre.call_from(&node.client(), &agent, 1);
    let client = node.client().bearer(&agent.token);
    let path = format!("/v1/customers/{customer}/reveals");
    let answer = client.post(&path, &reveal_body(&interaction, "name", "delivery")).expect(200);
    assert!(answer.text().contains(&invented(1).name));
    receipt(&client, &answer.member("receipt"));
}

#[test]
fn a_node_serves_over_verified_tls_only() {
    let authority = Authority::new();
    let secured = SecuredServer::start(&authority, &authority.server(DATABASE_HOST));
    let roots = authority.certificate();
    let centre = centre(&secured, &format!("&sslmode=verify-full&sslrootcert={}", roots.display()));
    let node = centre.serve();
    reveals(&centre, &node);
    let ask = "SELECT DISTINCT version FROM pg_stat_activity LEFT JOIN pg_stat_ssl USING (pid) \
               WHERE application_name = 'ringfence'";
    assert_eq!(secured.server.sql("postgres", ask).unwrap().trim(), "TLSv1.3");
    node.stop();
    // Recounts everything, over the same way.
    centre.holds();
    let doctor = centre.good(&["doctor"]);
    assert!(!doctor.contains(DATABASE_PASSWORD), "{doctor}");
}

#[test]
fn the_systems_authorities_count_where_one_says_so() {
    let authority = Authority::new();
    let secured = SecuredServer::start(&authority, &authority.server(DATABASE_HOST));
    let centre = centre(&secured, "&sslrootcert=system");
    let refused = centre.run(&["verify", centre.data().to_str().unwrap()]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("sslrootcert doesn't vouch for"), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
    assert!(said.contains("nothing was told to it") && !said.contains(DATABASE_PASSWORD), "{said}");
    let mut command = Command::new(BINARY);
    command.env("SSL_CERT_FILE", authority.certificate());
    let status = command.args(["verify", "."]).current_dir(centre.data()).status().unwrap();
    assert!(status.success(), "an authority of the system's vouches for it");
}
