//! YAML of plain data: maps and lists in block style, text between double quotes, as JSON writes it (YAML 1.2, 7.3.1).

use serde_json::Value;

/// A value as a YAML document.
pub(super) fn written(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

fn block(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                out.push_str(&"  ".repeat(depth));
                out.push_str(name);
                out.push(':');
                below(member, depth + 1, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                out.push_str(&"  ".repeat(depth));
                out.push('-');
                match item {
                    // The first member stands beside the dash.
                    Value::Object(members) if !members.is_empty() => {
                        let mut inner = String::new();
                        block(item, depth + 1, &mut inner);
                        out.push(' ');
                        out.push_str(inner.trim_start());
                    }
                    item => below(item, depth + 1, out),
                }
            }
        }
        plain => below(plain, depth, out),
    }
}

fn below(value: &Value, depth: usize, out: &mut String) {
    let empty =
        value.as_object().is_some_and(|members| members.is_empty()) || value.as_array().is_some_and(Vec::is_empty);
    if empty || !(value.is_object() || value.is_array()) {
        out.push(' ');
        out.push_str(&value.to_string());
        out.push('\n');
    } else {
        out.push('\n');
        block(value, depth, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn data_is_written_in_blocks_and_text_is_quoted() {
        let value = json!({"system": [{"key": "a: b", "list": ["x", "no"], "none": []}, {"key": "\"\n"}], "n": 1});
        let mut value = value;
        value.sort_all_objects();
        let expected = "n: 1\nsystem:\n  - key: \"a: b\"\n    list:\n      - \"x\"\n      - \"no\"\n    none: []\n  - key: \"\\\"\\n\"\n";
        assert_eq!(written(&value), expected);
    }
}
