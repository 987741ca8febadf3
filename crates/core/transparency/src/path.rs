//! Where a tile is served: the one canonical path per tile (C2SP tlog-tiles).

use std::fmt;
use std::str::FromStr;

use crate::encoding::decimal;
use crate::error::Error;

/// Hashes in a full tile, and entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// The highest level that tlog-tiles names in a path. A tree of u64 size never has a tile above level 7.
const MAX_LEVEL: u8 = 63;

/// Which row of tiles a path is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Hashes of subtrees of 256^level leaves; level 0 holds the leaf hashes.
    Hashes(u8),
    /// Bundles of the entries themselves, aligned with level 0.
    Entries,
}

/// A tile's place and width, printed as `tile/0/x001/234.p/5` or `tile/entries/000`.
///
/// Printing and parsing are inverse: no two texts name one tile, and no text out of range parses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    level: Level,
    index: u64,
    width: u16,
}

impl TilePath {
    /// A path from its parts: `index` from zero within the level, `width` in hashes or entries.
    ///
    /// # Errors
    /// [`Error::TilePath`] unless the level is at most 63 and the width between 1 and 256.
    pub fn new(level: Level, index: u64, width: u16) -> Result<Self, Error> {
        if matches!(level, Level::Hashes(number) if number > MAX_LEVEL) {
            return Err(Error::TilePath("the level is above 63"));
        }
        if !(1..=TILE_WIDTH).contains(&width) {
            return Err(Error::TilePath("the width isn't between 1 and 256"));
        }
        Ok(Self { level, index, width })
    }

    /// A path whose parts are in range by construction: `level` at most 7, `width` 1 to 256.
    pub(crate) fn trusted(level: Level, index: u64, width: u16) -> Self {
        Self { level, index, width }
    }

    /// The row of tiles.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// The tile's number within its level, from zero.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Hashes (or entries) in the tile, 1 to 256.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether the tile is full: it will never change and its path has no `.p/` suffix.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Hashes(level) => write!(f, "tile/{level}/")?,
            Level::Entries => f.write_str("tile/entries/")?,
        }
        write_index(f, self.index)?;
        if self.is_full() {
            return Ok(());
        }
        write!(f, ".p/{}", self.width)
    }
}

/// Groups of three digits, each but the last marked by an `x`.
fn write_index(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    let mut groups = vec![index % 1000];
    let mut rest = index / 1000;
    while rest > 0 {
        groups.push(rest % 1000);
        rest /= 1000;
    }
    for (position, group) in groups.iter().enumerate().rev() {
        match position {
            0 => write!(f, "{group:03}")?,
            _ => write!(f, "x{group:03}/")?,
        }
    }
    Ok(())
}

impl FromStr for TilePath {
    type Err = Error;

    /// Reads a path without a leading slash.
    ///
    /// # Errors
    /// [`Error::TilePath`] for every text that [`fmt::Display`] wouldn't print.
    fn from_str(text: &str) -> Result<Self, Error> {
        let rest = text.strip_prefix("tile/").ok_or(Error::TilePath("it must start with tile/"))?;
        let (level, rest) = rest.split_once('/').ok_or(Error::TilePath("the index is missing"))?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, partial_width(width)?),
            None => (rest, TILE_WIDTH),
        };
        Self::new(parse_level(level)?, parse_index(index)?, width)
    }
}

fn parse_level(text: &str) -> Result<Level, Error> {
    if text == "entries" {
        return Ok(Level::Entries);
    }
    decimal(text)
        .and_then(|level| u8::try_from(level).ok())
        .map(Level::Hashes)
        .ok_or(Error::TilePath("the level isn't a number from 0 to 63"))
}

/// The width after `.p/`. A full tile has no suffix, so 256 isn't a spelling of it.
fn partial_width(text: &str) -> Result<u16, Error> {
    decimal(text)
        .and_then(|width| u16::try_from(width).ok())
        .filter(|width| (1..TILE_WIDTH).contains(width))
        .ok_or(Error::TilePath("the partial width isn't a number from 1 to 255"))
}

fn parse_index(text: &str) -> Result<u64, Error> {
    const WRONG: Error = Error::TilePath("the index isn't x-marked groups of three digits");
    let (parents, last) = match text.rsplit_once('/') {
        Some((parents, last)) => (Some(parents), last),
        None => (None, text),
    };
    let mut index = 0_u64;
    for (position, parent) in parents.iter().flat_map(|parents| parents.split('/')).enumerate() {
        let group = parent.strip_prefix('x').and_then(three_digits).ok_or(WRONG)?;
        if position == 0 && group == 0 {
            return Err(Error::TilePath("the index has a leading group of zeroes"));
        }
        index = push_group(index, group)?;
    }
    push_group(index, three_digits(last).ok_or(WRONG)?)
}

fn three_digits(text: &str) -> Option<u64> {
    let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

fn push_group(index: u64, group: u64) -> Result<u64, Error> {
    index
        .checked_mul(1000)
        .and_then(|index| index.checked_add(group))
        .ok_or(Error::TilePath("the index doesn't fit 64 bits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(level: Level, index: u64, width: u16) -> TilePath {
        TilePath::new(level, index, width).unwrap()
    }

    #[test]
    fn known_paths() {
        for (text, want) in [
            // The index example of tlog-tiles.
            ("tile/0/x001/x234/067", path(Level::Hashes(0), 1_234_067, 256)),
            ("tile/0/x001/234.p/5", path(Level::Hashes(0), 1234, 5)),
            ("tile/63/000", path(Level::Hashes(63), 0, 256)),
            ("tile/1/999.p/255", path(Level::Hashes(1), 999, 255)),
            ("tile/entries/x001/000.p/1", path(Level::Entries, 1000, 1)),
            ("tile/0/x018/x446/x744/x073/x709/x551/615", path(Level::Hashes(0), u64::MAX, 256)),
        ] {
            assert_eq!(want.to_string(), text);
            assert_eq!(text.parse(), Ok(want));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for wrong in [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "/tile/0/000",
            "tile/0/000/",
            "tile//000",
            "tile/64/000",
            "tile/256/000",
            "tile/00/000",
            "tile/-1/000",
            "tile/+1/000",
            "tile/Entries/000",
            "tile/data/000",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001/x002",
            "tile/0/X001/002",
            "tile/0/x01/002",
            "tile/0/x001//002",
            "tile/0/000.p",
            "tile/0/000.p/",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/1/",
            "tile/0/000.p/1.p/1",
            "tile/0/x001.p/1/000",
            "tile/0/00٣",
            "tile/0/000 ",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/../000",
            "tile/8/0/000",
        ] {
            assert!(wrong.parse::<TilePath>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn parts_out_of_range_are_refused() {
        assert!(TilePath::new(Level::Hashes(64), 0, 1).is_err());
        assert!(TilePath::new(Level::Hashes(0), 0, 0).is_err());
        assert!(TilePath::new(Level::Hashes(0), 0, 257).is_err());
    }
}
