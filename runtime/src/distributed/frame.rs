//! The envelope of every message, and the tag that proves that its sender knows the key.
//!
//! What comes from a socket may be anything, so everything here is looked at before it is believed, and nothing is allocated
//! for it. `docs/distributed.md` in the repository has the format.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const MAGIC: [u8; 8] = *b"CALIWIRE";

/// Raised when a receiver of the version before would misread what is sent.
const SCHEMA: u16 = 1;

/// No message is longer; 0MQ does not even take one.
pub(super) const LONGEST: usize = 8 << 20;

const HEAD: usize = 40;
const TAG: usize = 32;

const FIRST: u8 = 1;
const LAST: u8 = 2;
const SIGNED: u8 = 4;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Of a source: all it has. It may take several messages.
    Whole = 1,
    /// Of a source: what changed since the message before.
    Change = 2,
    /// Of the aggregator: everything up to this number is known.
    Taken = 3,
    /// Of the aggregator: a message before this one is missing, so it wants to have everything.
    Wanted = 4,
}

/// What stands before the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) sort: Sort,
    /// Whether it begins, and whether it ends, what belongs together.
    pub(super) is_first: bool,
    pub(super) is_last: bool,
    /// Which run of the source it is: a random number, and when it began, in nanoseconds since 1970.
    pub(super) incarnation: u64,
    pub(super) started: u64,
    /// Each message has one more than the message before.
    pub(super) sequence: u64,
}

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    NotOurs,
    OtherSchema,
    Truncated,
    Unsigned,
    WrongKey,
    Malformed,
}

impl Refused {
    /// What it is counted under.
    pub(super) fn cause(self) -> &'static str {
        match self {
            Refused::NotOurs => "notOurs",
            Refused::OtherSchema => "otherSchema",
            Refused::Truncated => "truncated",
            Refused::Unsigned => "unsigned",
            Refused::WrongKey => "wrongKey",
            Refused::Malformed => "malformed",
        }
    }
}

/// What both ends know, and nobody else should.
#[derive(Clone)]
pub(super) struct Key(Hmac<Sha256>);

impl Key {
    /// Nothing for a key of no bytes, which proves nothing.
    pub(super) fn new(bytes: &[u8]) -> Option<Key> {
        let mac = Hmac::new_from_slice(bytes).ok();
        mac.filter(|_| !bytes.is_empty()).map(Key)
    }

    fn tag(&self, bytes: &[u8]) -> [u8; TAG] {
        let mut mac = self.0.clone();
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }

    /// In a time that does not tell how much of it is right.
    fn proves(&self, bytes: &[u8], tag: &[u8]) -> bool {
        let mut mac = self.0.clone();
        mac.update(bytes);
        mac.verify_slice(tag).is_ok()
    }
}

/// What is proved by a password, lest it is a tag of anything else.
const DOOR: &[u8] = b"calipers connects";

impl Key {
    /// What is said before the first message ([`super::door`]); the key cannot be told from it.
    pub(super) fn password(&self) -> String {
        let tag = self.tag(DOOR);
        tag.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// In a time that does not tell how much of it is right.
    pub(super) fn made_password(&self, given: &[u8]) -> bool {
        self.proves(self.password().as_bytes(), &self.tag(given))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// A message of this head and body, with a tag where there is a key.
pub(super) fn seal(head: &Head, body: &[u8], key: Option<&Key>) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD + body.len() + TAG);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&SCHEMA.to_le_bytes());
    out.push(head.sort as u8);
    let flag = |is: bool, flag: u8| if is { flag } else { 0 };
    out.push(flag(head.is_first, FIRST) | flag(head.is_last, LAST) | flag(key.is_some(), SIGNED));
    // A body is shorter than the longest message, which fits.
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    for number in [head.incarnation, head.started, head.sequence] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(body);
    if let Some(key) = key {
        let tag = key.tag(&out);
        out.extend_from_slice(&tag);
    }
    out
}

