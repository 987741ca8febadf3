//! A form with files, as browsers send it (RFC 7578), read strictly: names of files and their types are not even looked at.

use zeroize::Zeroizing;

/// A part: its field's name and its bytes.
pub(super) type Part = (String, Zeroizing<Vec<u8>>);

/// The boundary that a content type names.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, rest) = content_type.split_once(';')?;
    let fits = kind.trim().eq_ignore_ascii_case("multipart/form-data");
    let named = rest.split(';').find_map(|pair| pair.trim().strip_prefix("boundary="))?;
    let named = named.trim_matches('"');
    (fits && (1..=70).contains(&named.len())).then_some(named)
}

/// The parts of a body; none if it isn't one, or has more than `most`.
pub(super) fn parts(body: &[u8], boundary: &str, most: usize) -> Option<Vec<Part>> {
    let line = format!("--{boundary}");
    let mut rest = body.strip_prefix(line.as_bytes())?;
    let between = format!("\r\n{line}");
    let mut all = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(all);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let head = find(rest, b"\r\n\r\n")?;
        let name = field(core::str::from_utf8(&rest[..head]).ok()?)?;
        rest = &rest[head + 4..];
        let end = find(rest, between.as_bytes())?;
        if all.len() == most {
            return None;
        }
        all.push((name, Zeroizing::new(rest[..end].to_vec())));
        rest = &rest[end + between.len()..];
    }
}

fn field(head: &str) -> Option<String> {
    let line = head.split("\r\n").find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let named = line.split(';').find_map(|pair| pair.trim().strip_prefix("name=\""))?;
    named.split('"').next().map(ToOwned::to_owned)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_part_by_part_and_nothing_else_is() {
        assert_eq!(boundary("multipart/form-data; boundary=xyz"), Some("xyz"));
        assert_eq!(boundary("application/x-www-form-urlencoded"), None);
        let body = b"--xyz\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nHe said --xyz\r\n\
            --xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ana.png\"\r\nContent-Type: image/png\r\n\r\n\x89P\r\n--xyz--\r\n";
        let read = parts(body, "xyz", 9).unwrap();
        let read: Vec<(&str, &[u8])> = read.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        assert_eq!(read, [("text", b"He said --xyz".as_slice()), ("file", b"\x89P".as_slice())]);
        assert!(parts(body, "xyz", 1).is_none() && parts(&body[..40], "xyz", 9).is_none());
        assert!(parts(b"", "xyz", 9).is_none() && parts(body, "xy", 9).is_none());
    }
}
