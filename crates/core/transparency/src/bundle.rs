//! Entry bundles: the entries themselves, 256 per bundle, each behind a big-endian u16 length (C2SP tlog-tiles).

use crate::error::Error;
use crate::merkle::HASH_BYTES;
use crate::path::{Level, TILE_WIDTH, TilePath};
use crate::tile_builder::Tile;

/// The bytes of one bundle.
///
/// # Errors
/// [`Error::EntryTooLong`] above 65535 bytes, [`Error::Bundle`] unless there are 1 to 256 entries.
pub fn encode_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, Error> {
    if !(1..=usize::from(TILE_WIDTH)).contains(&entries.len()) {
        return Err(Error::Bundle("it must hold 1 to 256 entries"));
    }
    let mut bundle = Vec::new();
    for entry in entries {
        push_entry(&mut bundle, entry.as_ref())?;
    }
    Ok(bundle)
}

/// The entries of one bundle, which must hold exactly `width` of them and nothing more.
///
/// # Errors
/// [`Error::Bundle`] if it is cut, longer, or `width` isn't between 1 and 256.
pub fn decode_bundle(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, Error> {
    let (entries, rest) = take_entries(bundle, width)?;
    match rest {
        [] => Ok(entries),
        _ => Err(Error::Bundle("it holds more than its width")),
    }
}

/// Adds `entries` to a log of `size` entries and returns every bundle that is new or wider than before.
///
/// `partial` is the bundle of the last `size % 256` entries, and empty if there is none.
///
/// # Errors
/// [`Error::EntryTooLong`], [`Error::TreeFull`], or [`Error::Bundle`] if `partial` isn't what `size` demands.
pub fn extend_bundles<E: AsRef<[u8]>>(size: u64, partial: &[u8], entries: &[E]) -> Result<Vec<Tile>, Error> {
    size.checked_add(entries.len() as u64).ok_or(Error::TreeFull)?;
    let mut width = (size % u64::from(TILE_WIDTH)) as u16;
    check_partial(partial, width)?;
    let mut index = size / u64::from(TILE_WIDTH);
    let mut data = partial.to_vec();
    let mut bundles = Vec::new();
    for (position, entry) in entries.iter().enumerate() {
        push_entry(&mut data, entry.as_ref())?;
        width += 1;
        if width == TILE_WIDTH || position + 1 == entries.len() {
            let path = TilePath::trusted(Level::Entries, index, width);
            bundles.push(Tile { path, data: std::mem::take(&mut data) });
            (index, width) = (index + 1, 0);
        }
    }
    Ok(bundles)
}

impl Tile {
    /// The bytes to serve at `wanted`, cut from this version of the same tile or bundle if that is as wide or
    /// wider; nothing otherwise. So a store may keep only the widest version and still serve the older ones.
    #[must_use]
    pub fn narrowed(&self, wanted: &TilePath) -> Option<&[u8]> {
        let same = self.path.level() == wanted.level() && self.path.index() == wanted.index();
        if !same || wanted.width() > self.path.width() {
            return None;
        }
        match wanted.level() {
            Level::Hashes(_) => self.data.get(..usize::from(wanted.width()) * HASH_BYTES),
            Level::Entries => {
                let (_, rest) = take_entries(&self.data, wanted.width()).ok()?;
                self.data.get(..self.data.len() - rest.len())
            }
        }
    }
}

fn check_partial(partial: &[u8], width: u16) -> Result<(), Error> {
    match (width, partial) {
        (0, []) => Ok(()),
        (0, _) => Err(Error::Bundle("the size leaves no partial bundle")),
        _ => decode_bundle(partial, width).map(drop),
    }
}

fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), Error> {
    let length = u16::try_from(entry.len()).map_err(|_| Error::EntryTooLong(entry.len()))?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// The first `width` entries and the bytes after them.
fn take_entries(bundle: &[u8], width: u16) -> Result<(Vec<&[u8]>, &[u8]), Error> {
    if !(1..=TILE_WIDTH).contains(&width) {
        return Err(Error::Bundle("it must hold 1 to 256 entries"));
    }
    let mut rest = bundle;
    let mut entries = Vec::with_capacity(usize::from(width));
    for _ in 0..width {
        let (entry, after) = split_entry(rest).ok_or(Error::Bundle("it ends too early"))?;
        entries.push(entry);
        rest = after;
    }
    Ok((entries, rest))
}

fn split_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_bytes() {
        let bundle = encode_bundle(&[b"ab".as_slice(), b"", b"c"]).unwrap();
        assert_eq!(bundle, b"\x00\x02ab\x00\x00\x00\x01c");
        assert_eq!(decode_bundle(&bundle, 3).unwrap(), [b"ab".as_slice(), b"", b"c"]);
    }

    #[test]
    fn wrong_bundles_are_refused() {
        let bundle = encode_bundle(&[b"ab".as_slice(), b"c"]).unwrap();
        for width in [0, 1, 3, 256, 257] {
            assert!(decode_bundle(&bundle, width).is_err(), "{width}");
        }
        for cut in 0..bundle.len() {
            assert!(decode_bundle(&bundle[..cut], 2).is_err(), "{cut}");
        }
        assert_eq!(encode_bundle(&[vec![0; 65536]]), Err(Error::EntryTooLong(65536)));
        assert!(encode_bundle(&[vec![0; 65535]]).is_ok());
        assert!(encode_bundle::<&[u8]>(&[]).is_err());
        assert!(encode_bundle(&[b"x"; 257]).is_err());
    }

    #[test]
    fn a_partial_bundle_must_fit_the_size() {
        let bundle = encode_bundle(&[b"ab"]).unwrap();
        assert!(extend_bundles(1, &bundle, &[b"c"]).is_ok());
        for (size, partial) in [(0, bundle.as_slice()), (256, &bundle), (2, &bundle), (1, &[])] {
            assert!(extend_bundles(size, partial, &[b"c"]).is_err(), "{size}");
        }
        assert_eq!(extend_bundles(u64::MAX, &[], &[b"c"]), Err(Error::TreeFull));
    }
}
