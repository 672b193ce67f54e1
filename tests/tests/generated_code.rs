//! What a release build makes of recording: no instruction with a `lock` prefix, and no call but those off the path.
//!
//! `examples/probes.rs` has one function for each way to record. It is built for release and disassembled; from each probe
//! on, every function that is called is looked at too, except for the cold ones, by name, below.

#![cfg(target_arch = "x86_64")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where recording may go when something is rare: the first touch of a page, a value outside the window, a test's clock,
/// a value that is refused, a key that is new, a panic under way.
const COLD: &[&str] = &[
    "cells::local::add_elsewhere",
    "cells::local::record_rarely",
    "cells::local::in_realm",
    "cells::clock::ticks_cold",
    "cells::clock::nanos_cold",
    "stats::number::refused",
    "Histogram::refuse",
    "::admit",
    "::open_variant",
    "state_set::OpenState::enter",
    "panic_count::is_zero_slow_path",
    "core::panicking::",
];

/// What the path may call of other libraries: comparing keys, and going on with a panic of the caller's.
const ELSEWHERE: &[&str] = &["bcmp@", "memcmp@", "_Unwind_Resume@"];

/// Not on the path, and built sooner when they need not be fast.
const BESIDE: &[&str] = &[
    "aho-corasick",
    "globset",
    "regex-automata",
    "regex-syntax",
    "serde_json",
];

/// A program, disassembled.
#[derive(Default)]
struct Code {
    /// Its functions by address, each as the text of its instructions.
    functions: BTreeMap<u64, Vec<String>>,
    /// What is called how: functions of the same code share an address, and instances of a generic one share a name.
    names: BTreeMap<u64, BTreeSet<String>>,
    /// Calls into another crate go through a table that is filled when the program starts: what stands where in it.
    table: BTreeMap<u64, Place>,
}

/// Where a call or a jump leads.
#[derive(Clone, Debug)]
enum Place {
    Here(u64),
    /// A function of another library.
    Elsewhere(String),
    /// Nobody can tell before it runs.
    Unknown,
}

fn run(command: &mut Command) -> String {
    let ran = command.output();
    let ran = ran.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let complaint = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{command:?} failed:\n{complaint}");
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

fn release_build() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("probes");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args("build --release --package calipers-tests --example probes".split(' '));
    for package in BESIDE {
        let option = format!("profile.release.package.{package}.opt-level=0");
        build.args(["--config", &option]);
    }
    build.arg("--target-dir").arg(&folder);
    build.current_dir(env!("CARGO_MANIFEST_DIR"));
    build.env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    build
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(&mut build);
    folder.join("release/examples/probes")
}

/// The probes, built and disassembled once for all tests here.
fn probes() -> &'static Code {
    static CODE: OnceLock<Code> = OnceLock::new();
    CODE.get_or_init(|| {
        let program = release_build();
        run(&mut Command::new(&program));
        Code::of(&program)
    })
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

impl Code {
    fn of(program: &Path) -> Code {
        let there = Command::new("objdump").arg("--version").output();
        assert!(
            there.is_ok_and(|ran| ran.status.success()),
            "`objdump` is not there, so the generated code was not looked at; install binutils"
        );
        let objdump = |what: &str| {
            let mut command = Command::new("objdump");
            run(command
                .args(what.split(' '))
                .arg("--demangle=rust")
                .arg(program))
        };
        let mut code = Code::default();
        code.read_instructions(&objdump("--disassemble --no-show-raw-insn"));
        code.read_symbols(&objdump("--syms"));
        code.read_table(&objdump("--dynamic-reloc"));
        code
    }

    fn read_instructions(&mut self, text: &str) {
        let mut current = 0;
        for line in text.lines() {
            let header = line
                .strip_suffix(">:")
                .and_then(|line| line.split_once(" <"));
            if let Some((address, name)) = header {
                current = hexadecimal(address).expect("an address");
                self.names
                    .entry(current)
                    .or_default()
                    .insert(name.to_owned());
            } else if let Some((_, instruction)) = line.split_once(":\t") {
                let function = self.functions.entry(current).or_default();
                function.push(instruction.trim().to_owned());
            }
        }
    }

    fn read_symbols(&mut self, text: &str) {
        for line in text.lines().filter(|line| line.contains(" F .text")) {
            let address = line.split(' ').next().and_then(hexadecimal);
            // Behind the tab: the size, and the name, in which there are blanks.
            let name = line
                .split_once('\t')
                .and_then(|(_, rest)| rest.split_once(' '));
            if let (Some(address), Some((_, name))) = (address, name) {
                self.names
                    .entry(address)
                    .or_default()
                    .insert(name.trim().to_owned());
            }
        }
    }

