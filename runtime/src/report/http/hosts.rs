//! Which names the page answers to, against DNS rebinding.
//!
//! A page of some website can have its own name resolve to 127.0.0.1, and from then on the browser lets its script read
//! whatever is served there: to the browser it is the same site. The `Host` header still tells the name that was asked
//! for, so what listens on this machine alone answers to the names of this machine alone. A plain address cannot be
//! rebound: no name server gives it away.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, Version, header};

/// The names that are answered to.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts {
    /// In lower case, without a port.
    allowed: Vec<String>,
    /// Whether only this machine can connect.
    loopback: bool,
}

/// What is wrong with the name that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("the request does not say which host it is for; send one `Host` header")]
    Missing,
    #[error("the request says {0} times which host it is for; send one `Host` header")]
    Several(usize),
    #[error("the `Host` header of the request is no name of a host")]
    NoName,
    #[error(
        "`{0}` is not a name of this page; open it by its address, or have the program allow the name (`allow_host`)"
    )]
    Name(String),
}

impl Hosts {
    pub(super) fn allow(&mut self, host: &str) {
        self.allowed.push(plain(host));
    }

    /// What is served where only this machine can connect.
    pub(super) fn of_loopback(mut self) -> Hosts {
        self.loopback = true;
        self
    }

    pub(super) fn check(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        version: Version,
    ) -> Result<(), Refused> {
        if let Some(host) = uri.host() {
            return self.check_name(host);
        }
        let given: Vec<_> = headers.get_all(header::HOST).iter().collect();
        match *given {
            // Of old clients, and of programs that call the routes without a network; browsers always say it.
            [] if version < Version::HTTP_11 || !self.is_strict() => Ok(()),
            [] => Err(Refused::Missing),
            [host] => {
                let host = host.to_str().ok().and_then(|host| host.parse().ok());
                let host: Authority = host.ok_or(Refused::NoName)?;
                self.check_name(host.host())
            }
            _ => Err(Refused::Several(given.len())),
        }
    }

    /// Whether there are names that are refused.
    fn is_strict(&self) -> bool {
        self.loopback || !self.allowed.is_empty()
    }

    fn check_name(&self, host: &str) -> Result<(), Refused> {
        let name = plain(host);
        let answered = match name.parse::<IpAddr>() {
            Ok(address) => address.is_loopback() || !self.loopback,
            Err(_) => name == "localhost" || name.ends_with(".localhost") || !self.is_strict(),
        };
        if answered || self.allowed.contains(&name) {
            Ok(())
        } else {
            Err(Refused::Name(name))
        }
    }
}

/// A name as names are compared: without the brackets of an IPv6 address and the dot that may end it.
fn plain(host: &str) -> String {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hosts: &Hosts, host: &str) -> Result<(), Refused> {
        let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
        hosts.check(&"/".parse().unwrap(), &headers, Version::HTTP_11)
    }

    #[test]
    fn this_machine_alone_is_asked_for_by_its_own_names() {
        let hosts = Hosts::default().of_loopback();
        for own in [
            "localhost",
            "localhost:9000",
            "LocalHost.",
            "stats.localhost:1",
            "127.0.0.1:9000",
            "127.9.9.9",
            "[::1]:9000",
        ] {
            assert_eq!(check(&hosts, own), Ok(()), "{own}");
        }
        for other in [
            "evil.example",
            "evil.example:9000",
            "localhost.evil.example",
            "10.0.0.1",
            "127.0.0.1.evil.example",
            "notlocalhost",
        ] {
            let refused = check(&hosts, other).unwrap_err();
            assert!(matches!(&refused, Refused::Name(_)), "{other}");
            assert!(refused.to_string().contains("`allow_host`"));
        }
    }

    #[test]
    fn other_names_are_answered_to_once_they_are_allowed() {
        let mut hosts = Hosts::default().of_loopback();
        hosts.allow("Stats.Example");
        assert_eq!(check(&hosts, "stats.example:443"), Ok(()));
        assert!(check(&hosts, "other.example").is_err());
    }

    #[test]
    fn what_others_can_reach_answers_to_any_name_until_some_are_listed() {
        let mut hosts = Hosts::default();
        assert_eq!(check(&hosts, "web1.example:9000"), Ok(()));
        hosts.allow("web1.example");
        assert_eq!(check(&hosts, "web1.example:9000"), Ok(()));
        assert_eq!(check(&hosts, "10.0.0.1:9000"), Ok(()));
        assert!(check(&hosts, "evil.example").is_err());
    }

    #[test]
    fn a_request_says_for_whom_it_is_and_once() {
        let hosts = Hosts::default().of_loopback();
        let uri: Uri = "/".parse().unwrap();
        let none = HeaderMap::new();
        assert_eq!(hosts.check(&uri, &none, Version::HTTP_10), Ok(()));
        let missing = Err(Refused::Missing);
        assert_eq!(hosts.check(&uri, &none, Version::HTTP_11), missing);
        let mut two = HeaderMap::new();
        two.append(header::HOST, "localhost".parse().unwrap());
        two.append(header::HOST, "evil.example".parse().unwrap());
        let twice = hosts.check(&uri, &two, Version::HTTP_11).unwrap_err();
        assert_eq!(
            twice.to_string(),
            "the request says 2 times which host it is for; send one `Host` header"
        );
        assert_eq!(check(&hosts, "a b"), Err(Refused::NoName));
        // An address in the request line goes before the header.
        let whole: Uri = "http://evil.example/".parse().unwrap();
        let header = HeaderMap::from_iter([(header::HOST, "localhost".parse().unwrap())]);
        assert!(hosts.check(&whole, &header, Version::HTTP_11).is_err());
    }
}
