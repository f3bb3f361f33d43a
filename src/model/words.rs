//! Numbers in words, for what people are told. What is counted, and where it is told, is known elsewhere.

/// “1 claim”, “2 claims”: for nouns whose plural is made with an s.
pub fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
