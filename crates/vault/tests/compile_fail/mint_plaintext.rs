use vault::Plaintext;

fn make() -> Plaintext {
    Plaintext::new(zeroize::Zeroizing::new(Vec::new()))
}

fn main() {}
