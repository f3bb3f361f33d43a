//! What the parts of a PDF unpack to, counted before anything believes in them.
//!
//! The parts are looked for in the bytes, as the file itself may lie about where they are. Whether they mean anything is
//! not decided here.

use std::borrow::Cow;
use std::io::Read;
use std::time::Instant;

use flate2::read::{DeflateDecoder, ZlibDecoder};
use hayro_interpret::hayro_syntax::Filter;
use memchr::memmem;

use super::super::{Reason, guard};
use super::KIND;

/// The most that one part may unpack to, in bytes: more than the largest picture of a scanned page. Tests need not wait.
const LIMIT: usize = if cfg!(test) { 1 << 20 } else { 256 << 20 };

/// The most that all parts of a file may unpack to, in bytes: each is unpacked again wherever it is used.
const IN_ALL: usize = if cfg!(test) { 3 << 20 } else { 1 << 30 };

/// More parts than any book has.
const PARTS: usize = if cfg!(test) { 5_000 } else { 1_000_000 };

/// The most that a part of an encrypted file may have that unpacks before it can be looked at, in bytes.
const UNSEEN: usize = 1 << 20;

/// As far before a part its description is looked for, in bytes.
const DESCRIPTION: usize = 1 << 14;

/// What the parts that were looked at unpack to so far.
#[derive(Default)]
pub(super) struct Budget {
    parts: usize,
    /// In bytes.
    unpacked: usize,
}

impl Budget {
    /// Looks at one part more, and at the clock.
    pub fn spend(&mut self, filters: &[Filter], data: &[u8], deadline: Instant) -> Result<(), Reason> {
        guard::check(KIND, deadline);
        self.parts += 1;
        if self.parts > PARTS {
            return Err(Reason::TooMany { kind: KIND, of: "parts".into(), limit: PARTS });
        }
        self.unpacked += check_stream(filters, data)?;
        if self.unpacked > IN_ALL { Err(too_much()) } else { Ok(()) }
    }
}

/// Looks at all parts of a file; says whether it is encrypted, so that nothing was seen in them.
pub(super) fn check_file(bytes: &[u8], deadline: Instant) -> Result<bool, Reason> {
    let is_encrypted = memmem::find(bytes, b"/Encrypt").is_some();
    let mut budget = Budget::default();
    // Looked for once, not anew from each beginning: there may be many, and no end.
    let mut ends = memmem::find_iter(bytes, b"endstream").chain(std::iter::once(bytes.len())).peekable();
    for at in memmem::find_iter(bytes, b"stream") {
        let before = bytes.get(at.saturating_sub(DESCRIPTION)..at).unwrap_or_default();
        guard::check(KIND, deadline);
        while ends.next_if(|end| *end < at).is_some() {}
        let end = ends.peek().copied().unwrap_or(bytes.len());
        let data = bytes.get(at + b"stream".len()..end).unwrap_or_default();
        let data = data.strip_prefix(b"\r\n").or_else(|| data.strip_prefix(b"\n")).or_else(|| data.strip_prefix(b"\r"));
        let (false, Some(data)) = (before.ends_with(b"end"), data) else { continue };
        let description = unescaped(before);
        let filters = filters(&description);
        if !is_encrypted {
            budget.spend(&filters, data, deadline)?;
            // Where the description is elsewhere, the data speak for themselves.
            if data.first() == Some(&0x78) && filters.first() != Some(&Filter::FlateDecode) {
                budget.spend(&[Filter::FlateDecode], data, deadline)?;
            }
        } else if memmem::find(&description, b"/ObjStm").is_some() && (data.len() > UNSEEN || filters.len() > 1) {
            return Err(too_much());
        }
    }
    Ok(is_encrypted)
}

/// What one part unpacks to, in bytes, as far as it matters.
fn check_stream(filters: &[Filter], data: &[u8]) -> Result<usize, Reason> {
    if filters.is_empty() {
        return Ok(0);
    }
    let mut data = Cow::Borrowed(data);
    for (n, filter) in filters.iter().enumerate() {
        let is_last = n + 1 == filters.len();
        data = match filter {
            Filter::FlateDecode if is_last => return count(&data),
            Filter::FlateDecode => inflated(&data)?,
            Filter::LzwDecode => lzw(&data)?,
            Filter::RunLengthDecode => run_lengths(&data)?,
            Filter::AsciiHexDecode => hexadecimal(&data),
            Filter::Ascii85Decode => base_85(&data),
            Filter::Crypt => continue,
            // Pictures: what they show is never looked at.
            _ => break,
        }
        .into();
    }
    Ok(data.len())
}

fn too_much() -> Reason {
    Reason::Unpacks { kind: KIND, limit: LIMIT as u64 }
}

