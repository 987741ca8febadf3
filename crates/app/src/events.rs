//! Events, to standard error; and spans, to a collector, where the program is built for it.

#[cfg(feature = "opentelemetry")]
mod collector;

use crate::failure::Failure;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry};

/// A layer under which others may lie.
type Layer = Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync>;

/// What is told of a centre that is made to be attacked: nothing but that it couldn't be taken away again. Each attack that it notices is
/// an error in any other.
const ATTACKED: &str = "off,app::drilling=warn";

/// Listens to events: `RINGFENCE_LOG` chooses which, `RINGFENCE_LOG_FORMAT=json` makes each a JSON object. What it gives
/// is kept until the program's end.
///
/// # Errors
/// If the environment names a collector of spans that can't be used.
pub(crate) fn listen(attacked: bool) -> Result<impl Drop, Failure> {
    let (mut layers, flush) = spans()?;
    let ours = "warn,app=info,vault=info,web=info,sql=info,carriers=info,witness=info,keylink=info,keyholder=info";
    let usual = if attacked { ATTACKED } else { ours };
    let filter = EnvFilter::try_from_env("RINGFENCE_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let events = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let json = std::env::var_os("RINGFENCE_LOG_FORMAT").is_some_and(|format| format == "json");
    layers.push(match json {
        true => events.json().flatten_event(true).with_filter(filter).boxed(),
        false => events.with_filter(filter).boxed(),
    });
    // Tests run several commands in one process; the first one's listener stays.
    drop(tracing_subscriber::registry().with(layers).try_init());
    Ok(flush)
}

#[cfg(feature = "opentelemetry")]
fn spans() -> Result<(Vec<Layer>, collector::Flush), Failure> {
    let (layer, flush) = collector::reach()?.unzip();
    Ok((layer.into_iter().collect(), collector::Flush(flush)))
}

/// Nothing to hand over at the end.
#[cfg(not(feature = "opentelemetry"))]
struct Silent;

#[cfg(not(feature = "opentelemetry"))]
impl Drop for Silent {
    fn drop(&mut self) {}
}

#[cfg(not(feature = "opentelemetry"))]
#[expect(clippy::unnecessary_wraps, reason = "there is nothing to fail without a collector")]
fn spans() -> Result<(Vec<Layer>, Silent), Failure> {
    Ok((Vec::new(), Silent))
}
