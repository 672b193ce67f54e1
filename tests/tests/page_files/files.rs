//! The folder and the files in it: who may see them, when they go, and whose they are.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use calipers::mapped::{self, EnableError, Liveness, ReadError, RemoveError};

use crate::part::{self, Folder, Running};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Starts a process that has counted 42 and waits.
fn waiting(folder: &Folder, keep: bool) -> Running {
    let mut command = part::command("files::a_part_that_waits", folder.path());
    if keep {
        command.env("CALIPERS_KEEP", "1");
    }
    let mut running = Running::start(&mut command);
    running.wait_for("ready");
    running
}

/// Leaves the file of a process that was killed.
fn killed(folder: &Folder) -> mapped::PageFile {
    waiting(folder, false).kill();
    mapped::files(folder.pages()).unwrap().remove(0)
}

#[test]
fn a_part_that_waits() {
    if part::enabled().is_some() {
        calipers::incr("answer", 42);
        part::tell("ready");
        part::pause();
        return;
    }
    let folder = Folder::new("waits");
    let mut running = waiting(&folder, false);
    let file = folder.file();
    assert_eq!(mapped::read(&file).unwrap().counter("/answer"), Some(42));
    running.go_on();
    running.end();
}

#[test]
fn a_file_goes_at_a_clean_end_unless_it_is_kept_and_says_that_it_was_one() {
    let folder = Folder::new("clean");
    let mut running = waiting(&folder, false);
    let file = &mapped::files(folder.pages()).unwrap()[0];
    assert_eq!((file.pid, file.is_clean), (running.id(), false));
    assert_eq!(file.liveness, Liveness::Live);
    running.go_on();
    running.end();
    assert!(mapped::files(folder.pages()).unwrap().is_empty());
    let mut running = waiting(&folder, true);
    running.go_on();
    running.end();
    let file = &mapped::files(folder.pages()).unwrap()[0];
    assert_eq!((&file.liveness, file.is_clean), (&Liveness::Dead, true));
    assert_eq!(
        mapped::read(folder.pages()).unwrap().counter("/answer"),
        Some(42)
    );
}

#[test]
fn the_folder_is_closed_to_others_and_so_are_the_files_under_any_mask() {
    if let Some(folder) = part::given() {
        let mask = folder.join("mask");
        let mask = fs::read_to_string(mask).unwrap().parse().unwrap();
        // SAFETY: sets this process's mask.
        unsafe { libc::umask(mask) };
        mapped::enable(folder.join("pages")).unwrap();
        calipers::incr("answer", 42);
        part::tell("ready");
        return part::pause();
    }
    for mask in [0_u32, 0o022, 0o777] {
        let folder = Folder::new("mask");
        fs::write(folder.path().join("mask"), mask.to_string()).unwrap();
        let test = "files::the_folder_is_closed_to_others_and_so_are_the_files_under_any_mask";
        let mut running = Running::start(&mut part::command(test, folder.path()));
        running.wait_for("ready");
        assert_eq!(mode(&folder.pages()), 0o700, "mask {mask:o}");
        assert_eq!(mode(&folder.file()), 0o600, "mask {mask:o}");
        let names = fs::read_dir(folder.pages()).unwrap().count();
        assert_eq!(names, 1, "no second name is left");
    }
}

#[test]
fn a_folder_that_is_a_link_or_a_file_or_open_to_others_is_refused() {
    let Some(folder) = part::given() else {
        let folder = Folder::new("refused");
        let test = "files::a_folder_that_is_a_link_or_a_file_or_open_to_others_is_refused";
        let mut running = Running::start(&mut part::command(test, folder.path()));
        running.wait_for("refused");
        return running.end();
    };
    let own = folder.join("own");
    fs::create_dir(&own).unwrap();
    symlink(&own, folder.join("link")).unwrap();
    fs::write(folder.join("file"), "").unwrap();
    for name in ["link", "file", "not/there"] {
        let error = mapped::enable(folder.join(name)).unwrap_err();
        assert!(
            matches!(error, EnableError::Folder { .. }),
            "{name}: {error}"
        );
    }
    fs::set_permissions(&own, fs::Permissions::from_mode(0o777)).unwrap();
    let error = mapped::enable(&own).unwrap_err();
    assert!(matches!(error, EnableError::FolderOfOthers(_)), "{error}");
    assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
    // Each of these could be mended and tried again.
    fs::set_permissions(&own, fs::Permissions::from_mode(0o700)).unwrap();
    mapped::enable(&own).unwrap();
    assert!(matches!(
        mapped::enable(&own),
        Err(EnableError::AlreadyOn(_))
    ));
    part::tell("refused");
}

