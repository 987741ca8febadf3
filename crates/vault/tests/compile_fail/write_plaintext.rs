use vault::Plaintext;

fn write() -> Plaintext {
    Plaintext(zeroize::Zeroizing::new(Vec::new()))
}

fn main() {}
