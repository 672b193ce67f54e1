//! Files that are not as they should be.

use std::fs;
use std::os::unix::fs::FileExt;

use calipers::mapped::{self, Liveness, ReadError};
use calipers::prelude::*;
use calipers::{CountBy, StateSet, States, Sum, Text};
use calipers_tests::beside::Done;
use calipers_tests::memory;
use calipers_tests::random::Random;

use crate::part::{self, Folder, Running};

#[derive(States, Clone, Copy)]
enum Phase {
    Idle,
    Busy,
}

#[derive(Instrumented)]
struct Pool {
    done: Sum<Counter>,
    sizes: Sum<Histogram>,
    by_key: Sum<Family<String, Timer>>,
    phase: CountBy<StateSet<Phase>>,
}

#[derive(Instrumented)]
#[instrumented(parent = Pool, label = "worker")]
struct Worker {
    done: Counter,
    sizes: Histogram,
    by_key: Family<String, Timer>,
    phase: StateSet<Phase>,
    note: Text,
}

/// A file with something of everything, left by a process that was killed.
fn sample(folder: &Folder) -> Vec<u8> {
    let mut running = Running::start(&mut part::command(
        "hostile::what_is_damaged_is_an_error_or_a_snapshot_and_never_more",
        folder.path(),
    ));
    running.wait_for("ready");
    running.kill();
    fs::read(folder.file()).unwrap()
}

fn count() {
    let pool = Pool::init("/pool");
    let workers: Vec<_> = (0..5).map(|n| Worker::init_child(&pool, n)).collect();
    for n in 0..40_u64 {
        let passing = Worker::init_child(&pool, "passing");
        for worker in workers.iter().chain([&passing]) {
            worker.done.inc();
            worker.sizes.record(n * n);
            worker
                .by_key
                .get(format!("key {}", n % 5).as_str())
                .time(|| ());
            worker
                .phase
                .set(if n % 2 == 0 { Phase::Idle } else { Phase::Busy });
            worker.note.set(format!("note {n}"));
        }
    }
    part::tell("ready");
    part::pause();
}

/// Reads what may be anything.
fn look(path: &std::path::Path) -> bool {
    match mapped::read(path) {
        Ok(snapshot) => {
            // Whatever it is, all that is done with snapshots can be done with it.
            let text = snapshot.to_string();
            serde_json::to_string(&snapshot).unwrap();
            assert!(snapshot.since(&snapshot).len() == snapshot.len());
            !text.is_empty()
        }
        Err(error) => {
            assert!(!error.to_string().contains('\n'));
            false
        }
    }
}

#[test]
fn what_is_damaged_is_an_error_or_a_snapshot_and_never_more() {
    if part::enabled().is_some() {
        return count();
    }
    let folder = Folder::new("damaged");
    let whole = sample(&folder);
    let path = folder.path().join("damaged.calipers");
    let minutes: u64 =
        std::env::var("CALIPERS_FUZZ_MINUTES").map_or(0, |text| text.parse().unwrap());
    let begun = std::time::Instant::now();
    let before = memory::resident();
    let (mut rounds, mut read, mut most) = (0_u64, 0_u64, 0);
    let mut random = Random::new(0xf11e);
    while rounds < 1500 || begun.elapsed().as_secs() < 60 * minutes {
        let mut bytes = whole.clone();
        damage(&mut bytes, &mut random);
        fs::write(&path, &bytes).unwrap();
        if random.below(8) == 0 {
            // Longer than it is: holes.
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_len(1 << random.below(44)).unwrap();
        }
        read += u64::from(look(&path));
        rounds += 1;
        most = most.max(memory::resident().saturating_sub(before));
    }
    assert!(
        read > 0 && read < rounds,
        "{read} of {rounds} could be read"
    );
    assert!(most < 64 << 20, "{most} bytes of memory");
    println!(
        "figure: {rounds} damaged files, {read} of them readable, no panic, at most {} KiB more memory, in {:?}",
        most >> 10,
        begun.elapsed()
    );
}

