//! What others asked for and what waits for security: the identity provider's proposals, devices, and passkeys.

use domain::{PersonId, Role};
use minicbor::{Decoder, Encoder};

/// One of these, to be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// What the identity provider proposes.
    Proposal {
        /// Names it.
        id: PersonId,
        /// The role to be given, where none is proposed.
        role: Option<Role>,
        /// Whose subjects the provider's external ids are.
        issuer: Option<String>,
    },
    /// A device to which a team leader agreed.
    Device {
        /// Names it.
        id: [u8; 16],
        /// What stands on its screen.
        code: String,
    },
    /// A passkey that somebody registered.
    Passkey {
        /// Names the waiting one.
        id: [u8; 16],
    },
}

impl Asked {
    /// The act that the rules must permit, beside changing power.
    pub(super) fn act(&self) -> policy::Act {
        match self {
            Self::Proposal { .. } => policy::Act::DecideProposal,
            Self::Device { .. } => policy::Act::EnrolDevice,
            Self::Passkey { .. } => policy::Act::Enrol,
        }
    }

    pub(super) fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> super::wish::Encoded {
        match self {
            Self::Proposal { id, role, issuer } => {
                e.array(4)?.u8(15)?.bytes(&id.0)?.encode(role.map(Role::slug))?.encode(issuer.as_deref())?
            }
            Self::Device { id, code } => e.array(3)?.u8(16)?.bytes(id)?.str(code)?,
            Self::Passkey { id } => e.array(2)?.u8(17)?.bytes(id)?,
        };
        Ok(())
    }

    /// After its number.
    pub(super) fn read(number: u8, d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        let Ok(id) = d.bytes()?.try_into() else { return Ok(None) };
        match number {
            15 => {}
            16 => return Ok(Some(Self::Device { id, code: d.str()?.to_owned() })),
            _ => return Ok(Some(Self::Passkey { id })),
        }
        let (role, issuer): (Option<&str>, Option<&str>) = (d.decode()?, d.decode()?);
        let issuer = issuer.map(str::to_owned);
        Ok(match role.map(Role::from_slug) {
            Some(None) => None,
            role => Some(Self::Proposal { id: PersonId(id), role: role.flatten(), issuer }),
        })
    }
}
