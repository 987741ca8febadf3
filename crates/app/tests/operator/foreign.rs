//! A verifier made of other people's code: signed_note, tlog_tiles and ct-merkle. It knows the Ed25519 signature only;
//! tiles, entries, proofs and growth it checks wholly.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;
use signed_note::{Note, StandardVerifier, VerifierList};
use std::fs;
use std::path::Path;
use tlog_tiles::{
    HashReader, Tile, TileHashReader, TileReader, check_record, check_tree, prove_tree, record_hash, stored_hash_index,
};

/// What a signed tree is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) origin: String,
    pub(crate) size: u64,
    pub(crate) root: [u8; 32],
}

/// The statement of a note that carries a good Ed25519 signature under `key`.
pub(crate) fn signed(note: &[u8], key: &str) -> Result<Statement, String> {
    let note = Note::from_bytes(note).map_err(|error| error.to_string())?;
    let verifier = StandardVerifier::new(key).map_err(|error| error.to_string())?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).map_err(|error| error.to_string())?;
    let read = tlog_tiles::Checkpoint::from_bytes(note.text()).map_err(|error| error.to_string())?;
    Ok(Statement { origin: read.origin().to_owned(), size: read.size(), root: read.hash().0 })
}

struct Files<'a>(&'a Path);

impl TileReader for Files<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        tiles.iter().map(|tile| fs::read(self.0.join(c2sp(tile))).map_err(|_| tlog_tiles::Error::InvalidTile)).collect()
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// That library's paths are those of Go's checksum database, which name the height too.
fn c2sp(tile: &Tile) -> String {
    tile.path().replacen("tile/8/data/", "tile/entries/", 1).replacen("tile/8/", "tile/", 1)
}

/// Checks a log's plain files: signature, tiles, entries, and that it contains what was seen before.
pub(crate) fn verify_files(folder: &Path, key: &str, seen: &Statement) -> Result<Statement, String> {
    let note = fs::read(folder.join("checkpoint")).map_err(|error| error.to_string())?;
    let stated = signed(&note, key)?;
    let reader = Files(folder);
    let hashes = TileHashReader::new(stated.size, tlog_tiles::Hash(stated.root), &reader);
    let places: Vec<u64> = (0..stated.size).map(|place| stored_hash_index(0, place)).collect();
    let leaves = hashes.read_hashes(&places).map_err(|error| error.to_string())?;
    let entries = entries(folder, stated.size)?;
    if entries.iter().map(|entry| record_hash(entry)).ne(leaves) {
        return Err("an entry isn't what the tree holds".to_owned());
    }
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    entries.into_iter().for_each(|entry| tree.push(entry));
    if tree.root().as_bytes().as_slice() != stated.root {
        return Err("the entries have another root".to_owned());
    }
    contains(folder, stated, seen)
}

/// The stated tree if it contains the one that was seen, as the folder's tiles prove it.
pub(crate) fn contains(folder: &Path, stated: Statement, seen: &Statement) -> Result<Statement, String> {
    if seen.size > stated.size {
        return Err("it is shorter than before".to_owned());
    }
    let (new, old) = (tlog_tiles::Hash(stated.root), tlog_tiles::Hash(seen.root));
    let reader = Files(folder);
    let hashes = TileHashReader::new(stated.size, new, &reader);
    let proof = prove_tree(stated.size, seen.size, &hashes).map_err(|error| error.to_string())?;
    check_tree(&proof, stated.size, new, seen.size, old).map_err(|error| error.to_string())?;
    Ok(stated)
}

fn entries(folder: &Path, size: u64) -> Result<Vec<Vec<u8>>, String> {
    let mut all = Vec::new();
    for index in 0..size.div_ceil(256) {
        let width = (size - index * 256).min(256) as u32;
        let path = folder.join(c2sp(&Tile::new(8, 0, index, width, true)));
        let bundle = fs::read(path).map_err(|error| error.to_string())?;
        let mut rest = bundle.as_slice();
        for _ in 0..width {
            let (length, after) = rest.split_first_chunk::<2>().ok_or("a bundle is cut")?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (entry, after) = after.split_at_checked(length).ok_or("a bundle is cut")?;
            all.push(entry.to_vec());
            rest = after;
        }
        if !rest.is_empty() {
            return Err("a bundle is too long".to_owned());
        }
    }
    Ok(all)
}

/// Checks a receipt (C2SP tlog-proof) whose lines are read here, since none of these libraries reads them.
pub(crate) fn verify_receipt(receipt: &str, key: &str) -> Result<(Statement, u64, Vec<u8>), String> {
    use base64::Engine as _;
    let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).map_err(|error| error.to_string());
    let rest = receipt.strip_prefix("c2sp.org/tlog-proof@v1\nextra ").ok_or("no header")?;
    let (extra, rest) = rest.split_once("\nindex ").ok_or("no index")?;
    let (head, note) = rest.split_once("\n\n").ok_or("no checkpoint")?;
    let mut lines = head.split('\n');
    let index: u64 = lines.next().unwrap_or_default().parse().map_err(|_| "no number")?;
    let leaf = decode(extra)?;
    let mut proof = Vec::new();
    for line in lines {
        proof.push(tlog_tiles::Hash(decode(line)?.try_into().map_err(|_| "a hash of another length")?));
    }
    let stated = signed(note.as_bytes(), key)?;
    let root = tlog_tiles::Hash(stated.root);
    check_record(&proof, stated.size, root, index, record_hash(&leaf)).map_err(|error| error.to_string())?;
    Ok((stated, index, leaf))
}
