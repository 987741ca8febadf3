//! The check of a whole log names what is wrong.

use std::collections::BTreeMap;

use transparency::{Fault, Hash, Level, TileBuilder, TilePath, check_log, encode_bundle, leaf_hash};

/// The files of a log, by path.
#[derive(Clone)]
struct Files {
    size: u64,
    root: Hash,
    files: BTreeMap<String, Vec<u8>>,
}

fn files(size: u64) -> Files {
    let entries: Vec<Vec<u8>> =
        (0..size).map(|number| number.to_be_bytes()[..5 + (number % 3) as usize].into()).collect();
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let mut builder = TileBuilder::new();
    let full = builder.append(&leaves).unwrap().into_iter().filter(|tile| tile.path.is_full());
    let mut files: BTreeMap<String, Vec<u8>> = full.map(|tile| (tile.path.to_string(), tile.data)).collect();
    files.extend(builder.partial_tiles().map(|tile| (tile.path.to_string(), tile.data)));
    for (index, chunk) in entries.chunks(256).enumerate() {
        let path = TilePath::new(Level::Entries, index as u64, chunk.len() as u16).unwrap();
        files.insert(path.to_string(), encode_bundle(chunk).unwrap());
    }
    Files { size, root: builder.root(), files }
}

impl Files {
    fn check(&self) -> Result<(), Fault> {
        check_log(self.size, &self.root, |path| self.files.get(&path.to_string()))
    }

    fn with(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut other = self.clone();
        change(other.files.get_mut(name).unwrap());
        other
    }

    fn without(&self, name: &str) -> Self {
        let mut other = self.clone();
        assert!(other.files.remove(name).is_some());
        other
    }
}

fn path(text: &str) -> TilePath {
    text.parse().unwrap()
}

#[test]
fn honest_logs_hold_at_every_size() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_100] {
        let log = files(size);
        assert_eq!(log.check(), Ok(()), "{size}");
        assert_eq!(Files { root: [7; 32], ..log.clone() }.check(), Err(Fault::Root), "{size}");
    }
}

#[test]
fn each_file_is_asked_for_once() {
    let log = files(66_100);
    let mut asked = Vec::new();
    let checked = check_log(log.size, &log.root, |path| {
        asked.push(path.to_string());
        log.files.get(&path.to_string())
    });
    asked.sort();
    assert_eq!(checked, Ok(()));
    assert_eq!(asked, log.files.keys().cloned().collect::<Vec<_>>());
}

#[test]
fn every_file_that_is_missing_or_changed_is_named() {
    let (log, deep) = (files(700), files(66_100));
    let above = |name: &&String| name.starts_with("tile/1/") || name.starts_with("tile/2/");
    let all = log.files.keys().map(|name| (&log, name));
    for (log, name) in all.chain(deep.files.keys().filter(above).map(|name| (&deep, name))) {
        let bundle = name.starts_with("tile/entries/");
        assert_eq!(log.without(name).check(), Err(Fault::Missing(path(name))));
        if !bundle {
            assert_eq!(log.with(name, |bytes| bytes[31] ^= 1).check(), Err(Fault::Tile(path(name))));
        }
        let cut = log.with(name, |bytes| bytes.truncate(bytes.len() - 1)).check();
        let longer = log.with(name, |bytes| bytes.push(0)).check();
        let expected = if bundle { Fault::Malformed(path(name)) } else { Fault::Tile(path(name)) };
        assert_eq!((cut, longer), (Err(expected.clone()), Err(expected)));
    }
}

#[test]
fn an_entry_that_was_changed_is_named_with_its_place() {
    let log = files(700);
    for (name, at, index) in
        [("tile/entries/000", 2, 0), ("tile/entries/001", 3, 256), ("tile/entries/002.p/188", 3, 512)]
    {
        let changed = log.with(name, |bytes| bytes[at] ^= 1);
        assert_eq!(changed.check(), Err(Fault::Entry { index, bundle: path(name) }));
        // A tile made to fit it leads to no signed root.
        let tile = name.replace("entries", "0");
        let entries = transparency::decode_bundle(&changed.files[name], path(name).width()).unwrap();
        let hashes: Vec<u8> = entries.into_iter().flat_map(leaf_hash).collect();
        let both = changed.with(&tile, |bytes| bytes.copy_from_slice(&hashes));
        assert!(matches!(both.check(), Err(Fault::Root | Fault::Neither(_))), "{:?}", both.check());
    }
}

#[test]
fn two_faults_don_t_hide_each_other() {
    let log = files(700);
    let odd_tile = log.with("tile/0/000", |bytes| bytes[5] ^= 1);
    assert_eq!(odd_tile.check(), Err(Fault::Tile(path("tile/0/000"))));
    let both = odd_tile.with("tile/entries/002.p/188", |bytes| bytes[3] ^= 1);
    assert_eq!(both.check(), Err(Fault::Entry { index: 512, bundle: path("tile/entries/002.p/188") }));
}
