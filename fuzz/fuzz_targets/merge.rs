//! Merging files: the bytes are base, ours and theirs with a NUL between them.
#![no_main]

use byline_fuzz::check_merge;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| check_merge(bytes));
