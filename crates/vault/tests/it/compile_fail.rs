//! What must not compile. The compiler's words are kept beside each case.

#[test]
fn a_plaintext_cannot_be_copied_kept_or_made_outside_the_door() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
