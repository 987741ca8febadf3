//! The command line as its users meet it: help texts and refusals, word for word. `TRYCMD=overwrite` writes them anew;
//! look at the difference.

#[test]
fn help_and_refusals() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd").env("NO_COLOR", "1").env("COLUMNS", "100").run();
}
