//! `ringfence serve`.

use crate::cli::{Common, Serve};
use crate::failure::Failure;
use crate::home::Home;
use crate::output::{self, Format};
use crate::telling::Told;
use crate::{serving, wire};
use serde_json::json;

pub(super) fn run(common: &Common, asked: &Serve) -> Result<(), Failure> {
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let _claim = serving::claim(&home)?;
    let mut address = home.config.server.listen;
    if let Some(port) = asked.port {
        address.set_port(port);
    }
    wire::block_on(async {
        let centre = wire::open(&home).await?;
        let config = serving::web_config(&home)?;
        let told = Told::by(&home.config)?;
        let listener = serving::listen(address)?;
        let (stopped, signals) = serving::stop_at_signal()?;
        let url = serving::url(&listener)?;
        match common.output {
            Format::Table => output::text(&format!("Ringfence serves {url}"))?,
            format => output::one(format, &json!({"url": url}))?,
        }
        tokio::select! {
            result = serving::serve(&centre, listener, config, told, stopped) => result,
            () = signals => Ok(()),
        }
    })
}
