//! Whom a real server erased an old file doesn't bring back, and the command says which of its rows it left out.

use crate::centre::{Centre, invented};
use serde_json::{Value, json};
use std::fs;

const MAP: &str = "format = \"jsonl\"\nkey = \"no\"\nsince = \"made\"\n[[field]]\nkind = \"name\"\ncolumn = \"name\"\n\
    [[field]]\nkind = \"email\"\ncolumn = \"email\"\n";

#[test]
fn an_old_file_brings_nobody_back_and_the_command_says_which_rows_it_left_out() {
    let centre = Centre::new("", "");
    centre.import_invented(20);
    let (agent, guardian) = (centre.hire("An agent", "agent"), centre.hire("A guardian", "data_protection_officer"));
    let server = centre.serve();
    let (_, customer) = centre.call_from(&server.client(), &agent, 3);
    crate::kinds::erased(&centre, &server, &guardian, &customer);

    let [file, map, errors] = ["old.jsonl", "old.toml", "old-errors.jsonl"].map(|name| centre.folder().join(name));
    let rows = [(900, None), (3, None), (3, Some("2020-01-01")), (3, Some("2999-01-01"))];
    let rows = rows.iter().zip(1..).map(|((who, made), no)| {
        let who = invented(*who);
        format!("{}\n", json!({"no": no, "made": made, "name": who.name, "email": who.email}))
    });
    fs::write(&file, rows.collect::<String>()).unwrap();
    fs::write(&map, MAP).unwrap();
    let [file, map, errors] = [&file, &map, &errors].map(|path| path.to_str().unwrap());
    let import = || {
        let output = centre.run(&["import", file, "--map", map, "--errors", errors, "--output", "json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let counts = ["rows", "in", "already", "set_aside"].map(|count| told[count].as_u64().unwrap());
        (counts, String::from_utf8(output.stderr).unwrap())
    };
    let (counts, said) = import();
    assert_eq!(counts, [4, 1, 0, 3], "a day to come counts for nothing: {said}");
    assert!(said.contains("set aside: 3 of 4 rows (row 2, 3, 4), as somebody") && said.contains("next: "), "{said}");
    assert!(!said.contains(&*invented(3).email) && !said.contains(&*invented(3).name), "{said}");
    let (counts, said) = import();
    assert_eq!(counts, [4, 0, 4, 0], "they count as done");
    assert!(!said.contains("set aside"), "{said}");
    server.stop();
}
