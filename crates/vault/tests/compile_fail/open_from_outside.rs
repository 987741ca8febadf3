fn open(committed: vault::Committed) {
    let _ = committed.open();
}

fn derive(committed: vault::Committed) {
    let _ = committed.derive(&());
}

fn unseal(envelope: &[u8]) {
    let _ = vault::private::sealing::open(envelope);
}

fn main() {}
