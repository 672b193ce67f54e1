//! Labels: the paths of stats as mmstats writes names, `handler.requests`.

use std::hash::BuildHasher;

use crate::snapshot::unescape;

/// The longest label that every reader takes: to `pollstats` a size whose first byte is zero is the end of the file.
const LONGEST: usize = 255;
/// What `cleanstats` takes for the number of the file's writer, wherever a label ends in it.
const PID: &str = "sys.pid";

/// Makes a label legal in place; the prefix is part of it.
///
/// One that is too long is cut, and ends in a hash of the whole, so that two of them stay apart.
pub(super) fn make_legal(label: &mut String) {
    if label.is_empty() {
        label.push('_');
    }
    if label.ends_with(PID) {
        label.push('_');
    }
    if label.len() > LONGEST {
        let hash = foldhash::quality::FixedState::default().hash_one(label.as_str()) as u32;
        label.truncate(label.floor_char_boundary(LONGEST - 9));
        label.push_str(&format!("~{hash:08x}"));
    }
}

/// Adds a stat's path, its place's and its name, to a prefix: slashes become dots.
pub(super) fn push_path(label: &mut String, place: &str, name: &str) {
    for segment in place.split('/').filter(|segment| !segment.is_empty()) {
        label.push_str(&unescape(segment));
        label.push('.');
    }
    label.push_str(&unescape(name));
}

/// Adds the name of a part to a stat's label.
pub(super) fn push_part(label: &mut String, name: &str) {
    label.push('.');
    label.push_str(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn legal(label: &str) -> String {
        let mut label = label.to_owned();
        make_legal(&mut label);
        label
    }

    #[test]
    fn no_label_passes_for_the_number_of_a_process() {
        assert_eq!(legal("app.sys.pid"), "app.sys.pid_");
        assert_eq!(legal("mysys.pid"), "mysys.pid_");
        assert_eq!(legal("sys.pids"), "sys.pids");
    }

    #[test]
    fn every_label_has_between_1_and_255_bytes() {
        assert_eq!(legal(""), "_");
        let long = "ü".repeat(200);
        let other = format!("{long}x");
        assert!(legal(&long).len() <= LONGEST);
        assert!(legal(&long).len() > LONGEST - 3);
        assert_ne!(legal(&long), legal(&other));
        assert_eq!(legal(&long), legal(&long));
        assert_eq!(legal(&"x".repeat(255)), "x".repeat(255));
    }

    #[test]
    fn slashes_become_dots() {
        let mut label = "web.".to_owned();
        push_path(&mut label, "/handler/a.b", "latency");
        push_part(&mut label, "p99");
        assert_eq!(label, "web.handler.a.b.latency.p99");
        let mut label = "web_".to_owned();
        push_path(&mut label, "", "top");
        assert_eq!(label, "web_top");
        let mut label = String::new();
        push_path(&mut label, "/%/a", "%");
        assert_eq!(label, ".a.", "empty parts, which are written so");
    }
}
