//! Events of the telephony and ticket systems. They alone open and close interactions; staff can't.
//!
//! The door that calls this has checked the message's signature and age.

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::reveal::hashed;
use crate::wiring::Vault;
use domain::field::SearchTerm;
use domain::interaction::{Event, Happening};
use domain::{Channel, InteractionId, Millis, PersonId, Refusal, TenantId};
use store::Effect;
use zeroize::Zeroizing;

/// What a signed message said.
pub enum Heard {
    /// A person took the interaction. `from` finds the customer blindly.
    Connected {
        /// How they talk.
        channel: Channel,
        /// Who took it.
        person: PersonId,
        /// The caller's number or address.
        from: Option<SearchTerm>,
    },
    /// Another person has it.
    Transferred(PersonId),
    /// The customer waits.
    Held,
    /// They talk again.
    Resumed,
    /// It is over.
    Ended,
    /// The customer entered a code.
    CodeEntered(Zeroizing<String>),
}

impl Vault {
    /// The interaction that a source's reference names: the same for every event, whatever order they arrive in.
    #[must_use]
    pub fn interaction_id(&self, tenant: TenantId, source: &str, reference: &str) -> InteractionId {
        let lengths = (source.len() as u64).to_be_bytes();
        InteractionId(hashed(&[b"interaction", &tenant.bytes(), &lengths, source.as_bytes(), reference.as_bytes()]))
    }

    /// Takes a signed event in. A repeated delivery changes nothing.
    ///
    /// # Errors
    /// The refusal with its entry (a person who is unknown or doesn't serve, an edited row), or why nothing could be
    /// done: then the source should deliver again.
    pub async fn hear(
        &self,
        tenant: TenantId,
        source: &str,
        reference: &str,
        message: &str,
        at: Millis,
        heard: Heard,
    ) -> Result<InteractionId, VaultError> {
        let interaction = self.interaction_id(tenant, source, reference);
        let id = hashed(&[b"event", source.as_bytes(), &[0], message.as_bytes()]);
        let happening = match heard {
            Heard::CodeEntered(code) => {
                return self.code_entered(tenant, interaction, id, &code).await.map(|()| interaction);
            }
            Heard::Connected { channel, person, from } => self.connected(tenant, channel, person, from).await,
            Heard::Transferred(person) => {
                self.known_person(tenant, person).await.map(|()| Happening::Transferred { person })
            }
            Heard::Held => Ok(Happening::Held),
            Heard::Resumed => Ok(Happening::Resumed),
            Heard::Ended => Ok(Happening::Ended),
        };
        let what = match happening {
            Ok(what) => what,
            Err(VaultError::Refused { refusal, .. }) => {
                return Err(self.logged(self.bare_act(tenant, Kind::Event)?, refusal).await);
            }
            Err(error) => return Err(error),
        };
        let taken = matches!(what, Happening::Connected { .. });
        let event = Event { at, id, what };
        let act = self.bare_act(tenant, Kind::Event)?;
        let act = if taken { act.detail(1) } else { act }.effect(Effect::Happened {
            interaction,
            reference: reference.to_owned(),
            event,
        });
        self.commit_plain(act).await?;
        Ok(interaction)
    }

    /// A number or address that fits exactly one customer matches them; one that several share matches nobody, nor does one that
    /// vouches for nobody yet.
    async fn connected(
        &self,
        tenant: TenantId,
        channel: Channel,
        person: PersonId,
        from: Option<SearchTerm>,
    ) -> Result<Happening, VaultError> {
        if !channel.is_in_touch() {
            return Err(VaultError::refused(Refusal::ChannelNotAllowed));
        }
        self.known_person(tenant, person).await?;
        let caller = match from {
            None => None,
            Some(term) => self.only_one_at(tenant, &term).await?,
        };
        Ok(Happening::Connected { channel, person, caller })
    }

    async fn known_person(&self, tenant: TenantId, person: PersonId) -> Result<(), VaultError> {
        let mut snapshot = self.power(tenant).await?;
        if snapshot.person(person).is_none() {
            // Somebody who was hired a moment ago takes calls too.
            snapshot = self.power_now(tenant).await?;
        }
        if !snapshot.sound {
            return Err(VaultError::refused(Refusal::PowerTampered));
        }
        let row = snapshot.person(person).ok_or(VaultError::refused(Refusal::NotFound))?;
        row.role.serves().then_some(()).ok_or(VaultError::refused(Refusal::RoleNotAllowed))
    }
}
