//! Casework: what is done for a customer who isn't on the line. Why is one of a closed list, as free text would say more of
//! the customer than the log should keep.

/// How long a case lives, in milliseconds: one day. What isn't done by then is opened anew, by a new decision.
pub const CASE_MS: i64 = 24 * 3_600_000;

/// How many values are shown in one case. Whoever needs more opens a record rather than working on a case.
pub const CASE_LOOKS: u32 = 12;

/// What there is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum CaseReason {
    /// A letter came back.
    ReturnedMail = 1,
    /// A refund to be checked.
    Refund = 2,
    /// A complaint to be answered.
    Complaint = 3,
    /// A parcel that couldn't be delivered.
    Delivery = 4,
    /// Something on file is wrong.
    Correction = 5,
}

impl CaseReason {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::ReturnedMail, Self::Refund, Self::Complaint, Self::Delivery, Self::Correction];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::ReturnedMail => "returned_mail",
            Self::Refund => "refund",
            Self::Complaint => "complaint",
            Self::Delivery => "delivery",
            Self::Correction => "correction",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::ReturnedMail => "a returned letter",
            Self::Refund => "a refund to check",
            Self::Complaint => "a complaint to answer",
            Self::Delivery => "a failed delivery",
            Self::Correction => "something on file is wrong",
        }
    }

    /// The reason with this stable name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.slug() == slug)
    }

    /// The reason with this number, as entries have it.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as u8 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_name_and_number() {
        for reason in CaseReason::ALL {
            let same = (Some(reason), Some(reason));
            assert_eq!((CaseReason::from_slug(reason.slug()), CaseReason::from_code(reason as u8)), same);
        }
        assert_eq!((CaseReason::from_slug("curiosity"), CaseReason::from_code(0)), (None, None));
    }
}
