//! Files beside a report, stripped of what tells who made them: of a picture only the parts that draw it stay. What isn't understood to the
//! last byte is refused, so that nothing hides in it.
//!
//! In scope: PNG (chunks IHDR, PLTE, IDAT, tRNS, IEND), JPEG (all but comments and application segments), plain text. Out of scope:
//! what a picture shows, which only whoever sends it can judge; and what its data holds behind the end of the picture, as nothing is unpacked.

use domain::Refusal;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// How large a file may be, in bytes.
pub const MOST_BYTES: usize = 1 << 20;
/// How many go with a report.
pub const MOST_FILES: usize = 3;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FileKind {
    /// A picture.
    Png = 1,
    /// A picture.
    Jpeg = 2,
    /// Text in UTF-8.
    Text = 3,
}

impl FileKind {
    const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::Text];

    /// The one with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == code)
    }

    /// The end of its name.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Text => "txt",
        }
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Text => "text/plain; charset=utf-8",
        }
    }
}

/// A file of which only what it shows is left.
#[derive(Clone, PartialEq, Eq)]
pub struct CleanFile {
    /// What it is.
    pub kind: FileKind,
    /// Its bytes.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl CleanFile {
    /// The file without what tells who made it. Its name isn't asked for.
    ///
    /// # Errors
    /// `FileUnfit` for what isn't one of these kinds, is broken, or is too large.
    pub fn of(bytes: &[u8]) -> Result<Self, Refusal> {
        let whole = (1..=MOST_BYTES).contains(&bytes.len()).then_some(bytes).ok_or(Refusal::FileUnfit)?;
        let clean = if whole.starts_with(PNG) {
            png(whole).map(|bytes| (FileKind::Png, bytes))
        } else if whole.starts_with(&[0xff, 0xd8]) {
            jpeg(whole).map(|bytes| (FileKind::Jpeg, bytes))
        } else {
            text(whole).map(|bytes| (FileKind::Text, bytes))
        };
        clean.map(|(kind, bytes)| Self { kind, bytes: Zeroizing::new(bytes) }).ok_or(Refusal::FileUnfit)
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        keys::hash(&[&self.bytes])
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// What draws a picture. Names, times, places and programs stand in others.
const DRAWS: [&[u8; 4]; 5] = [b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"IEND"];

fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(PNG)?;
    let mut out = PNG.to_vec();
    let mut first = true;
    let mut once = BTreeSet::new();
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (name, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        // Data, and four bytes of its checksum.
        let whole = 8 + length.checked_add(4)?;
        let chunk = rest.get(..whole)?;
        after.get(length..length + 4)?;
        if first != (name == b"IHDR") || !name.iter().all(u8::is_ascii_alphabetic) {
            return None;
        }
        first = false;
        let draws = DRAWS.contains(&name);
        // A part that must be understood, and isn't; or one that has room for more than it says.
        if !draws && name[0].is_ascii_uppercase() || !fits(name, length) {
            return None;
        }
        // Colours come once.
        if draws && name != b"IDAT" && !once.insert(*name) {
            return None;
        }
        if draws {
            out.extend_from_slice(chunk);
        }
        if name == b"IEND" {
            // What comes after the end is left out.
            return Some(out);
        }
        rest = &rest[whole..];
    }
}

/// Is a part as long as such parts are? Of the picture's data that shows only once it is unpacked.
fn fits(name: &[u8; 4], length: usize) -> bool {
    match name {
        b"IHDR" => length == 13,
        b"PLTE" => (3..=768).contains(&length) && length.is_multiple_of(3),
        b"tRNS" => (1..=256).contains(&length),
        b"IEND" => length == 0,
        _ => true,
    }
}

fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0xff, 0xd8];
    let mut at = 2;
    loop {
        let (0xff, marker) = (*bytes.get(at)?, *bytes.get(at + 1)?) else { return None };
        match marker {
            // A byte that fills.
            0xff => at += 1,
            0xd9 => {
                out.extend_from_slice(&[0xff, 0xd9]);
                return Some(out);
            }
            0xc0..=0xcf | 0xda..=0xdd | 0xe0..=0xef | 0xfe => {
                let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
                let segment = bytes.get(at..at + 2 + length)?;
                let holds = segment.get(4..)?;
                if !is_full(marker, holds) {
                    return None;
                }
                at += segment.len();
                if !matches!(marker, 0xe0..=0xef | 0xfe) {
                    out.extend_from_slice(segment);
                }
                if marker == 0xda {
                    at = scan(bytes, at, &mut out)?;
                }
            }
            _ => return None,
        }
    }
}

