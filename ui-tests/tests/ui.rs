//! Compiles every case: those in `pass` also run, those in `fail` must say what stands beside them.
//!
//! `TRYBUILD=overwrite cargo test -p calipers-ui-tests` writes the expected messages anew; read them before
//! you keep them. `cargo test -p calipers-ui-tests -- ui trybuild=name` runs the cases whose path holds `name`.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*/*.rs");
    cases.compile_fail("fail/*/*.rs");
}
