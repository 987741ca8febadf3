#![no_main]
#[path = "../../crates/core/plan/tests/it/fuzz_targets.rs"]
#[allow(dead_code)]
mod fuzz_targets;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::plan(bytes));
