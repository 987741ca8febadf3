//! The `ringfence` program.

use mimalloc::MiMalloc;
use std::process::ExitCode;
use zeroizing_alloc::ZeroAlloc;

/// Steady memory under many small, short-lived allocations; and every one is wiped when it is given back, so that no
/// library's buffer (a socket's, a parser's, a signer's) keeps what passed through it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

fn main() -> ExitCode {
    app::run(std::env::args_os())
}
