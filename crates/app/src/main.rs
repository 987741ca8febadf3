//! The `ringfence` program.

use std::process::ExitCode;

/// Steady memory under many small, short-lived allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    app::run(std::env::args_os())
}
