fn copy(plaintext: vault::Plaintext) -> (vault::Plaintext, vault::Plaintext) {
    (plaintext.clone(), plaintext)
}

fn twice(committed: vault::Committed) -> (vault::Committed, vault::Committed) {
    (committed.clone(), committed)
}

fn main() {}
