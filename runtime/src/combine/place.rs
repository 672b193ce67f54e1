//! Where a server's JSON is: a file, or a page.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use ureq::http::Uri;

use super::room::Room;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    File(PathBuf),
    /// Its address in full.
    Page(String),
}

impl Place {
    /// `web1:9000` as `http://web1:9000/`.
    pub(super) fn page(address: &str) -> Place {
        let url = match address.contains("://") {
            true => address.to_owned(),
            false => format!("http://{address}"),
        };
        let is_bare = url.splitn(4, '/').nth(3).is_none();
        Place::Page(if is_bare { url + "/" } else { url })
    }

    /// What is there, with the room that it takes.
    pub(super) fn read<'r>(
        &self,
        agent: &ureq::Agent,
        mut room: Room<'r>,
    ) -> Result<(Value, Room<'r>), String> {
        let bytes = match self {
            Place::File(path) => room.read(open(path)?)?,
            Place::Page(url) => {
                if !is_address(url) {
                    return Err("it is no address; write `web1:9000`".to_owned());
                }
                let request = agent.get(url).header("accept", "application/json");
                let mut answer = request.call().map_err(|error| match error {
                    ureq::Error::Timeout(_) => "it did not answer in time".to_owned(),
                    other => other.to_string(),
                })?;
                let status = answer.status();
                if !status.is_success() {
                    return Err(format!("it answered {status}"));
                }
                // Its length is for `room` to limit.
                let body = answer.body_mut().with_config().limit(u64::MAX);
                room.read(body.reader())?
            }
        };
        let stats: Value =
            serde_json::from_slice(&bytes).map_err(|error| format!("it is no JSON: {error}"))?;
        match stats.is_object() {
            true => Ok((stats, room)),
            false => Err("it is JSON, but no object of stats".to_owned()),
        }
    }
}

/// With a host, and with a port that is one, where there is any.
fn is_address(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    uri.authority().is_some_and(|authority| {
        let (_, place) = authority.as_str().rsplit_once('@').unwrap_or_default();
        let place = if place.is_empty() {
            authority.as_str()
        } else {
            place
        };
        let names_port = place.len() > authority.host().len();
        !authority.host().is_empty() && names_port == authority.port_u16().is_some()
    })
}

/// A pipe would have us wait for whoever writes to it, and a device may never end.
fn open(path: &Path) -> Result<impl Read, String> {
    let opened = File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path);
    let file = opened.map_err(|error| error.to_string())?;
    let about = file.metadata().map_err(|error| error.to_string())?;
    match about.is_file() {
        true => Ok(file),
        false => Err("it is no file".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_known_before_it_is_asked() {
        for good in [
            "web1",
            "web1:9000",
            "127.0.0.1:80",
            "[::1]:80",
            "80:80",
            "a@b:1",
        ] {
            assert!(is_address(&format!("http://{good}/")), "{good}");
        }
        for bad in ["", ":80", "web1:99999", "web1:http", "a b"] {
            assert!(!is_address(&format!("http://{bad}/")), "{bad}");
        }
    }

    #[test]
    fn an_address_is_the_same_with_its_scheme_and_without() {
        for same in ["web1:9000", "http://web1:9000", "http://web1:9000/"] {
            assert_eq!(
                Place::page(same),
                Place::Page("http://web1:9000/".to_owned())
            );
        }
        let deep = "http://web1:9000/stats/?format=json";
        assert_eq!(Place::page(deep), Place::Page(deep.to_owned()));
    }
}