#[test]
fn after_the_first_stat_it_is_too_late() {
    let Some(folder) = part::given() else {
        let folder = Folder::new("late");
        let test = "files::after_the_first_stat_it_is_too_late";
        let mut running = Running::start(&mut part::command(test, folder.path()));
        running.wait_for("too late");
        return running.end();
    };
    calipers::incr("early", 1);
    let error = mapped::enable(folder.join("pages")).unwrap_err();
    assert!(matches!(error, EnableError::TooLate), "{error}");
    assert!(!folder.join("pages").exists());
    part::tell("too late");
}

#[test]
fn the_environment_turns_it_on_before_the_first_stat() {
    if part::given().is_some() {
        calipers::incr("answer", 42);
        let path = mapped::path().expect("the environment names a folder");
        assert_eq!(mapped::read(path).unwrap().counter("/answer"), Some(42));
        return part::tell("on");
    }
    let folder = Folder::new("environment");
    let test = "files::the_environment_turns_it_on_before_the_first_stat";
    let mut command = part::command(test, folder.path());
    let mut running = Running::start(command.env("CALIPERS_DIR", folder.pages()));
    running.wait_for("on");
    running.end();
}

#[test]
fn a_planted_link_or_pipe_or_folder_is_not_read() {
    let folder = Folder::new("planted");
    let file = killed(&folder);
    let plant = |name: &str| folder.pages().join(name);
    symlink(&file.path, plant("link.calipers")).unwrap();
    fs::create_dir(plant("folder.calipers")).unwrap();
    let fifo = plant("pipe.calipers");
    let name = std::ffi::CString::new(fifo.as_os_str().as_bytes()).unwrap();
    // SAFETY: the name ends in a zero byte.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    for name in ["link.calipers", "pipe.calipers"] {
        let error = mapped::read(plant(name)).unwrap_err();
        assert!(matches!(error, ReadError::NotOne { .. }), "{name}: {error}");
    }
    for file in mapped::files(folder.pages()).unwrap() {
        let is_planted = file.pid == 0;
        assert_eq!(
            matches!(file.liveness, Liveness::Unknown(_)),
            is_planted,
            "{file:?}"
        );
        assert_eq!(file.remove().is_err(), is_planted);
    }
    // Nor are they in the way of a new one.
    let running = waiting(&folder, false);
    assert_eq!(
        mapped::read(folder.pages()).unwrap().counter("/answer"),
        Some(42)
    );
    running.kill();
}

#[test]
fn a_number_that_another_process_has_now_does_not_keep_a_dead_file_alive() {
    let folder = Folder::new("reused");
    let file = killed(&folder);
    let open = fs::File::options().write(true).open(&file.path).unwrap();
    // As if this process, which lives, had the number that the dead one had.
    open.write_all_at(&std::process::id().to_ne_bytes(), 32)
        .unwrap();
    let file = mapped::files(&file.path).unwrap().remove(0);
    assert_eq!(file.pid, std::process::id());
    assert_eq!(file.liveness, Liveness::Dead);
    file.remove().unwrap();
    assert!(!file.path.exists());
}

#[test]
fn a_live_file_is_not_removed_by_whoever_asks() {
    const READER: &str = "CALIPERS_TEST_READER";
    if let Some(path) = std::env::var_os(READER) {
        // Another user, who may look into the folder but not into the file.
        let files = mapped::files(Path::new(&path)).unwrap();
        let [file] = &files[..] else {
            panic!("{files:?}")
        };
        assert!(matches!(file.liveness, Liveness::Unknown(_)), "{file:?}");
        assert!(matches!(file.remove(), Err(RemoveError::Unread(_))));
        return part::tell("not removed");
    }
    let folder = Folder::new("others");
    let running = waiting(&folder, false);
    let file = mapped::files(folder.pages()).unwrap().remove(0);
    assert!(matches!(file.remove(), Err(RemoveError::Live(_))));
    assert!(file.path.exists());
    // SAFETY: asks who this process is.
    if unsafe { libc::geteuid() } != 0 {
        println!("NOT TRIED AS ANOTHER USER: only root can become one");
        return;
    }
    // Where the other user may remove: the folder is theirs to write.
    for path in [folder.path(), &folder.pages()] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    // A copy of this program where they can start it.
    let program = folder.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut command = Command::new(program);
    command.args(part::arguments(
        "files::a_live_file_is_not_removed_by_whoever_asks",
    ));
    command.env(READER, folder.pages()).uid(65534).gid(65534);
    let mut reader = Running::start(command.current_dir("/"));
    reader.wait_for("not removed");
    reader.end();
    assert!(file.path.exists());
    assert_eq!(fs::metadata(&file.path).unwrap().uid(), 0);
    running.kill();
}