/// Changes a few things: where the header and the description point, and anything else.
fn damage(bytes: &mut [u8], random: &mut Random) {
    let length = bytes.len() as u64;
    let word = |at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap());
    let pieces = [56, 64].map(|at| word(at) as usize);
    for _ in 0..1 + random.below(6) {
        let at = match random.below(6) {
            0 => 8 * random.below(20),
            1 => (pieces[0] as u64 + random.below(400)).min(length - 8),
            2 => (pieces[1] as u64 + random.below(6000)).min(length - 8),
            3 => pieces[random.below(2) as usize] as u64 + 8 * random.below(10),
            _ => random.below(length - 8),
        } as usize;
        let value = match random.below(6) {
            0 => 0,
            1 => u64::MAX,
            2 => 2 << 30,
            3 => random.below(length),
            4 => random.next(),
            _ => {
                u64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap()) ^ (1 << random.below(64))
            }
        };
        let width = [1, 4, 8][random.below(3) as usize];
        bytes[at..at + width].copy_from_slice(&value.to_ne_bytes()[..width]);
    }
}

#[test]
fn a_file_cut_off_anywhere_is_an_error_or_what_was_whole() {
    let folder = Folder::new("cut");
    let whole = sample(&folder);
    let path = folder.path().join("cut.calipers");
    for length in (0..whole.len()).step_by(509) {
        fs::write(&path, &whole[..length]).unwrap();
        look(&path);
    }
    fs::write(&path, &whole[..4095]).unwrap();
    let error = mapped::read(&path).unwrap_err();
    assert!(matches!(error, ReadError::NotOne { .. }), "{error}");
    fs::write(&path, &whole[..4096]).unwrap();
    let error = mapped::read(&path).unwrap_err();
    assert!(matches!(error, ReadError::Damaged { .. }), "{error}");
    let mut newer = whole.clone();
    newer[8] = 9;
    fs::write(&path, newer).unwrap();
    let error = mapped::read(&path).unwrap_err();
    assert!(
        matches!(error, ReadError::Version { version: 9, .. }),
        "{error}"
    );
}

#[test]
fn a_reader_survives_that_a_file_is_cut_off_and_removed_under_its_feet() {
    let folder = Folder::new("feet");
    let whole = sample(&folder);
    let path = folder.path().join("feet.calipers");
    fs::write(&path, &whole).unwrap();
    let done = Done::not_yet();
    let looks = std::thread::scope(|scope| {
        let _at_end = done.at_end();
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut looks = 0;
                    while !done.is() {
                        look(&path);
                        looks += 1;
                    }
                    looks
                })
            })
            .collect();
        let mut random = Random::new(3);
        for round in 0..300 {
            let mut options = fs::File::options();
            let file = options.write(true).create(true).truncate(false);
            let file = file.open(&path).unwrap();
            file.set_len(random.below(whole.len() as u64)).unwrap();
            file.write_all_at(&whole, 0).unwrap();
            if round % 10 == 0 {
                fs::remove_file(&path).unwrap();
            }
        }
        done.set();
        readers
            .into_iter()
            .map(|reader| reader.join().unwrap())
            .sum::<u64>()
    });
    assert!(looks > 0);
}

#[test]
fn a_file_of_nothing_but_holes_costs_nothing() {
    let folder = Folder::new("holes");
    let whole = sample(&folder);
    let path = folder.path().join("holes.calipers");
    // The header, and behind it two gigabytes that are not there, in which all is said to be.
    for (word, place) in [(56, 8192_u64), (64, 8192), (64, 1 << 30)] {
        let mut head = whole[..4096].to_vec();
        head[word..word + 8].copy_from_slice(&place.to_ne_bytes());
        fs::write(&path, &head).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_len(2 << 30).unwrap();
        file.write_all_at(&1_u64.to_ne_bytes(), place).unwrap();
        file.write_all_at(&(2_u64 << 30).to_ne_bytes(), place + 8)
            .unwrap();
        file.write_all_at(&(2_000_000_000_u64).to_ne_bytes(), place + 64)
            .unwrap();
        let before = memory::resident();
        assert!(!look(&path));
        assert!(memory::resident() < before + (64 << 20));
    }
    assert_eq!(mapped::files(&path).unwrap()[0].liveness, Liveness::Dead);
}
