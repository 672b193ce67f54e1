//! `calipers clean`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use calipers::mapped::mmstats::Published;
use calipers_tests::parts::Folder;

use crate::command::{counting, printed, publish, text};

/// A copy of the file, with the number of a process that has ended.
fn of_the_dead(folder: &Folder, name: &str, published: &Published) -> PathBuf {
    let mut child = Command::new("true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let mut bytes = fs::read(published.path()).unwrap();
    let own = std::process::id().to_ne_bytes();
    let at = bytes.windows(4).position(|window| window == own).unwrap();
    bytes[at..at + 4].copy_from_slice(&pid.to_ne_bytes());
    let path = folder.path(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn only_what_is_provably_dead_goes_and_the_rest_has_its_reason() {
    let folder = Folder::new("clean");
    let alive = publish(&folder, "alive", &counting(3));
    let dead = of_the_dead(&folder, "dead.mmstats", &alive);
    // Its number is that of a process that runs, this one, which does not have the file open: it was taken again.
    let taken = folder.path("taken.mmstats");
    fs::copy(alive.path(), &taken).unwrap();
    let nameless = folder.path("nameless.mmstats");
    fs::write(&nameless, [1, 0, 0]).unwrap();
    let path = folder.path("");

    let planned = printed(&["clean", "--dry-run", text(&path)]);
    assert!(dead.exists() && taken.exists());
    assert!(
        planned.contains(&format!("would go {}: process ", dead.display())),
        "{planned}"
    );
    assert!(
        planned.ends_with("2 would be removed, 2 kept\n"),
        "{planned}"
    );

    let done = printed(&["clean", text(&path)]);
    assert!(
        done.contains(&format!(
            "kept     {}: its writer holds it locked\n",
            alive.path().display()
        )),
        "{done}"
    );
    let why = "it does not say which process writes it";
    assert!(
        done.contains(&format!("kept     {}: {why}\n", nameless.display())),
        "{done}"
    );
    assert!(done.ends_with("2 removed, 2 kept\n"), "{done}");
    assert!(!dead.exists() && !taken.exists() && nameless.exists() && alive.path().exists());
}

#[test]
fn what_the_dead_counted_stays_in_the_totals() {
    let folder = Folder::new("clean-totals");
    let alive = publish(&folder, "alive", &counting(3));
    let totals = folder.path("totals.json");
    let path = folder.path("");
    for round in 1..=2 {
        of_the_dead(&folder, "a.mmstats", &alive);
        of_the_dead(&folder, "b.mmstats", &alive);
        printed(&["clean", text(&path), "--totals", text(&totals)]);
        let shown = printed(&["slurp", "--merged", "--labels", text(&path), text(&totals)]);
        let done = shown
            .lines()
            .find(|line| line.contains("jobs.done"))
            .unwrap();
        let sum = 3 + round * 6;
        assert!(done.ends_with(&format!(" {sum}")), "{done}");
    }
}

#[test]
fn a_file_that_is_in_the_totals_already_is_not_added_again() {
    let folder = Folder::new("clean-killed");
    let alive = publish(&folder, "alive", &counting(3));
    let dead = of_the_dead(&folder, "dead.mmstats", &alive);
    let totals = folder.path("totals.json");
    let path = folder.path("");
    let kept = folder.path("kept");
    fs::hard_link(&dead, &kept).unwrap();
    printed(&["clean", text(&path), "--totals", text(&totals)]);
    // As if it had been killed between adding and removing: the totals name the file, and it is still there.
    fs::rename(&kept, &dead).unwrap();
    let name = {
        use std::os::unix::fs::MetadataExt;
        let metadata = fs::metadata(&dead).unwrap();
        format!(
            "{}:{}:{}",
            metadata.dev(),
            metadata.ino(),
            metadata.ctime_nsec().wrapping_add(metadata.ctime())
        )
    };
    let text_of = fs::read_to_string(&totals)
        .unwrap()
        .replace("\"adding\":[]", &format!("\"adding\":[\"{name}\"]"));
    fs::write(&totals, text_of).unwrap();
    printed(&["clean", text(&path), "--totals", text(&totals)]);
    assert!(!dead.exists());
    let shown = printed(&["slurp", "--labels", text(&totals)]);
    assert!(shown.contains("jobs.done 3\n"), "{shown}");
}
