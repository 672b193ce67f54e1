//! Files that are not as they should be, made by the format's grammar and then damaged.
//!
//! A few thousand of them as a rule; `CALIPERS_FUZZ_MINUTES=15` goes on for so long.

use std::fs;
use std::time::Instant;

use calipers::Registry;
use calipers::mapped::mmstats::{Published, liveness, read};
use calipers_tests::parts::Folder;
use calipers_tests::peak;
use calipers_tests::random::Random;

/// What one file takes at most, whatever it says.
const BOUND: usize = 64 << 20;
/// What a large one may take, in multiples of itself.
const TIMES: usize = 9;

const SIGNATURES: [&str; 24] = [
    "Q",
    "=Q",
    "q",
    "d",
    "f",
    "?",
    "255s",
    "I  ",
    "<l",
    ">H",
    "bQ",
    "3h",
    "0s",
    "4p",
    "x",
    "",
    " ",
    "Z",
    "2147483648s",
    "18446744073709551615s",
    "99999999999999999999d",
    "9223372036854775807xQ",
    "65536s",
    "=1000000000Q",
];

fn sized(bytes: &[u8], into: &mut Vec<u8>) {
    into.extend((bytes.len() as u16).to_ne_bytes());
    into.extend(bytes);
}

/// A label: usual, empty, as long as one may be and longer, of dots alone, or one that names a process.
fn label(random: &mut Random) -> Vec<u8> {
    match random.below(12) {
        0 => Vec::new(),
        1 => vec![b'x'; 255],
        2 => vec![b'x'; 256],
        3 => vec![b'.'; random.below(300) as usize],
        4 => b"a.".repeat(random.below(2000) as usize),
        5 => b"app.sys.pid".to_vec(),
        6 => b"sys.created".to_vec(),
        7 => b"org.calipers.version".to_vec(),
        8 => (0..random.below(40)).map(|_| random.next() as u8).collect(),
        _ => format!("jobs.{}.done", random.below(50)).into_bytes(),
    }
}

fn field(random: &mut Random, into: &mut Vec<u8>) {
    sized(&label(random), into);
    let signature = SIGNATURES[random.below(SIGNATURES.len() as u64) as usize];
    sized(signature.as_bytes(), into);
    into.push([0, 1, 0xff, random.next() as u8][random.below(4) as usize]);
    // About as much as such a value takes, or less.
    let length = [0, 1, 4, 8, 16, 16, 255, 510][random.below(8) as usize];
    into.extend((0..length).map(|_| random.next() as u8));
}

/// A file of this grammar: mostly a page with a few fields, sometimes far more of them than are read.
fn grown(random: &mut Random) -> Vec<u8> {
    let mut bytes = vec![1];
    if random.below(400) == 0 {
        let mut one = Vec::new();
        sized(&label(random), &mut one);
        sized(b"b", &mut one);
        one.extend([0xff, 1]);
        let times = random.below((24 << 20) / one.len() as u64) as usize;
        bytes.extend(one.repeat(times));
        return bytes;
    }
    for _ in 0..random.below(30) {
        field(random, &mut bytes);
    }
    // To the last byte of a page, or with zeroes at its end as files have them.
    bytes.resize(bytes.len().next_multiple_of(4096), 0);
    bytes
}

fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..random.below(5) {
        let at = random.below(bytes.len() as u64) as usize;
        match random.below(6) {
            0 => bytes.truncate(at.max(1)),
            1 => bytes[at] = [0, 1, 0xff, b'9', b'Q'][random.below(5) as usize],
            2 => bytes[at] ^= 1 << random.below(8),
            3 => bytes.splice(at..at, [b'9'; 7]).for_each(drop),
            4 => bytes.drain(at..bytes.len().min(at + 9)).for_each(drop),
            _ => {
                let end = bytes.len().min(at + random.below(600) as usize);
                let moved = bytes[at..end].to_vec();
                bytes.splice(at..at, moved).for_each(drop);
            }
        }
        if bytes.is_empty() {
            bytes.push(1);
        }
    }
}

/// A file of ours, to be damaged.
fn published(folder: &Folder) -> Vec<u8> {
    let registry = Registry::new();
    registry.counter("jobs.done").unwrap().add(7);
    registry.text("note").unwrap().set("käse");
    registry.gauge("load").unwrap().set(0.5);
    registry
        .timer("query")
        .unwrap()
        .record(std::time::Duration::from_millis(3));
    let published = Published::builder()
        .folder(folder.path(""))
        .registry(&registry);
    let published = published.file("whole.mmstats").start().unwrap();
    fs::read(published.path()).unwrap()
}

#[test]
fn no_file_whatever_it_says_makes_the_reader_panic_or_take_more_than_it_may() {
    let folder = Folder::new("mmstats-hostile");
    let ours = published(&folder);
    let path = folder.path("hostile.mmstats");
    let minutes: u64 =
        std::env::var("CALIPERS_FUZZ_MINUTES").map_or(0, |text| text.parse().unwrap());
    let begun = Instant::now();
    let mut random = Random::new(0x5eed);
    let (mut files, mut whole, mut broken, mut fields, mut most) = (0_u64, 0_u64, 0_u64, 0_u64, 0);
    while files < 4000 || begun.elapsed().as_secs() < 60 * minutes {
        let mut bytes = match random.below(3) {
            0 => ours.clone(),
            _ => grown(&mut random),
        };
        damage(&mut bytes, &mut random);
        fs::write(&path, &bytes).unwrap();
        if random.below(16) == 0 {
            // Longer than it is: holes.
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_len(1 << random.below(44)).unwrap();
        }
        let (peak, read) = peak::during(|| read(&path));
        let bound = BOUND.max(TIMES * bytes.len());
        assert!(peak < bound, "{peak} bytes of memory for {}", bytes.len());
        if bound == BOUND {
            most = most.max(peak);
        }
        if let Ok(read) = read {
            match &read.damage {
                None => whole += 1,
                Some(damage) => {
                    broken += 1;
                    assert!(!damage.to_string().contains('\n'));
                }
            }
            fields += read.fields.len() as u64;
            let snapshot = read.snapshot();
            // Whatever it is, all that is done with snapshots can be done with it.
            if read.fields.len() < 1000 {
                serde_json::to_string(&snapshot).unwrap();
                let _ = (snapshot.to_string(), read.pid(), liveness(&path));
            }
        }
        files += 1;
    }
    assert!(whole > 0 && broken > 0, "{whole} whole, {broken} broken");
    println!(
        "figure: {files} hostile files ({whole} whole, {broken} broken, {fields} fields read), no panic, \
         at most {} KiB of memory to read one below 7 MB, in {:?}",
        most >> 10,
        begun.elapsed()
    );
}
