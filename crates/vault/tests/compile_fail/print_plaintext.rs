fn print(plaintext: &vault::Plaintext) {
    println!("{plaintext:?}");
    println!("{plaintext}");
    let _ = plaintext.to_string();
}

fn print_answer(revealed: &vault::Revealed) {
    println!("{revealed:?}");
}

fn main() {}
