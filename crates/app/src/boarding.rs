//! One thread that makes what is reported to the board, takes sealed files to members' mailboxes, and says by an alarm where that
//! line is broken.

use crate::ambient::SystemEntropy;
use crate::failure::Failure;
use crate::rounds::Rounds;
use carriers::Press;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use vault::{BoardClerk, BoardPost, DrillName, Mailer, Vault};

/// Between two looks: it is about days.
const USUAL: Duration = Duration::from_secs(5);
/// Between two tries with a mail server that didn't take something.
const MAIL: Duration = Duration::from_secs(60);

/// The running thread; it stops when dropped.
pub struct Boarding {
    _rounds: Rounds,
}

impl Boarding {
    /// Starts it for all tenants of the vault.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(vault: &Arc<Vault>, mailer: Option<Arc<dyn Mailer>>) -> Result<Self, Failure> {
        let holder = domain::time::fresh(&SystemEntropy);
        let drills: Vec<DrillName> = drills::all().filter_map(|drill| DrillName::parse(drill.name)).collect();
        let mut clerks: Vec<BoardClerk> =
            vault.tenants().iter().map(|tenant| BoardClerk::new(vault, tenant.id, holder, drills.clone())).collect();
        let vault = Arc::clone(vault);
        let (mut tried, mut post): (Option<Instant>, BoardPost) = (None, BoardPost::default());
        let rounds = Rounds::start("board", async move |_| {
            for clerk in &mut clerks {
                if let Err(error) = clerk.tick(&Press).await {
                    tracing::error!(%error, "what is due to the board can't be made; it is tried again");
                }
            }
            let now = Instant::now();
            let again = tried.is_none_or(|tried| now.duration_since(tried) >= MAIL);
            if again {
                tried = Some(now);
            }
            for tenant in vault.tenants() {
                if let Err(error) = vault.settle_board(tenant.id).await {
                    tracing::warn!(%error, "the line to the board can't be looked at; it is tried again");
                }
                if let Some(mailer) = &mailer {
                    match vault.mail_board(tenant.id, mailer, (&mut post, again)).await {
                        Ok(0) => {}
                        Ok(failed) => {
                            tracing::warn!(failed, "sealed files to the board weren't taken by the mail server")
                        }
                        Err(error) => tracing::warn!(%error, "sealed files can't be sent; it is tried again"),
                    }
                }
            }
            USUAL
        })?;
        Ok(Self { _rounds: rounds })
    }
}