/// Is all of a segment what its kind says? What an unknown one holds isn't looked at: it is left out, or a decoder's own.
fn is_full(marker: u8, holds: &[u8]) -> bool {
    match marker {
        0xc4 => are_tables(holds, |table| {
            let (_, counts) = table.split_first()?;
            let counts = counts.first_chunk::<16>()?;
            Some(17 + counts.iter().map(|count| usize::from(*count)).sum::<usize>())
        }),
        0xdb => are_tables(holds, |table| match table.first()? >> 4 {
            0 => Some(65),
            1 => Some(129),
            _ => None,
        }),
        // Precision, height, width, and three bytes for each of its components.
        0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
            holds.get(5).is_some_and(|count| holds.len() == 6 + 3 * usize::from(*count))
        }
        // Two bytes for each of its components, and three.
        0xda => holds.first().is_some_and(|count| holds.len() == 4 + 2 * usize::from(*count)),
        // A number of lines, or how often the data begins anew.
        0xdc | 0xdd => holds.len() == 2,
        // Pairs of conditions.
        0xcc => holds.len().is_multiple_of(2) && holds.len() <= 64,
        // Kept for extensions.
        0xc8 => false,
        _ => true,
    }
}

/// Nothing but whole tables, of the length that each says?
fn are_tables(mut holds: &[u8], length: impl Fn(&[u8]) -> Option<usize>) -> bool {
    while !holds.is_empty() {
        match length(holds).and_then(|length| holds.get(length..)) {
            Some(rest) => holds = rest,
            None => return false,
        }
    }
    true
}

/// The picture's data, up to the next marker.
fn scan(bytes: &[u8], from: usize, out: &mut Vec<u8>) -> Option<usize> {
    let mut at = from;
    loop {
        let byte = *bytes.get(at)?;
        if byte == 0xff && !matches!(*bytes.get(at + 1)?, 0 | 0xd0..=0xd7) {
            out.extend_from_slice(bytes.get(from..at)?);
            return Some(at);
        }
        at += 1;
    }
}

/// How kinds of files begin that can be all letters and still tell who made them.
const TELLING: [&str; 4] = ["%PDF", "%!PS", "{\\rtf", "<"];