/// The filters that the last description before a part names, in their order.
fn filters(description: &[u8]) -> Vec<Filter> {
    let Some(at) = memmem::rfind(description, b"/Filter") else { return Vec::new() };
    let value = description.get(at + b"/Filter".len()..).unwrap_or_default().trim_ascii_start();
    let value = match value.strip_prefix(b"[") {
        Some(list) => list.get(..memchr::memchr(b']', list).unwrap_or(list.len())).unwrap_or_default(),
        None => {
            let end = value.iter().skip(1).position(|byte| b"/<>[]() \t\r\n\0\x0C".contains(byte));
            value.get(..end.map_or(value.len(), |end| end + 1)).unwrap_or_default()
        }
    };
    let names = value.split(|byte| *byte == b'/').skip(1).map(<[u8]>::trim_ascii);
    names
        .filter_map(|name| {
            Some(match name {
                b"FlateDecode" | b"Fl" => Filter::FlateDecode,
                b"LZWDecode" | b"LZW" => Filter::LzwDecode,
                b"RunLengthDecode" | b"RL" => Filter::RunLengthDecode,
                b"ASCIIHexDecode" | b"AHx" => Filter::AsciiHexDecode,
                b"ASCII85Decode" | b"A85" => Filter::Ascii85Decode,
                b"DCTDecode" | b"DCT" => Filter::DctDecode,
                b"JPXDecode" => Filter::JpxDecode,
                b"CCITTFaxDecode" | b"CCF" => Filter::CcittFaxDecode,
                b"JBIG2Decode" => Filter::Jbig2Decode,
                _ => return None,
            })
        })
        .collect()
}

/// Names may be written with numbers for letters: `#46ilter`.
fn unescaped(description: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'#', description).is_none() {
        return Cow::Borrowed(description);
    }
    let mut bytes = Vec::with_capacity(description.len());
    let mut rest = description;
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *byte == b'#').and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(code) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(code);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    Cow::Owned(bytes)
}

/// Counts what comes out, with the header of zlib or without; damage ends it.
fn count(data: &[u8]) -> Result<usize, Reason> {
    let all = |reader: &mut dyn Read| {
        let (mut length, mut buffer) = (0, vec![0; 1 << 16]);
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            length += read;
            if length > LIMIT {
                break;
            }
        }
        length
    };
    let length = match all(&mut ZlibDecoder::new(data)) {
        0 => all(&mut DeflateDecoder::new(data)),
        length => length,
    };
    if length > LIMIT { Err(too_much()) } else { Ok(length) }
}

fn inflated(data: &[u8]) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::new();
    // What came before any damage is kept.
    let _ = ZlibDecoder::new(data).take(LIMIT as u64 + 1).read_to_end(&mut bytes);
    if bytes.is_empty() {
        let _ = DeflateDecoder::new(data).take(LIMIT as u64 + 1).read_to_end(&mut bytes);
    }
    within(bytes)
}

fn within(bytes: Vec<u8>) -> Result<Vec<u8>, Reason> {
    if bytes.len() > LIMIT { Err(too_much()) } else { Ok(bytes) }
}

/// Only as long as what comes out, not the same: each code stands for what the one before it did, and a byte.
fn lzw(data: &[u8]) -> Result<Vec<u8>, Reason> {
    const CLEAR: usize = 256;
    const END: usize = 257;
    let mut lengths: Vec<usize> = Vec::new();
    let (mut bits, mut held, mut length, mut before) = (0_u32, 0_u32, 0_usize, 0_usize);
    let mut bytes = data.iter();
    loop {
        let width = match lengths.len() + 259 {
            0..512 => 9,
            512..1024 => 10,
            1024..2048 => 11,
            _ => 12,
        };
        while bits < width {
            let Some(byte) = bytes.next() else { return within(vec![0; length]) };
            held = (held << 8 | u32::from(*byte)) & 0x00FF_FFFF;
            bits += 8;
        }
        bits -= width;
        let code = (held >> bits) as usize & ((1 << width) - 1);
        match code {
            CLEAR => {
                lengths.clear();
                before = 0;
                continue;
            }
            END => return within(vec![0; length]),
            _ => {}
        }
        if before > 0 && lengths.len() < 4096 - 258 {
            lengths.push(before + 1);
        }
        before = if code < CLEAR { 1 } else { lengths.get(code - 258).copied().unwrap_or(1) };
        length += before;
        if length > LIMIT {
            return Err(too_much());
        }
    }
}

fn run_lengths(data: &[u8]) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::new();
    let mut rest = data;
    while let Some((length, after)) = rest.split_first() {
        let length = usize::from(*length);
        match length {
            0..128 => {
                let (run, after) = after.split_at_checked(length + 1).unwrap_or((after, &[]));
                bytes.extend_from_slice(run);
                rest = after;
            }
            128 => break,
            _ => {
                bytes.extend(std::iter::repeat_n(after.first().copied().unwrap_or(0), 257 - length));
                rest = after.get(1..).unwrap_or_default();
            }
        }
        if bytes.len() > LIMIT {
            return Err(too_much());
        }
    }
    Ok(bytes)
}

