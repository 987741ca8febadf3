//! Waiting for a future in a test that isn't async.

use core::future::Future;

/// Runs a future to its end on a runtime of its own.
///
/// # Panics
/// If no runtime can be made, or the future panics.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