fn text(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(bytes).ok()?;
    if TELLING.iter().any(|start| text.trim_start_matches('\u{feff}').trim_start().starts_with(start)) {
        return None;
    }
    let plain = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t');
    text.chars().all(plain).then(|| text.trim_start_matches('\u{feff}').as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&length, name.as_slice(), data, &[1, 2, 3, 4]].concat()
    }

    fn kept(bytes: &[u8]) -> Option<(FileKind, Vec<u8>)> {
        CleanFile::of(bytes).ok().map(|file| (file.kind, file.bytes.to_vec()))
    }

    #[test]
    fn of_a_png_only_what_draws_it_stays() {
        let (head, data, end) = (chunk(b"IHDR", &[0; 13]), chunk(b"IDAT", b"data"), chunk(b"IEND", b""));
        let made =
            [PNG, &head, &chunk(b"tEXt", b"Author\0Ana"), &chunk(b"eXIf", b"GPS"), &data, &end, b"more"].concat();
        assert_eq!(kept(&made), Some((FileKind::Png, [PNG, &head, &data, &end].concat())));
        assert_eq!(kept(&made[..made.len() - 8]), None, "it is cut off");
        assert_eq!(kept(&[PNG, &data, &end].concat()), None);
        assert_eq!(kept(&[PNG, &head, &chunk(b"ABCD", b"?"), &end].concat()), None, "it must be understood");
    }

    #[test]
    fn of_a_jpeg_only_what_draws_it_stays() {
        let (start, exif) = ([0xff, 0xd8], [0xff, 0xe1, 0, 6, b'E', b'x', b'i', b'f']);
        let table = [&[0xff, 0xdb, 0, 67, 0][..], &[7; 64]].concat();
        let comment = [0xff, 0xfe, 0, 5, b'A', b'n', b'a'];
        let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 9, 0xff, 0, 8, 0xff, 0xd0, 7];
        let end = [0xff, 0xd9];
        let made = [&start[..], &exif, &table, &comment, &scan, &end, b"more"].concat();
        assert_eq!(kept(&made), Some((FileKind::Jpeg, [&start[..], &table, &scan, &end].concat())));
        assert_eq!(kept(&made[..20]), None);
        assert_eq!(kept(&[0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff]), None);
    }

    #[test]
    fn nothing_hides_in_parts_that_are_longer_than_they_say() {
        let (head, data, end) = (chunk(b"IHDR", &[0; 13]), chunk(b"IDAT", b"data"), chunk(b"IEND", b""));
        for parts in [
            [chunk(b"IHDR", &[0; 40]), data.clone(), end.clone()],
            [head.clone(), chunk(b"PLTE", &[0; 769]), end.clone()],
            [head.clone(), chunk(b"PLTE", &[0; 8]), end.clone()],
            [head.clone(), chunk(b"tRNS", &[0; 300]), end.clone()],
            [head.clone(), [chunk(b"PLTE", &[0; 9]), chunk(b"PLTE", &[1; 9])].concat(), end.clone()],
            [head.clone(), data.clone(), chunk(b"IEND", b"Ana was here")],
        ] {
            assert_eq!(kept(&[PNG, &parts.concat()].concat()), None);
        }
        let segment = |marker: u8, holds: &[u8]| {
            let length = u16::try_from(holds.len() + 2).unwrap().to_be_bytes();
            [&[0xff, 0xd8, 0xff, marker][..], &length, holds, &[0xff, 0xd9]].concat()
        };
        let codes = [&[0, 1, 2][..], &[0; 14], &[5, 6, 7]].concat();
        let frame = [8, 0, 1, 0, 1, 1, 1, 0x11, 0];
        for (marker, holds) in [(0xdb, &[7; 65][..]), (0xc4, &codes), (0xc0, &frame), (0xdd, &[0, 9])] {
            let holds = if marker == 0xdb { [&[0], &holds[1..]].concat() } else { holds.to_vec() };
            assert!(kept(&segment(marker, &holds)).is_some(), "{marker:x}");
            assert_eq!(kept(&segment(marker, &[&holds[..], b"Ana"].concat())), None, "{marker:x}");
            assert_eq!(kept(&segment(marker, &holds[1..])), None, "{marker:x}");
        }
        assert_eq!(kept(&[0xff, 0xd8, 0xff, 0xe1, 0, 1, 0xff, 0xd9]), None, "shorter than its own length");
    }

    #[test]
    fn text_is_text_and_nothing_else_is_taken() {
        assert_eq!(kept(b"\xef\xbb\xbfHe said: now."), Some((FileKind::Text, b"He said: now.".to_vec())));
        for other in [
            &b"%PDF-1.7\0"[..],
            b"%PDF-1.7",
            b" <svg>",
            b"PK\x03\x04",
            b"\xff\xfe\0a",
            b"",
            &vec![b'a'; MOST_BYTES + 1],
        ] {
            assert_eq!(kept(other), None);
        }
    }
}
