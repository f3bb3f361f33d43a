//! What `docs/durability.md` promises, tried with real processes. In short form as tests; `scripts/durability` runs the
//! long form and prints what the page says.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it must be")]

#[path = "durability/crash.rs"]
mod crash;
#[path = "durability/soak.rs"]
mod soak;
#[path = "durability/work.rs"]
mod work;

/// Whether more than the short form is asked for.
fn long() -> bool {
    std::env::var_os("BYLINE_LONG").is_some()
}
