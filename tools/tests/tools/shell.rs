//! The command at a prompt: what a shell completes, and in which colours it answers.

use std::process::Command;

use calipers_tests::parts::Folder;

use crate::command::{calipers, counting, printed, publish, text};
use crate::screen::Screen;

/// What bash offers for the last of these words, when the script is in force.
fn completed(folder: &Folder, words: &[&str]) -> Vec<String> {
    let script = folder.write("calipers.bash", &printed(&["completions", "bash"]));
    // As bash calls it when tab is pressed: the words, which of them, and the command, the word and the one before.
    let press = r#"
        source "$1" || exit 1
        shift
        complete -p calipers | grep -q -- '-F _calipers calipers' || exit 1
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        _calipers "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", press, "bash"])
        .arg(script)
        .args(words);
    let output = bash.output().expect("bash");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && complaint.is_empty(),
        "{complaint}"
    );
    let offered = String::from_utf8(output.stdout).expect("UTF-8");
    offered.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_shells() {
    let folder = Folder::new("shell-bash");
    assert_eq!(completed(&folder, &["calipers", "sl"]), ["slurp"]);
    assert_eq!(
        completed(&folder, &["calipers", "c"]),
        ["clean", "combine", "completions"]
    );
    assert_eq!(
        completed(&folder, &["calipers", "slurp", "--me"]),
        ["--merged"]
    );
    assert_eq!(
        completed(&folder, &["calipers", "completions", "z"]),
        ["zsh"]
    );
}

#[test]
fn every_shell_gets_a_script_that_names_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        for command in ["slurp", "poll", "top", "web", "clean", "pipes", "combine"] {
            assert!(script.contains(command), "{shell} knows no `{command}`");
        }
    }
}

#[test]
fn what_is_bold_is_so_on_a_terminal_alone_that_knows_it_and_unless_no_color_is_set() {
    let folder = Folder::new("shell-colours");
    let file = publish(&folder, "web", &counting(3));
    let asked = ["slurp", text(file.path())];
    let screen = Screen::of(&asked);
    screen.shows("done");
    assert!(screen.is_bold("==> web"));
    assert!(!screen.is_bold("done"));
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let mut plain = calipers(&asked);
        plain.env(name, value);
        let screen = Screen::running(plain);
        screen.shows("done");
        assert!(!screen.is_bold("==> web"), "{name}");
    }
    // No terminal.
    for asked in [&asked[..], &["poll", "-c", "1", "jobs.done", asked[1]]] {
        let shown = printed(asked);
        assert!(!shown.contains('\x1b'), "{shown:?}");
    }
}
