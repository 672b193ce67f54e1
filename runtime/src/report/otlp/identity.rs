//! Who sends, where nobody says: what OpenTelemetry calls the resource.

use std::hash::{BuildHasher, Hasher};
use std::time::SystemTime;

use crate::program;

/// The attributes that every program has.
///
/// `service.instance.id` tells processes of one service apart: two that count into one series would each seem to set the
/// other back.
pub(super) fn usual() -> Vec<(String, String)> {
    let service = match program::name() {
        Some(program) => format!("unknown_service:{program}"),
        None => "unknown_service".to_owned(),
    };
    [
        ("service.name", service),
        ("service.instance.id", instance()),
        ("telemetry.sdk.name", env!("CARGO_PKG_NAME").to_owned()),
        ("telemetry.sdk.language", "rust".to_owned()),
        (
            "telemetry.sdk.version",
            env!("CARGO_PKG_VERSION").to_owned(),
        ),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// A random UUID (version 4), new for each reader: its series begin when it does.
fn instance() -> String {
    let bits = u128::from(random()) << 64 | u128::from(random());
    let version = bits & !(0xf << 76) | 0x4 << 76;
    let uuid = version & !(0x3 << 62) | 0x2 << 62;
    let hex = format!("{uuid:032x}");
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

/// Not for secrets: std seeds its hash maps from the system.
fn random() -> u64 {
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    hasher.write_u128(now.unwrap_or_default().as_nanos());
    hasher.write_u32(std::process::id());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_told_apart_by_a_uuid_each() {
        let (one, other) = (instance(), instance());
        assert_ne!(one, other);
        assert_eq!((one.len(), one.as_bytes()[14]), (36, b'4'));
        assert!(
            matches!(one.as_bytes()[19], b'8' | b'9' | b'a' | b'b'),
            "{one}"
        );
    }
}
