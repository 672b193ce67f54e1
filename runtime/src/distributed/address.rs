//! Addresses of aggregators: a socket of this host in the file system, or TCP.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

/// What an address looks like, for who gave one that does not.
pub(super) const EXAMPLE: &str = "ipc:///run/stats/aggregator.sock` or `tcp://127.0.0.1:5710";

/// Where an aggregator listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Ipc(PathBuf),
    Tcp { host: String, port: u16 },
}

impl Address {
    /// Nothing for what is no address.
    pub(super) fn parse(text: &str) -> Option<Address> {
        if let Some(path) = text.strip_prefix("ipc://") {
            // Abstract sockets belong to no folder, so anybody may connect to one; a NUL ends a path too early.
            let is_path = path.starts_with('/') && !path.ends_with('/') && !path.contains('\0');
            return is_path.then(|| Address::Ipc(path.into()));
        }
        let (host, port) = text.strip_prefix("tcp://")?.rsplit_once(':')?;
        let port = match port {
            "*" => 0,
            port => port.parse().ok()?,
        };
        let is_host = |letter: char| letter.is_ascii_alphanumeric() || "-._:[]*".contains(letter);
        let host = match host {
            "localhost" => Ipv4Addr::LOCALHOST.to_string(),
            host => host.to_owned(),
        };
        let is_host = !host.is_empty() && host.chars().all(is_host);
        is_host.then_some(Address::Tcp { host, port })
    }

    /// Whether only this machine can be at the other end.
    pub(super) fn is_local(&self) -> bool {
        match self {
            Address::Ipc(_) => true,
            Address::Tcp { host, .. } => {
                let plain = host.trim_start_matches('[').trim_end_matches(']');
                plain.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
        }
    }
}

/// As 0MQ has it.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Ipc(path) => write!(f, "ipc://{}", path.display()),
            Address::Tcp { host, port: 0 } => write!(f, "tcp://{host}:*"),
            Address::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_local() {
        for (text, is_local) in [
            ("ipc:///run/x.sock", true),
            ("tcp://127.0.0.1:5710", true),
            ("tcp://localhost:5710", true),
            ("tcp://[::1]:5710", true),
            ("tcp://*:5710", false),
            ("tcp://0.0.0.0:5710", false),
            ("tcp://stats.example:5710", false),
            ("tcp://127.0.0.1.example:5710", false),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.is_local(), is_local, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for none in [
            "",
            "ipc://",
            "ipc://relative",
            "ipc:///folder/",
            "ipc://@abstract",
            "tcp://",
            "tcp://:1",
            "tcp://host",
            "tcp://host:port",
            "tcp://host:99999",
            "tcp://a b:1",
            "inproc://x",
            "tcp://eth0;127.0.0.1:1",
            "127.0.0.1:5710",
        ] {
            assert_eq!(Address::parse(none), None, "{none}");
        }
        let free = Address::parse("tcp://127.0.0.1:0").unwrap();
        assert_eq!(free.to_string(), "tcp://127.0.0.1:*");
    }
}
