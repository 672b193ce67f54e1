//! Compiles every case: those in `pass` also run, those in `fail` must say what stands beside them.
//!
//! `TRYBUILD=overwrite cargo test -p calipers-ui-tests` writes the expected messages anew; read them before
//! you keep them. `cargo test -p calipers-ui-tests -- trybuild=name` runs the cases whose path holds `name`.

#[test]
fn messages_are_as_written_and_what_is_right_compiles_and_runs() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*/*.rs");
    cases.compile_fail("fail/*/*.rs");
}
