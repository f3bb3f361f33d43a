//! What stands in the file of a lock: who holds it, and a counter that moves while they do.
//!
//! The counter has always the same number of digits, so that it can be rewritten in place and no reader ever finds half
//! of it.

use super::machine::Identity;
use crate::store::ron_text::{self, VERSION, push_display, push_string, push_time};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

const FORMAT: &str = "byline-lock";

/// Longer files, in bytes, are no locks.
pub const LARGEST: u64 = 64 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "lock")]
struct LockV1 {
    #[allow(dead_code, reason = "looked at before anything else is read")]
    format: IgnoredAny,
    #[allow(dead_code, reason = "likewise")]
    version: IgnoredAny,
    user: String,
    host: String,
    process: u32,
    program: String,
    since: String,
    boot: String,
    table: String,
    started: u64,
    guarded: bool,
    token: String,
    #[allow(dead_code, reason = "two readings are compared as they stand")]
    beat: IgnoredAny,
}

/// Who holds a lock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holder {
    /// The person's name on their machine; empty where the lock does not say.
    pub user: String,
    /// The machine's name; empty where the lock does not say.
    pub host: String,
    /// The number of the process on that machine; 0 where the lock does not say.
    pub process: u32,
    /// Which program and version.
    pub program: String,
    /// Since when, by the clock of that machine.
    pub since: Option<DateTime<Utc>>,
    /// Whether the process was just seen to live. On another machine that cannot be seen: there it shows within half a
    /// minute whether it still counts.
    pub is_surely_alive: bool,
}

impl Holder {
    /// Nothing is known but that there is one.
    pub(super) fn unknown() -> Self {
        let none = String::new;
        Self { user: none(), host: none(), process: 0, program: none(), since: None, is_surely_alive: false }
    }
}

impl fmt::Display for Holder {
    /// “maria on desk-2 (Byline 0.1.0, process 4711), since 2026-11-23 10:00 UTC”
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.is_empty() {
            return f.write_str("somebody who cannot be told");
        }
        let user = if self.user.is_empty() { "somebody" } else { &self.user };
        write!(f, "{user} on {} ({}, process {})", self.host, self.program, self.process)?;
        match self.since {
            Some(since) => write!(f, ", since {}", since.format("%Y-%m-%d %H:%M UTC")),
            None => Ok(()),
        }
    }
}

/// One holding of a lock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// By whom.
    pub identity: Identity,
    /// Which program and version.
    pub program: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Whether the holder also has the system's lock beside it.
    pub guarded: bool,
    /// Distinguishes this holding from all others.
    pub token: String,
}

impl Record {
    /// A holding that begins now.
    pub fn new(identity: Identity, since: DateTime<Utc>, guarded: bool) -> Self {
        // Each state of this hasher is random, which is all the randomness that is needed.
        let random = || RandomState::new().hash_one((std::process::id(), since));
        let token = format!("{:016x}{:016x}", random(), random());
        let program = concat!("Byline ", env!("CARGO_PKG_VERSION")).to_owned();
        Self { identity, program, since, guarded, token }
    }

    /// The file after so many beats.
    pub fn write(&self, beat: u64) -> String {
        let Identity { user, host, boot, table, process, started } = &self.identity;
        let mut out = format!("(\n  format: \"{FORMAT}\",\n  version: {VERSION},\n  user: ");
        push_string(&mut out, user);
        out.push_str(",\n  host: ");
        push_string(&mut out, host);
        push_display(&mut out, format_args!(",\n  process: {process},\n  program: "));
        push_string(&mut out, &self.program);
        out.push_str(",\n  since: ");
        push_time(&mut out, self.since);
        out.push_str(",\n  boot: ");
        push_string(&mut out, boot);
        out.push_str(",\n  table: ");
        push_string(&mut out, table);
        push_display(&mut out, format_args!(",\n  started: {started},\n  guarded: {},\n  token: ", self.guarded));
        push_string(&mut out, &self.token);
        push_display(&mut out, format_args!(",\n  beat: \"{beat:020}\",\n)\n"));
        out
    }

    /// What a file says; `None` where it says nothing that can be understood.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let file: LockV1 = ron_text::read(std::str::from_utf8(bytes).ok()?, FORMAT).ok()?;
        let LockV1 { user, host, boot, table, process, started, .. } = file;
        Some(Self {
            identity: Identity { user, host, boot, table, process, started },
            program: file.program,
            since: ron_text::time(&file.since).ok()?,
            guarded: file.guarded,
            token: file.token,
        })
    }

    /// Whether a file is of this holding.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        Self::read(bytes).is_some_and(|found| found.token == self.token)
    }

    /// For people.
    pub fn holder(self, is_surely_alive: bool) -> Holder {
        Holder {
            user: self.identity.user,
            host: self.identity.host,
            process: self.identity.process,
            program: self.program,
            since: Some(self.since),
            is_surely_alive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::noon;
    use crate::store::testing::naughty;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_lock_says_who_holds_it_in_a_file_whose_length_stays(
            (user, host, boot) in (naughty(), naughty(), naughty()),
            (process, started, beat) in (any::<u32>(), any::<u64>(), any::<u64>()),
        ) {
            let identity = Identity { user, host, boot, table: String::new(), process, started };
            let record = Record::new(identity, noon(), true);
            let (first, later) = (record.write(0), record.write(beat));
            prop_assert_eq!(first.len(), later.len());
            prop_assert_eq!(Record::read(later.as_bytes()), Some(record.clone()));
            prop_assert!(record.is_in(first.as_bytes()));
            let other = Record::new(record.identity.clone(), noon(), true);
            prop_assert!(!other.is_in(first.as_bytes()));
            prop_assert!(!record.is_in(&first.as_bytes()[..first.len() - 3]));
        }
    }
}