/// The head and the body of a message that was sent by somebody who knows the key, if there is one.
pub(super) fn open<'a>(message: &'a [u8], key: Option<&Key>) -> Result<(Head, &'a [u8]), Refused> {
    let after_magic = message.strip_prefix(&MAGIC).ok_or(Refused::NotOurs)?;
    let (schema, rest) = number(after_magic).ok_or(Refused::Truncated)?;
    if u16::from_le_bytes(schema) != SCHEMA {
        return Err(Refused::OtherSchema);
    }
    let ([sort, flags], rest) = number(rest).ok_or(Refused::Truncated)?;
    let (length, rest) = number(rest).ok_or(Refused::Truncated)?;
    let (incarnation, rest) = number(rest).ok_or(Refused::Truncated)?;
    let (started, rest) = number(rest).ok_or(Refused::Truncated)?;
    let (sequence, rest) = number(rest).ok_or(Refused::Truncated)?;
    let length = u32::from_le_bytes(length) as usize;
    let (body, tag) = rest.split_at_checked(length).ok_or(Refused::Truncated)?;
    let is_signed = flags & SIGNED != 0;
    match tag.len() {
        0 if !is_signed => {}
        TAG if is_signed => {}
        _ => return Err(Refused::Truncated),
    }
    match key {
        Some(_) if !is_signed => return Err(Refused::Unsigned),
        Some(key) => {
            let (signed, _) = message
                .split_at_checked(HEAD + length)
                .ok_or(Refused::Truncated)?;
            if !key.proves(signed, tag) {
                return Err(Refused::WrongKey);
            }
        }
        // Signed with a key that we do not have, so what we answer would not be believed.
        None if is_signed => return Err(Refused::WrongKey),
        None => {}
    }
    let sort = match sort {
        1 => Sort::Whole,
        2 => Sort::Change,
        3 => Sort::Taken,
        4 => Sort::Wanted,
        _ => return Err(Refused::Malformed),
    };
    let head = Head {
        sort,
        is_first: flags & FIRST != 0,
        is_last: flags & LAST != 0,
        incarnation: u64::from_le_bytes(incarnation),
        started: u64::from_le_bytes(started),
        sequence: u64::from_le_bytes(sequence),
    };
    Ok((head, body))
}

/// The first bytes, as many as the number has, and the rest.
fn number<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    let (first, rest) = bytes.split_first_chunk()?;
    Some((*first, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD_OF_ALL: Head = Head {
        sort: Sort::Whole,
        is_first: true,
        is_last: false,
        incarnation: 7,
        started: 8,
        sequence: 9,
    };

    #[test]
    fn what_was_sealed_is_opened_by_those_who_know_the_key() {
        let key = Key::new(b"secret").unwrap();
        for key in [None, Some(&key)] {
            let sealed = seal(&HEAD_OF_ALL, b"body", key);
            assert_eq!(open(&sealed, key), Ok((HEAD_OF_ALL, &b"body"[..])));
        }
        let other = Key::new(b"other").unwrap();
        let sealed = seal(&HEAD_OF_ALL, b"body", Some(&key));
        assert_eq!(open(&sealed, Some(&other)), Err(Refused::WrongKey));
        assert_eq!(open(&sealed, None), Err(Refused::WrongKey));
        let plain = seal(&HEAD_OF_ALL, b"body", None);
        assert_eq!(open(&plain, Some(&key)), Err(Refused::Unsigned));
        assert!(Key::new(b"").is_none());
    }

    #[test]
    fn a_password_is_known_by_those_who_know_the_key() {
        let (key, other) = (Key::new(b"secret").unwrap(), Key::new(b"other").unwrap());
        let password = key.password();
        assert_eq!(password.len(), 64);
        assert!(key.made_password(password.as_bytes()));
        assert!(!other.made_password(password.as_bytes()));
        for wrong in ["", "secret", &password[1..], &password.to_uppercase()] {
            assert!(!key.made_password(wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn a_message_that_was_changed_anywhere_is_refused() {
        let key = Key::new(b"secret").unwrap();
        let sealed = seal(&HEAD_OF_ALL, b"body", Some(&key));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&changed, Some(&key)).is_err(), "byte {at}");
        }
    }

    #[test]
    fn what_ends_too_early_or_too_late_is_refused() {
        let sealed = seal(&HEAD_OF_ALL, b"body", None);
        for end in 0..sealed.len() {
            let expected = match end {
                0..8 => Refused::NotOurs,
                _ => Refused::Truncated,
            };
            assert_eq!(open(&sealed[..end], None), Err(expected), "{end} bytes");
        }
        let longer = [&sealed[..], b"x"].concat();
        assert_eq!(open(&longer, None), Err(Refused::Truncated));
    }

    #[test]
    fn strangers_words_are_not_ours() {
        for said in [&b"shutdown"[..], b"\x80\x04\x95cos\nsystem\n", b""] {
            assert_eq!(open(said, None), Err(Refused::NotOurs));
        }
        let mut later = seal(&HEAD_OF_ALL, b"", None);
        later[8] = 2;
        assert_eq!(open(&later, None), Err(Refused::OtherSchema));
    }
}
