//! What passes in edition 2024 passes in edition 2021: what the macros generate keeps to what both have.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("../pass/*/*.rs");
}
