fn write(plaintext: &vault::Plaintext) -> String {
    serde_json::to_string(plaintext).unwrap()
}

fn main() {}
