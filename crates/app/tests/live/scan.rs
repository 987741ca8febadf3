//! Looks for values in bytes, in every form in which they could hide: as they are, as Base64 at any alignment, as hex,
//! as UTF-16, and packed by gzip.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use flate2::read::GzDecoder;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// How much is read from a process at once, in bytes.
const CHUNK: usize = 4 << 20;
/// The most that a gzip member is unpacked to.
const UNPACKED: u64 = 4 << 20;

/// Forms to look for, found by their first two bytes.
pub(crate) struct Scanner {
    forms: Vec<(String, Vec<u8>)>,
    starts: Vec<bool>,
    longest: usize,
}

/// Something found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Find {
    /// Which value, in which form.
    pub(crate) form: String,
    /// Where, with the bytes around it.
    pub(crate) place: String,
}

impl Scanner {
    /// For these named values.
    pub(crate) fn new(values: &[(&str, &str)]) -> Self {
        let forms: Vec<(String, Vec<u8>)> = values.iter().flat_map(|(name, value)| forms(name, value)).collect();
        let mut starts = vec![false; 1 << 16];
        for (_, form) in &forms {
            starts[start(form)] = true;
        }
        starts[start(&[0x1f, 0x8b])] = true;
        let longest = forms.iter().map(|(_, form)| form.len()).max().unwrap();
        Self { forms, starts, longest }
    }

    /// What of it is in these bytes.
    pub(crate) fn look(&self, place: &str, bytes: &[u8]) -> Vec<Find> {
        let mut finds = Vec::new();
        for (at, pair) in bytes.windows(2).enumerate() {
            if !self.starts[start(pair)] {
                continue;
            }
            for (form, _) in self.forms.iter().filter(|(_, form)| bytes[at..].starts_with(form)) {
                finds.push(Find { form: form.clone(), place: format!("{place}+{at:#x}: {}", around(bytes, at)) });
            }
            if bytes[at..].starts_with(&[0x1f, 0x8b, 8]) {
                let packed = unpack(&bytes[at..]);
                finds.extend(self.look(&format!("{place}+{at:#x} (gzip)"), &packed));
            }
        }
        finds
    }

    /// What of it is in a file.
    pub(crate) fn look_in_file(&self, path: &Path) -> Vec<Find> {
        self.look(&path.display().to_string(), &fs::read(path).unwrap())
    }

    /// What of it is in the memory that a process can write; and how much was looked at, in bytes.
    pub(crate) fn look_in_process(&self, pid: u32) -> (Vec<Find>, u64) {
        let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
        let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
        let (mut finds, mut read) = (Vec::new(), 0);
        let mut chunk = vec![0; CHUNK];
        for (from, to, name) in maps.lines().filter_map(writable) {
            let mut at = from;
            while at < to {
                let want = usize::try_from(to - at).unwrap().min(CHUNK);
                let got = read_memory(&memory, &mut chunk[..want], at);
                read += got as u64;
                finds.extend(self.look(&format!("{name} {at:#x}"), &chunk[..got]));
                if got < want || at + got as u64 == to {
                    break;
                }
                at += (got - self.longest) as u64;
            }
        }
        (finds, read)
    }
}

fn start(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// A mapping's ends and name, if it can be read and written.
fn writable(line: &str) -> Option<(u64, u64, String)> {
    let mut words = line.split_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    words.next().filter(|rights| rights.starts_with("rw"))?;
    let hex = |text| u64::from_str_radix(text, 16).ok();
    Some((hex(from)?, hex(to)?, words.nth(3).unwrap_or("anonymous").to_owned()))
}

/// A page that can't be read (a device's) ends the mapping.
fn read_memory(memory: &File, into: &mut [u8], from: u64) -> usize {
    let mut done = 0;
    while done < into.len() {
        match memory.read_at(&mut into[done..], from + done as u64) {
            Ok(0) => break,
            Ok(got) => done += got,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    done
}

fn unpack(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    // What is no gzip member, or a cut one, gives what could be unpacked of it.
    drop(GzDecoder::new(bytes).take(UNPACKED).read_to_end(&mut out));
    out
}

fn around(bytes: &[u8], at: usize) -> String {
    let near = &bytes[at.saturating_sub(80)..(at + 120).min(bytes.len())];
    near.iter().map(|byte| if (32..127).contains(byte) { char::from(*byte) } else { '.' }).collect()
}

fn forms(name: &str, value: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = value.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let wide = |order: fn(u16) -> [u8; 2]| value.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let mut forms = vec![
        (format!("{name} as it is"), bytes.to_vec()),
        (format!("{name} in hex"), hex.clone().into_bytes()),
        (format!("{name} in HEX"), hex.to_uppercase().into_bytes()),
        (format!("{name} in UTF-16LE"), wide(u16::to_le_bytes)),
        (format!("{name} in UTF-16BE"), wide(u16::to_be_bytes)),
    ];
    for alignment in 0..3 {
        forms.push((
            format!("{name} in Base64 after {alignment}"),
            inner_base64(bytes, alignment, |bytes| STANDARD_NO_PAD.encode(bytes)),
        ));
        let url_safe = inner_base64(bytes, alignment, |bytes| URL_SAFE_NO_PAD.encode(bytes));
        if forms.last().is_some_and(|(_, standard)| *standard != url_safe) {
            forms.push((format!("{name} in Base64url after {alignment}"), url_safe));
        }
    }
    forms
}

/// Those letters of the Base64 of `bytes` after `before` other bytes that depend on `bytes` alone.
fn inner_base64(bytes: &[u8], before: usize, encode: fn(&[u8]) -> String) -> Vec<u8> {
    let padded = [&vec![0; before], bytes].concat();
    let text = encode(&padded);
    let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
    text.as_bytes()[first..last].to_vec()
}

/// All files below a directory.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn every_form_is_found_and_nothing_else() {
    use std::io::Write as _;
    let scanner = Scanner::new(&[("name", "Zyqora?Vexlum~brin")]);
    let value = b"Zyqora?Vexlum~brin";
    for before in 0..6 {
        let text = [&vec![b'x'; before], value.as_slice(), b"yyy"].concat();
        for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
            assert_eq!(scanner.look("", encoded.as_bytes()).len(), 1, "{encoded}");
            let mut packed = flate2::write::GzEncoder::new(b"before".to_vec(), flate2::Compression::best());
            packed.write_all(encoded.as_bytes()).unwrap();
            let packed = [packed.finish().unwrap().as_slice(), b"after"].concat();
            let finds = scanner.look("", &packed);
            assert!(finds.iter().any(|find| find.place.contains("gzip")), "{finds:?}");
        }
    }
    for form in [5, 6, 7, 8].map(|form| forms("n", "Zyqora?Vexlum~brin")[form - 4].1.clone()) {
        assert_eq!(scanner.look("", &[b"noise ".as_slice(), &form, b" noise"].concat()).len(), 1);
    }
    assert!(scanner.look("", b"Zyqora?Vexlum~bri, zyqora?vexlum~brin").is_empty());
}
