//! What grants power to people: kinds of rows, by number. All of a tenant's together are one whole, sealed by the key
//! holder.

/// What a row of power is about. Numbers are for ever: they are bound into the sealed root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum PowerKind {
    /// A person: who, with which role, in which team.
    Person = 0,
    /// The public key of a person's passkey.
    Passkey = 1,
    /// The public key of a device from which people work.
    Device = 2,
    /// The public key or certificate of a machine client.
    Client = 3,
    /// An identity provider's name for a person.
    Login = 4,
    /// The tenant's allowances.
    Limits = 5,
    /// The text of the tenant's rules.
    Rules = 6,
    /// Whom a person reports to.
    Reporting = 7,
    /// A person has left. Never taken back.
    Left = 8,
    /// A proposal was made: what officers signed for it counts once. Never taken back.
    Settled = 9,
    /// A person was an officer who could sign, until then. Never taken back.
    Former = 11,
    /// The text of the tenant's data plan.
    Plan = 12,
    /// The text of the settings that decide over the tenant's people and data.
    Settings = 13,
    /// Officers let a bearer token go on counting that was given while the tenant was set up.
    Confirmed = 14,
}

impl PowerKind {
    /// Every kind, by number.
    pub const ALL: [Self; 14] = [
        Self::Person,
        Self::Passkey,
        Self::Device,
        Self::Client,
        Self::Login,
        Self::Limits,
        Self::Rules,
        Self::Reporting,
        Self::Left,
        Self::Settled,
        Self::Former,
        Self::Plan,
        Self::Settings,
        Self::Confirmed,
    ];

    /// The kind with this number.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Its number.
    #[must_use]
    pub fn code(self) -> u16 {
        self as u16
    }
}

/// Names a row of power within its tenant. A person's rows of the kinds of which there is one each carry their id.
pub type PowerKey = (PowerKind, [u8; 16]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_name_kinds() {
        for kind in PowerKind::ALL {
            assert_eq!(PowerKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!((PowerKind::Person.code(), PowerKind::Settled.code(), PowerKind::Settings.code()), (0, 9, 13));
        assert_eq!(PowerKind::from_code(10), None);
        assert_eq!(PowerKind::from_code(15), None);
    }
}
