fn borrow(plaintext: &vault::Plaintext) -> &[u8] {
    plaintext.bytes()
}

fn field(plaintext: &vault::Plaintext) -> &[u8] {
    &plaintext.0
}

fn convert(plaintext: &vault::Plaintext) -> &[u8] {
    plaintext.as_ref()
}

fn dereference(plaintext: &vault::Plaintext) -> usize {
    plaintext.len()
}

fn main() {}