fn hexadecimal(data: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = data
        .iter()
        .take_while(|byte| **byte != b'>')
        .filter_map(|byte| char::from(*byte).to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

fn base_85(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut group = Vec::new();
    for byte in data.iter().take_while(|byte| **byte != b'~') {
        match byte {
            b'z' if group.is_empty() => bytes.extend([0; 4]),
            b'!'..=b'u' => group.push(byte - b'!'),
            _ => {}
        }
        if group.len() == 5 {
            let value = group.iter().fold(0_u32, |sum, digit| sum.wrapping_mul(85).wrapping_add(u32::from(*digit)));
            bytes.extend(value.to_be_bytes());
            group.clear();
        }
    }
    if group.len() > 1 {
        let length = group.len() - 1;
        group.resize(5, 84);
        let value = group.iter().fold(0_u32, |sum, digit| sum.wrapping_mul(85).wrapping_add(u32::from(*digit)));
        bytes.extend(value.to_be_bytes().iter().take(length));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn deflated(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn check(bytes: &[u8]) -> Result<bool, Reason> {
        check_file(bytes, Instant::now() + guard::PATIENCE)
    }

    #[test]
    fn parts_are_looked_at_in_linear_time_and_counted_together() {
        // Beginnings without an end.
        let started = Instant::now();
        assert!(matches!(check(&b"stream\n".repeat(PARTS)), Ok(false)));
        assert!(started.elapsed() < guard::PATIENCE / 2, "{:?}", started.elapsed());
        // Each by itself would pass.
        let part = file("/Filter /FlateDecode", &deflated(&vec![0; LIMIT]));
        assert!(matches!(check(&part.repeat(3)), Ok(false)));
        assert!(matches!(check(&part.repeat(4)), Err(Reason::Unpacks { .. })));
        let many = check(&b"stream\nendstream ".repeat(PARTS + 1));
        assert!(matches!(many, Err(Reason::TooMany { limit: PARTS, .. })));
    }

    fn file(description: &str, data: &[u8]) -> Vec<u8> {
        let head = format!("%PDF-1.7\n1 0 obj\n<<{description}>>\nstream\r\n");
        [head.as_bytes(), data, b"\nendstream\nendobj\n"].concat()
    }

    #[test]
    fn parts_that_unpack_to_too_much_are_found_under_every_disguise() {
        let large = deflated(&vec![0; LIMIT + 1]);
        let is_too_much = |bytes: &[u8]| matches!(check(bytes), Err(Reason::Unpacks { .. }));
        assert!(is_too_much(&file("/Filter/FlateDecode/Length 9", &large)));
        assert!(is_too_much(&file("/#46ilter [ /Fl#61teDecode ]", &large)));
        assert!(is_too_much(&file("/Filter [/Fl /FlateDecode]", &deflated(&large))));
        assert!(is_too_much(&file("/Length 9 0 R /Filter 5 0 R", &large)));
        let hex: String = deflated(&large).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(is_too_much(&file("/Filter [/AHx /Fl /Fl]", hex.as_bytes())));
        assert!(is_too_much(&file("/Filter /RunLengthDecode", &[129, b'x'].repeat(LIMIT / 128 + 1))));
        // Code after code that is not yet known: each stands for a byte more than the one before.
        let mut bits = String::from("100000000001100001");
        for code in 258..4096_usize {
            let width = (usize::BITS - (code + 1).leading_zeros()).clamp(9, 12) as usize;
            bits += &format!("{code:0width$b}");
        }
        let entry = bits.as_bytes();
        let long: Vec<u8> = [entry, &b"111111111111".repeat(LIMIT / 3800)].concat();
        let bytes: Vec<u8> =
            long.chunks(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | (bit - b'0'))).collect();
        assert!(is_too_much(&file("/Filter /LZWDecode", &bytes)));
    }

    #[test]
    fn parts_of_sensible_size_pass_and_their_unpacked_forms_are_right() {
        let data = "Fischer am Ende ".repeat(9);
        assert!(matches!(check(&file("/Filter /FlateDecode", &deflated(data.as_bytes()))), Ok(false)));
        assert!(matches!(check(&file("/Encrypt 1 0 R", b"x")), Ok(true)));
        assert_eq!(inflated(&deflated(data.as_bytes())).unwrap(), data.as_bytes());
        assert_eq!(base_85(b"87cURD]i,\"Ebo80~>"), b"Hello World!");
        assert_eq!(base_85(b"z87cUR"), b"\0\0\0\0Hell");
        assert_eq!(hexadecimal(b"48 65 6C6C 6f7>"), b"Hellop");
        assert_eq!(run_lengths(&[2, b'a', b'b', b'c', 254, b'd', 128, 9]).unwrap(), b"abcddd");
        // `-----A---B` of the standard (ISO 32000-2, 7.4.4.2).
        assert_eq!(lzw(&[0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01]).unwrap().len(), 10);
        let picture = [Filter::DctDecode, Filter::FlateDecode];
        assert!(check_stream(&picture, b"x").is_ok());
    }
}
