//! A test in a process of its own: for what a process has one of, and other tests would disturb.

use std::process::Command;

const INSIDE: &str = "CALIPERS_TEST_ALONE";

/// Runs `body`, a closure that is the whole of a test, in a process of its own, in which nothing else runs.
///
/// # Panics
/// When it fails there; what it printed is part of the message.
pub fn alone<F: FnOnce()>(body: F) {
    // A closure's type is called `program::module::test::{{closure}}`.
    let name = std::any::type_name::<F>();
    let (_, name) = name.split_once("::").expect("a program's name");
    let (name, _) = name.split_once("::{{closure}}").expect("a closure");
    if std::env::var_os(INSIDE).is_some_and(|inside| inside == *name) {
        return body();
    }
    let program = std::env::current_exe().expect("this program");
    let run = Command::new(program)
        .args([
            name,
            "--exact",
            "--include-ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(INSIDE, name)
        .output()
        .expect("this program, once more");
    let out = String::from_utf8_lossy(&run.stdout);
    let err = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{name}: {}\n{out}\n{err}", run.status);
    assert!(out.contains("1 passed"), "no test is called {name}:\n{out}");
    // What it measured is worth reading, with `--nocapture`.
    for figure in out.split("figure: ").skip(1) {
        println!("figure: {}", figure.lines().next().unwrap_or_default());
    }
}
