//! docs/sql-features.md lists what of SQL the PostgreSQL engine uses: every keyword and function in its statements is in
//! there, so that nobody finds out by an error.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Words that stand for themselves in any SQL database.
const PLAIN: &str = "SELECT FROM WHERE AND OR NOT NULL IS AS IN ON ORDER BY DESC LIMIT INSERT INTO VALUES UPDATE SET \
    DELETE JOIN EXISTS UNION ALL CASE WHEN THEN ELSE END CREATE TABLE INDEX PRIMARY KEY UNIQUE BIGINT TEXT BEGIN COMMIT \
    ROLLBACK DISTINCT";

fn words_of(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words
        .filter(|word| word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        .map(str::to_owned)
        .collect()
}

/// `name(` of a function.
fn functions_of(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices('(') {
        let name: String = text[..at]
            .chars()
            .rev()
            .take_while(|c| c.is_ascii_lowercase() || *c == '_')
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        if !name.is_empty() && text[..at].ends_with(&name) {
            found.insert(name);
        }
    }
    found
}

fn literals(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
    let literals = code.split('"').skip(1).step_by(2).map(str::to_owned);
    let starts = [
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "WITH",
        "BEGIN",
        "SET",
        "COMMIT",
        "ROLLBACK",
        "CREATE",
        "ALTER",
        "UNION",
        "FROM unnest",
        "FOR",
        "OFFSET",
        "ORDER",
        "enable",
        "plan_cache",
    ];
    // " WITHOUT ROWID" is what is taken out.
    let literals = literals.filter(|literal| !literal.contains("ROWID"));
    literals.filter(|literal| starts.iter().any(|start| literal.trim_start().starts_with(start))).collect()
}

#[test]
fn every_feature_of_sql_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = fs::read_to_string(root.join("../../../docs/sql-features.md")).unwrap();
    let mut statements: Vec<String> = fs::read_dir(root.join("src/postgres"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .chain([root.join("src/statements.rs")])
        .flat_map(|path| literals(&path))
        .collect();
    assert!(statements.len() > 50, "only {} statements were found", statements.len());
    for file in fs::read_dir(root.join("migrations")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap().replace("WITHOUT ROWID", "");
        statements.push(text.lines().filter(|line| !line.starts_with("--")).collect());
    }
    let plain = words_of(PLAIN);
    let mut missing = BTreeSet::new();
    for statement in &statements {
        let functions = functions_of(statement).into_iter().filter(|name| statement.contains(&format!(" {name}(")));
        // A table or an alias before its columns isn't a function.
        let functions = functions.filter(|name| {
            !["INTO", "ON", "AS w", "CONFLICT", "KEY", "TABLE"]
                .iter()
                .any(|before| statement.contains(&format!("{before} {name} (")))
        });
        let words = words_of(statement).into_iter().filter(|word| !plain.contains(word));
        missing.extend(
            words
                .chain(functions)
                .filter(|word| !listed.contains(&format!("`{word}`")) && !listed.contains(word.as_str())),
        );
    }
    assert!(missing.is_empty(), "docs/sql-features.md doesn't name {missing:?}");
}
