//! What a lock asks of the machine: who we are, whether a process lives, how much time has passed.
//!
//! Behind a trait, so that tests can put reused process numbers and clocks that jump in its place.

use chrono::{DateTime, Utc};
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Which process this is, as far as the system says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The person's name on this machine.
    pub user: String,
    /// The machine's name.
    pub host: String,
    /// This run of the machine's kernel; empty where that cannot be told.
    pub boot: String,
    /// In which table of processes `process` is a number: containers have their own.
    pub table: String,
    /// The number of the process.
    pub process: u32,
    /// When it was started, in ticks since the kernel was; 0 where that cannot be told. Numbers are reused, this is not.
    pub started: u64,
}

/// Whether a process is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Process {
    /// It runs since this tick.
    Runs(u64),
    /// There is none, or it has ended.
    Gone,
    /// That cannot be told here.
    Unknown,
}

/// The machine that we run on.
pub trait Machine: Send + Sync {
    /// This process.
    fn identity(&self) -> Identity;
    /// The process of this number.
    fn process(&self, number: u32) -> Process;
    /// Time since some moment. Never runs backwards, whatever is done to the clock.
    fn elapsed(&self) -> Duration;
    /// The time of day, for people.
    fn now(&self) -> DateTime<Utc>;
    /// Whether the system is asked for its own locks.
    fn has_locks(&self) -> bool;
    /// Whether a folder surely lies on a disk of this machine, where the system's own locks can be trusted.
    fn is_local(&self, folder: &Path) -> bool;
}

/// The machine as it is.
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn identity(&self) -> Identity {
        static IDENTITY: OnceLock<Identity> = OnceLock::new();
        let of = || {
            let process = std::process::id();
            let started = match self.process(process) {
                Process::Runs(started) => started,
                Process::Gone | Process::Unknown => 0,
            };
            let table = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
            Identity {
                user: ["USER", "LOGNAME", "USERNAME"]
                    .iter()
                    .find_map(|name| std::env::var(name).ok())
                    .unwrap_or_default(),
                host: host(),
                boot: std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned(),
                table: table.to_string_lossy().into_owned(),
                process,
                started,
            }
        };
        IDENTITY.get_or_init(of).clone()
    }

    fn process(&self, number: u32) -> Process {
        if cfg!(not(target_os = "linux")) || !Path::new("/proc/self/stat").exists() {
            return Process::Unknown;
        }
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{number}/stat")) else { return Process::Gone };
        // proc_pid_stat(5): after the name, which may hold anything but is in brackets, stand the state, field 3, and
        // the start in ticks, field 22. Who was killed and not yet waited for is a zombie.
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        match (fields.next(), fields.nth(18).and_then(|started| started.parse().ok())) {
            (Some("Z" | "X" | "x"), _) => Process::Gone,
            (_, Some(started)) => Process::Runs(started),
            _ => Process::Unknown,
        }
    }

    fn elapsed(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn has_locks(&self) -> bool {
        true
    }

    #[cfg(target_os = "linux")]
    fn is_local(&self, folder: &Path) -> bool {
        // statfs(2): ext2–4, btrfs, xfs, f2fs, zfs, bcachefs, tmpfs, overlayfs, FAT, exFAT, NTFS.
        const LOCAL: [u32; 11] = [
            0xEF53,
            0x9123_683E,
            0x5846_5342,
            0xF2F5_2010,
            0x2FC1_2FC1,
            0xCA45_1A4E,
            0x0102_1994,
            0x794C_7630,
            0x4D44,
            0x2011_BAB0,
            0x7366_746E,
        ];
        rustix::fs::statfs(folder).is_ok_and(|found| LOCAL.contains(&(found.f_type as u32)))
    }

    #[cfg(not(target_os = "linux"))]
    fn is_local(&self, _: &Path) -> bool {
        false
    }
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_is_told_from_a_later_one_with_its_number_and_from_its_remains() {
        let me = ThisMachine.identity();
        assert_eq!(ThisMachine.process(me.process), Process::Runs(me.started));
        assert!(me.started > 0 && !me.host.is_empty() && !me.boot.is_empty());
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        assert!(matches!(ThisMachine.process(child.id()), Process::Runs(started) if started >= me.started));
        child.kill().unwrap();
        // Not waited for: its number is still taken.
        while ThisMachine.process(child.id()) != Process::Gone {
            std::thread::yield_now();
        }
        child.wait().unwrap();
    }
}
