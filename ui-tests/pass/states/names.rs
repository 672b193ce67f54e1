//! States are named in snake case, and each name leads back to its variant.
use calipers::{Key, States};

#[derive(Debug, PartialEq, States)]
enum Phase {
    WaitingForTask,
    HTTPError = 7,
    #[state(name = "done!")]
    Finished,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, States)]
#[states(rename_all = "kebab-case")]
enum Other {
    TwoWords,
    r#Raw,
}

fn main() {
    assert_eq!(Phase::NAMES, ["waiting_for_task", "http_error", "done!"]);
    assert_eq!(Other::NAMES, ["two-words", "raw"]);
    assert_eq!(States::index(&Phase::Finished), 2);
    assert_eq!(Phase::from_index(1), Some(Phase::HTTPError));
    assert_eq!(Other::from_index(2), None);
    assert_eq!(Phase::WaitingForTask.text(), "waiting_for_task");
    let _ = (Other::TwoWords, Other::Raw);
}
