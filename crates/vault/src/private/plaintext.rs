//! A value in the open. It can't be printed, copied, compared or serialised, and is wiped when dropped.

use zeroize::Zeroizing;

/// A disclosed value, on its way to the one who may have it.
///
/// There is no `Debug`, `Display`, `Clone`, `PartialEq` or `Serialize`, and no way to borrow the text: the only
/// things to do with it are the few deliveries below, each of which consumes it.
pub struct Plaintext(Zeroizing<Vec<u8>>);

impl Plaintext {
    /// Takes opened bytes over.
    pub(super) fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Delivers to one person's screen: the JSON string (RFC 8259, quotes included) of the value appended to
    /// `before` and followed by `after`. The buffer wipes itself when the response has been written.
    #[must_use]
    pub fn to_screen(self, before: &[u8], after: &[u8]) -> Zeroizing<Vec<u8>> {
        // Six bytes is the longest escape of one byte; reserving first keeps copies from being left behind.
        let mut out = Zeroizing::new(Vec::with_capacity(before.len() + self.0.len() * 6 + 2 + after.len()));
        out.extend_from_slice(before);
        out.push(b'"');
        for byte in self.0.iter() {
            escape(*byte, &mut out);
        }
        out.push(b'"');
        out.extend_from_slice(after);
        out
    }

    /// Delivers to a page that the customer themselves keep: the value with what HTML takes for markup escaped, between `before`
    /// and `after`. The buffer wipes itself.
    #[must_use]
    pub fn to_page(self, before: &[u8], after: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(before.len() + self.0.len() * 6 + after.len()));
        out.extend_from_slice(before);
        for byte in self.0.iter() {
            match byte {
                b'&' => out.extend_from_slice(b"&amp;"),
                b'<' => out.extend_from_slice(b"&lt;"),
                b'>' => out.extend_from_slice(b"&gt;"),
                b'"' => out.extend_from_slice(b"&quot;"),
                _ => out.push(*byte),
            }
        }
        out.extend_from_slice(after);
        out
    }

    /// Delivers to a carrier, which takes it to a destination that is on its list and shows it to nobody.
    pub fn to_carrier<T>(self, carry: impl FnOnce(&str) -> T) -> T {
        carry(core::str::from_utf8(&self.0).unwrap_or_default())
    }

    /// For the uses that show no value.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        0..=0x1f => {
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]])
        }
        _ => out.push(byte),
    }
}
