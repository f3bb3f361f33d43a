//! How offsets were counted: a program that counts, what is declared, a text, a NUL, and marks of three bytes each.
#![no_main]

use byline_fuzz::check_trial;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check_trial(bytes));
