//! Answering as the second officer.

use super::{GlassId, GlassState, Signing, Stage};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{EntryId, Refusal};
use keys::power::Assertion;

/// What the second officer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GlassAnswer {
    /// Yes, with the signature that it counts by.
    Yes(Option<Assertion>),
    /// No.
    No,
}

impl Vault {
    /// Says yes, signed with a passkey for exactly this request, or no. It counts once; logged with who had asked and how long it
    /// took.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound`; `Tampered`; `GlassOver` once it was answered or its time has passed;
    /// `NotASecondOfficer` for who asked, of the same name, or at the same browser; `GlassUnsigned` for a yes that isn't their own
    /// passkey's for this.
    pub async fn answer_glass(&self, scope: &Scope, id: GlassId, answer: GlassAnswer) -> Result<EntryId, VaultError> {
        let kind = match answer {
            GlassAnswer::Yes(_) => Kind::GlassAgreed,
            GlassAnswer::No => Kind::GlassDeclined,
        };
        let (act, glass) = self.on_glass(scope, id, kind, policy::Act::BreakGlass).await?;
        let past = u64::try_from(act.draft.at.since(glass.since)).unwrap_or(0);
        let act = act.upon(glass.asker).detail(past);
        if glass.state(act.draft.at) != GlassState::Asked {
            return Err(self.logged(act, Refusal::GlassOver).await);
        }
        let power = self.load_power(scope.tenant).await?;
        let browser = self.device_of(scope).await?;
        let elsewhere = browser.is_some_and(|browser| browser != glass.browser);
        if !elsewhere || !self.may_agree(&power, &glass, scope.person()) {
            return Err(self.logged(act, Refusal::NotASecondOfficer).await);
        }
        let second = scope.person();
        let GlassAnswer::Yes(signed) = answer else {
            return self.commit_plain(glass.turn(act, Stage::Declined { second })).await;
        };
        let challenge = glass.challenge(scope.tenant, Signing::Agree);
        match signed.filter(|assertion| power.signer(assertion, &challenge) == Some(second)) {
            None => Err(self.logged(act, Refusal::GlassUnsigned).await),
            Some(assertion) => self.commit_plain(glass.turn(act, Stage::Agreed { second, assertion })).await,
        }
    }
}