    fn read_table(&mut self, text: &str) {
        for line in text.lines() {
            let [slot, _, value] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                continue;
            };
            let place = match value.strip_prefix("*ABS*+0x") {
                Some(address) => hexadecimal(address).map_or(Place::Unknown, Place::Here),
                None => Place::Elsewhere(value.to_owned()),
            };
            self.table
                .extend(hexadecimal(slot).map(|slot| (slot, place)));
        }
    }

    /// Whether a function's name, or one of them, is as `is_it` says.
    fn is_called(&self, address: u64, is_it: impl Fn(&str) -> bool) -> bool {
        let names = self.names.get(&address).into_iter().flatten();
        names.into_iter().any(|name| is_it(name))
    }

    /// Where an instruction of a function leads, if out of it.
    fn leads_to(&self, instruction: &str, function: u64) -> Option<Place> {
        if !instruction.starts_with("call") && !instruction.starts_with('j') {
            return None;
        }
        if instruction.contains('*') {
            let slot = instruction.split_once("# ")?.1.split(' ').next();
            let known = slot
                .and_then(hexadecimal)
                .and_then(|slot| self.table.get(&slot));
            return Some(known.cloned().unwrap_or(Place::Unknown));
        }
        let address = instruction
            .split_whitespace()
            .nth(1)
            .and_then(hexadecimal)?;
        // The function that the address is in: the last that begins there or before.
        let (holds, _) = self.functions.range(..=address).next_back()?;
        if *holds == function {
            return None;
        }
        // A stub for a function of another library.
        let mut names = self.names.get(holds).into_iter().flatten();
        let stub = names.find(|name| name.ends_with("@plt"));
        Some(stub.map_or(Place::Here(*holds), |name| Place::Elsewhere(name.clone())))
    }
}

/// What makes other processors wait: a `lock` prefix, or `xchg` with memory, which locks without one.
fn is_locked(instruction: &str) -> bool {
    let (name, arguments) = instruction
        .split_once(char::is_whitespace)
        .unwrap_or((instruction, ""));
    name == "lock" || (name.starts_with("xchg") && arguments.contains('('))
}

fn is_cold(name: &str) -> bool {
    COLD.iter().any(|cold| name.contains(cold))
}

#[test]
fn the_checks_recognise_what_they_are_for() {
    assert!(is_locked("lock xadd %rax,(%rdi)"));
    assert!(is_locked("xchg   %rax,(%rdi)"));
    assert!(!is_locked("xchg   %ax,%ax"), "padding");
    assert!(!is_locked("incq   (%rax,%rcx,8)"));
}

#[test]
fn no_way_to_record_has_a_locked_instruction() {
    let code = probes();
    let source = include_str!("../examples/probes.rs");
    let names = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("probe_"));
    let defined = names
        .filter(|line| line.ends_with('}'))
        .filter_map(|line| line.split_once('('));
    let probes: Vec<String> = defined.map(|(name, _)| format!("probe_{name}")).collect();
    assert!(probes.len() > 20, "{probes:?}");
    for probe in &probes {
        let start = code
            .functions
            .keys()
            .find(|at| code.is_called(**at, |name| name == probe));
        let start = *start.unwrap_or_else(|| panic!("{probe} is not in the program"));
        let mut seen = BTreeSet::from([start]);
        let mut todo = vec![start];
        let mut cold = BTreeSet::new();
        while let Some(function) = todo.pop() {
            let names = &code.names[&function];
            for instruction in &code.functions[&function] {
                assert!(
                    !is_locked(instruction),
                    "{probe} has `{instruction}`, in {names:?}"
                );
                match code.leads_to(instruction, function) {
                    None => {}
                    Some(Place::Here(next)) => {
                        if code.is_called(next, is_cold) {
                            cold.extend(&code.names[&next]);
                        } else if seen.insert(next) {
                            todo.push(next);
                        }
                    }
                    Some(Place::Elsewhere(name))
                        if ELSEWHERE.iter().any(|known| name.starts_with(known)) => {}
                    Some(place) => {
                        panic!("{probe} has `{instruction}`, in {names:?}: {place:?}");
                    }
                }
            }
        }
        let length: usize = seen
            .iter()
            .map(|function| code.functions[function].len())
            .sum();
        println!(
            "figure: {probe}: {length} instructions in {} functions; rarely {cold:?}",
            seen.len()
        );
    }
}

/// That the walk would find one: a key that is new takes a lock of its family.
#[test]
fn the_walk_finds_a_locked_instruction_where_there_is_one() {
    let code = probes();
    let is_admit = |at: u64| code.is_called(at, |name| name.contains("::admit"));
    let admits = code.functions.iter().filter(|(at, _)| is_admit(**at));
    let mut instructions = admits.flat_map(|(_, instructions)| instructions);
    assert!(instructions.any(|instruction| is_locked(instruction)));
}
