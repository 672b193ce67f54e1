//! Names of files: `{CMD}-{PID}-{TID}.mmstats`.

use std::ffi::OsString;
use std::path::Path;

/// What Python's mmstats calls its files unless told otherwise.
pub(super) const FILE: &str = "{CMD}-{PID}-{TID}.mmstats";

/// Puts in the name of the program, the process's number and the thread's; gives what stands in braces and is none of them.
pub(super) fn expand(template: &str) -> Result<String, String> {
    let mut name = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        name.push_str(rest.get(..open).unwrap_or_default());
        rest = rest.get(open..).unwrap_or_default();
        let Some(close) = rest.find('}') else {
            return Err(rest.to_owned());
        };
        match rest.get(..=close).unwrap_or_default() {
            "{CMD}" => name.push_str(&command()),
            "{PID}" => name.push_str(&std::process::id().to_string()),
            "{TID}" => name.push_str(&thread().to_string()),
            unknown => return Err(unknown.to_owned()),
        }
        rest = rest.get(close + 1..).unwrap_or_default();
    }
    name.push_str(rest);
    Ok(name)
}

/// The number the system has for this thread.
pub(super) fn thread() -> i32 {
    rustix::thread::gettid().as_raw_nonzero().get()
}

fn command() -> String {
    let command = std::env::args_os()
        .next()
        .unwrap_or_else(|| OsString::from("unknown"));
    let name = Path::new(&command).file_name().unwrap_or(&command);
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_braces_is_put_in() {
        let pid = std::process::id();
        assert_eq!(expand("a-{PID}.mmstats"), Ok(format!("a-{pid}.mmstats")));
        let default = expand(FILE).unwrap();
        assert!(
            default.contains(&format!("-{pid}-{}.mmstats", thread())),
            "{default}"
        );
        assert!(!default.starts_with('-'), "{default}");
        assert_eq!(expand("{HOST}.x"), Err("{HOST}".to_owned()));
        assert_eq!(expand("x{PID"), Err("{PID".to_owned()));
    }
}
