//! What a plan speaks of: the kinds of data that the program stores, kinds that may come, and what is done with them.

use crate::words::Words;
use domain::{FieldKind, Purpose};

/// A kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One that the program stores.
    Field(FieldKind),
    /// One that it doesn't, yet.
    Coming(Coming),
}

/// Kinds that a plan may look ahead to. The program stores none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coming {
    /// Which pages somebody looked at.
    BrowsingBehaviour,
    /// What somebody said, as sound.
    Voice,
    /// Pictures that a customer sent.
    Images,
    /// Where somebody is.
    Location,
    /// What was written in a chat.
    ChatTranscript,
}

impl Coming {
    /// Each of them.
    pub const ALL: [Self; 5] =
        [Self::BrowsingBehaviour, Self::Voice, Self::Images, Self::Location, Self::ChatTranscript];
}

impl Kind {
    /// Every kind: those that are stored first.
    pub fn all() -> impl Iterator<Item = Self> {
        FieldKind::ALL.into_iter().map(Self::Field).chain(Coming::ALL.into_iter().map(Self::Coming))
    }

    /// The name in plans.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Field(field) => field.slug(),
            Self::Coming(Coming::BrowsingBehaviour) => "browsing_behaviour",
            Self::Coming(Coming::Voice) => "voice",
            Self::Coming(Coming::Images) => "images",
            Self::Coming(Coming::Location) => "location",
            Self::Coming(Coming::ChatTranscript) => "chat_transcript",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::all().find(|kind| kind.slug() == slug)
    }

    /// What a customer reads: `your name`.
    #[must_use]
    pub fn words(self) -> Words {
        let (en, de) = match self {
            Self::Field(FieldKind::Name) => ("your name", "Ihren Namen"),
            Self::Field(FieldKind::PostalAddress) => ("your postal address", "Ihre Anschrift"),
            Self::Field(FieldKind::Phone) => ("your phone number", "Ihre Telefonnummer"),
            Self::Field(FieldKind::Email) => ("your e-mail address", "Ihre E-Mail-Adresse"),
            Self::Field(FieldKind::DateOfBirth) => ("your date of birth", "Ihr Geburtsdatum"),
            Self::Field(FieldKind::Card) => ("your card number", "Ihre Kartennummer"),
            Self::Field(FieldKind::BankAccount) => ("your bank account", "Ihr Bankkonto"),
            Self::Field(FieldKind::Order) => ("your orders", "Ihre Bestellungen"),
            Self::Field(FieldKind::Preference) => ("your wishes", "Ihre Wünsche"),
            Self::Field(FieldKind::Note) => ("notes on our talks", "Notizen zu unseren Gesprächen"),
            Self::Coming(Coming::BrowsingBehaviour) => ("the pages you look at", "welche Seiten Sie ansehen"),
            Self::Coming(Coming::Voice) => ("your voice", "Ihre Stimme"),
            Self::Coming(Coming::Images) => ("pictures you send", "Bilder, die Sie senden"),
            Self::Coming(Coming::Location) => ("where you are", "wo Sie sind"),
            Self::Coming(Coming::ChatTranscript) => ("what you write in a chat", "was Sie im Chat schreiben"),
        };
        Words::of(en, de)
    }
}

/// What is done with data. Storing and showing are said by an entry of data; the others are derived uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// It is taken in and kept.
    Store,
    /// A person of staff sees it.
    Show,
    /// A mask is made of it.
    Mask,
    /// The record is found by it.
    Search,
    /// A caller's answer is compared with it.
    Check,
    /// It goes to a carrier, so as to reach the customer.
    Send,
    /// It is handed out, to the customer or by their wish.
    Export,
    /// Something is worked out from it.
    Analyse,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 8] =
        [Self::Store, Self::Show, Self::Mask, Self::Search, Self::Check, Self::Send, Self::Export, Self::Analyse];

    /// The name in plans.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Show => "show",
            Self::Mask => "mask",
            Self::Search => "search",
            Self::Check => "check",
            Self::Send => "send",
            Self::Export => "export",
            Self::Analyse => "analyse",
        }
    }

    /// The derived use of this name; none for storing and showing.
    #[must_use]
    pub fn derived(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().skip(2).find(|act| act.slug() == slug)
    }
}

/// What a customer reads a purpose as, for those that the program knows.
pub(crate) fn purpose_words(purpose: Purpose) -> Words {
    let (en, de) = match purpose {
        Purpose::Delivery => ("to bring you what you order", "um Ihnen Ihre Bestellung zu bringen"),
        Purpose::Callback => ("to call you back", "um Sie zurückzurufen"),
        Purpose::Correspondence => ("to write to you", "um Ihnen zu schreiben"),
        Purpose::Payment => ("to take or pay back money", "um Geld einzuziehen oder zu erstatten"),
        Purpose::Verification => ("to make sure it is you", "um sicher zu sein, dass Sie es sind"),
        Purpose::Complaint => ("to settle a complaint", "um eine Beschwerde zu klären"),
        Purpose::Correction => ("to put right what is wrong", "um Fehler zu berichtigen"),
    };
    Words::of(en, de)
}
