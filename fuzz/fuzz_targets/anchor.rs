//! Finding places again: the bytes are an old text, a NUL and a new one, with marks all over the old one.
#![no_main]

use byline_fuzz::check_anchor;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check_anchor(bytes));
