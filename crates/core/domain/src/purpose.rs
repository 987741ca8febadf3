//! Why a value may be needed. A closed list: a typed reason is defeated by "."; a chosen one can be checked.

use crate::field::FieldKind;

/// The reason for one disclosure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// A parcel: where is it, where should it go.
    Delivery,
    /// Ring the customer back.
    Callback,
    /// Write to the customer.
    Correspondence,
    /// A payment or a refund.
    Payment,
    /// Make sure of the caller.
    Verification,
    /// A complaint.
    Complaint,
    /// Something on file is wrong.
    Correction,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 7] = [
        Self::Delivery,
        Self::Callback,
        Self::Correspondence,
        Self::Payment,
        Self::Verification,
        Self::Complaint,
        Self::Correction,
    ];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::Callback => "callback",
            Self::Correspondence => "correspondence",
            Self::Payment => "payment",
            Self::Verification => "verification",
            Self::Complaint => "complaint",
            Self::Correction => "correction",
        }
    }

    /// The purpose of that name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.slug() == slug)
    }

    /// The words a person chooses from.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Delivery => "Delivery or order problem",
            Self::Callback => "Call the customer back",
            Self::Correspondence => "Write to the customer",
            Self::Payment => "Payment or refund",
            Self::Verification => "Make sure of the caller",
            Self::Complaint => "Complaint",
            Self::Correction => "Correct what is on file",
        }
    }

    /// Every purpose, those first that such a field is usually needed for: an order to choose in. Which of them may be
    /// chosen, the rules say.
    #[must_use]
    pub fn likeliest_first(kind: FieldKind) -> Vec<Self> {
        let usual = Self::for_field(kind);
        usual.iter().copied().chain(Self::ALL.into_iter().filter(|purpose| !usual.contains(purpose))).collect()
    }

    /// What a field of this kind is usually needed for, the likeliest first; nothing for what is never shown.
    #[must_use]
    pub fn for_field(kind: FieldKind) -> &'static [Self] {
        use Purpose::{Callback, Complaint, Correction, Correspondence, Delivery, Payment, Verification};
        match kind {
            FieldKind::Name => &[Delivery, Callback, Correspondence, Complaint, Correction],
            FieldKind::PostalAddress => &[Delivery, Correspondence, Correction],
            FieldKind::Phone => &[Callback, Delivery, Correction],
            FieldKind::Email => &[Correspondence, Delivery, Correction],
            FieldKind::DateOfBirth => &[Verification, Correction],
            FieldKind::Card => &[],
            FieldKind::BankAccount => &[Payment, Correction],
            FieldKind::Order => &[Delivery, Complaint, Payment],
            FieldKind::Preference => &[Delivery, Complaint, Correction],
            FieldKind::Note => &[Delivery, Callback, Complaint, Correction, Payment],
        }
    }
}
