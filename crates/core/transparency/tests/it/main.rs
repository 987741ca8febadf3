//! The log in bytes against vectors, other implementations, properties and changed bits.

#[cfg(test)]
mod check;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod fuzz_targets;
#[cfg(test)]
mod fuzzing;
#[cfg(test)]
mod mutation;
#[cfg(test)]
mod notes;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod store;
#[cfg(test)]
mod tree;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod witness;
#[cfg(test)]
mod witness_policy;
