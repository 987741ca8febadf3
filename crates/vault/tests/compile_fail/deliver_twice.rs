fn twice(plaintext: vault::Plaintext) {
    let _ = plaintext.to_screen(b"", b"");
    plaintext.to_carrier(|_| ());
}

fn main() {}
