//! `calipers pipes` and `calipers combine`: thin over the library, which has tests of its own.

use calipers::report::Pipe;
use calipers::report::http::Server;
use calipers_tests::parts::Folder;
use serde_json::{Value as Json, json};

use crate::command::{counting, printed, run, text};

#[test]
fn pipes_of_a_folder_are_added_up() {
    let folder = Folder::new("tools-pipes");
    let pipes = folder.path("pipes");
    let _pipe = Pipe::builder(&pipes)
        .registry(&counting(3))
        .start()
        .unwrap();
    let gathered: Json = serde_json::from_str(&printed(&["pipes", text(&pipes)])).unwrap();
    assert_eq!(gathered["stats"]["jobs.done"], json!(3), "{gathered}");
}

#[test]
fn a_folder_of_pipes_that_is_not_there_is_told() {
    let folder = Folder::new("tools-no-pipes");
    let missing = folder.path("mistyped");
    let (code, shown, complaint) = run(&["pipes", text(&missing)]);
    assert_eq!((code, &*shown), (1, ""));
    assert!(complaint.contains("no folder"), "{complaint}");
}

#[test]
fn servers_are_combined_by_rules_and_one_that_is_away_is_told() {
    let folder = Folder::new("tools-combine");
    let rules = folder.write("rules.toml", "[[rule]]\nat = \"/jobs/done\"\nsum = {}\n");
    let servers = [3, 4].map(|count| {
        Server::builder("127.0.0.1:0")
            .registry(&counting(count))
            .start()
            .unwrap()
    });
    let addresses = servers
        .each_ref()
        .map(|server| server.local_addr().to_string());
    let combined = printed(&[
        "combine",
        "--json",
        text(&rules),
        &addresses[0],
        &addresses[1],
    ]);
    let combined: Json = serde_json::from_str(&combined).unwrap();
    assert_eq!(
        combined["combined"]["jobs"]["done"]["sum"],
        json!(7),
        "{combined}"
    );
    let [first, second] = servers;
    second.stop();
    let (code, shown, _) = run(&["combine", text(&rules), &addresses[0], &addresses[1]]);
    assert_eq!(code, 1);
    assert!(shown.contains(&addresses[1]), "{shown}");
    first.stop();
    let wrong = folder.write("wrong.toml", "[[rule]]\n");
    let (code, _, complaint) = run(&["combine", text(&wrong), "127.0.0.1:1"]);
    assert_eq!(code, 2, "{complaint}");
}

#[test]
fn a_folder_that_is_mistyped_or_beside_others_is_no_server() {
    let folder = Folder::new("tools-combine-folder");
    let rules = folder.write("rules.toml", "[[rule]]\nat = \"/jobs/done\"\nsum = {}\n");
    let missing = folder.path("mistyped");
    let (code, shown, complaint) = run(&["combine", text(&rules), text(&missing)]);
    assert_eq!((code, &*shown), (1, ""));
    assert!(complaint.contains("there is no folder"), "{complaint}");
    let there = folder.path("");
    let (code, _, complaint) = run(&["combine", text(&rules), text(&there), "127.0.0.1:1"]);
    assert_eq!(code, 2);
    assert!(complaint.contains("is a folder"), "{complaint}");
}
