//! A ZIP file with one form: parts stored as they are, in their order, all of one date. Anybody can open it; and as there is one way to write
//! it, a pack of which any byte differs isn't what its parts come to.

use super::Part;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
/// What precedes a name in a part's own head.
const LOCAL_BYTES: usize = 30;
/// Names are UTF-8.
const UTF_8: u16 = 1 << 11;
/// 1980-01-01, the first date that ZIP has.
const DATE: u16 = 1 << 5 | 1;
/// The largest pack, in bytes: what isn't handed out isn't built either.
pub(super) const MOST: u64 = web::MOST_PACK_BYTES;
/// The most parts.
const MOST_PARTS: usize = 200;

/// CRC-32 as ZIP has it, for unpackers; it protects nothing.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ crc >> 1 } else { crc >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

/// The file of these parts; none if they are too many or too large.
pub(super) fn encode(parts: &[Part]) -> Option<Vec<u8>> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for part in parts {
        let at = u32::try_from(out.len()).ok()?;
        let head = head(part)?;
        out.extend_from_slice(&LOCAL);
        out.extend_from_slice(&head);
        out.extend_from_slice(part.name.as_bytes());
        out.extend_from_slice(&part.bytes);
        central.extend_from_slice(&CENTRAL);
        central.extend_from_slice(&10_u16.to_le_bytes());
        central.extend_from_slice(&head);
        // No comment, disk 0, no attributes.
        central.extend_from_slice(&[0; 10]);
        central.extend_from_slice(&at.to_le_bytes());
        central.extend_from_slice(part.name.as_bytes());
    }
    let count = u16::try_from(parts.len()).ok().filter(|_| parts.len() <= MOST_PARTS)?;
    let (at, length) = (u32::try_from(out.len()).ok()?, u32::try_from(central.len()).ok()?);
    out.extend_from_slice(&central);
    out.extend_from_slice(&END);
    out.extend_from_slice(&[0; 4]);
    for number in [count, count] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    for number in [length, at] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&[0; 2]);
    (out.len() as u64 <= MOST).then_some(out)
}

/// What both heads of a part share: version, flags, stored, time, date, CRC, both sizes, the name's length, no extra field.
fn head(part: &Part) -> Option<Vec<u8>> {
    let size = u32::try_from(part.bytes.len()).ok()?;
    let mut head = Vec::with_capacity(LOCAL_BYTES - LOCAL.len());
    for number in [10, UTF_8, 0, 0, DATE] {
        head.extend_from_slice(&number.to_le_bytes());
    }
    for number in [crc(&part.bytes), size, size] {
        head.extend_from_slice(&number.to_le_bytes());
    }
    for number in [u16::try_from(part.name.len()).ok()?, 0] {
        head.extend_from_slice(&number.to_le_bytes());
    }
    Some(head)
}

/// Where whoever unpacks it expects a part: below the directory that they chose.
fn is_plain(name: &str) -> bool {
    let word = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphanumeric())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    name.split('/').all(word)
}

/// The parts of a file of just that form; none of any other.
pub(super) fn decode(file: &[u8]) -> Option<Vec<Part>> {
    let (mut parts, mut rest) = (Vec::new(), file);
    while let Some(after) = rest.strip_prefix(&LOCAL).filter(|_| parts.len() <= MOST_PARTS) {
        let (head, after) = after.split_at_checked(LOCAL_BYTES - LOCAL.len())?;
        let (name, size) = (u16::from_le_bytes([head[22], head[23]]), [head[14], head[15], head[16], head[17]]);
        let (name, after) = after.split_at_checked(usize::from(name))?;
        let (bytes, after) = after.split_at_checked(usize::try_from(u32::from_le_bytes(size)).ok()?)?;
        let name = core::str::from_utf8(name).ok().filter(|name| is_plain(name))?;
        // Of two parts of one name one program would show this one, and another program that one.
        if parts.iter().any(|part: &Part| part.name == name) {
            return None;
        }
        parts.push(Part::new(name, bytes));
        rest = after;
    }
    (encode(&parts)? == file).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Vec<Part> {
        vec![Part::new("index.html", "<p>Grüße</p>"), Part::new("log/key.txt", ""), Part::new("seal.json", "{}\n")]
    }

    #[test]
    fn it_comes_back_and_no_byte_can_change() {
        let file = encode(&parts()).unwrap();
        assert_eq!(decode(&file), Some(parts()));
        for at in 0..file.len() {
            for bit in 0..8 {
                let mut edited = file.clone();
                edited[at] ^= 1 << bit;
                // A name or a content may read as another one; it is never what it was.
                assert_ne!(decode(&edited), Some(parts()), "byte {at}");
            }
        }
        for end in 0..file.len() {
            assert_eq!(decode(&file[..end]), None, "cut to {end}");
        }
        assert_eq!(decode(&[file.as_slice(), b"\0"].concat()), None);
    }

    #[test]
    fn no_two_parts_have_one_name() {
        let twice = [Part::new("a.txt", "x"), Part::new("b.txt", "x"), Part::new("a.txt", "y")];
        assert_eq!(decode(&encode(&twice).unwrap()), None);
    }

    #[test]
    fn nothing_is_unpacked_elsewhere() {
        for name in ["/etc/x", "../x", "log/../../x", "", "log//x", "C:\\x", ".ssh", "a b"] {
            assert_eq!(decode(&encode(&[Part::new(name, "x")]).unwrap()), None, "{name}");
        }
    }

    #[test]
    fn the_checksum_is_what_unpackers_expect() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
    }
}
