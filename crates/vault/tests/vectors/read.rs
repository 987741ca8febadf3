//! Reads `formats.txt`, which `scripts/vectors.py` makes.

/// The bytes of a vector.
///
/// # Panics
/// If there is none of that name.
pub(crate) fn vector(name: &str) -> Vec<u8> {
    let found =
        include_str!("formats.txt").lines().filter_map(|line| line.split_once(" = ")).find(|(key, _)| *key == name);
    let (_, hex) = found.unwrap_or_else(|| panic!("no vector {name}"));
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// The bytes of a vector of exactly `N`.
pub(crate) fn exactly<const N: usize>(name: &str) -> [u8; N] {
    vector(name).try_into().unwrap()
}

/// `N` bytes counting up from `first`.
pub(crate) fn run<const N: usize>(first: u8) -> [u8; N] {
    core::array::from_fn(|i| first.wrapping_add(i as u8))
}
