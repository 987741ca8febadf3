//! What a mask leaves to be seen.

use crate::kind::Kind;
use domain::FieldKind;

/// The form of a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MaskForm {
    /// Two initials.
    Initials,
    /// The letters of a British postcode's area, and nothing of other addresses.
    PostcodeArea,
    /// The last two digits.
    LastTwo,
    /// The first letter.
    FirstLetter,
    /// Brand and last four digits.
    BrandAndLastFour,
    /// Country and last two characters.
    CountryAndLastTwo,
    /// Date, end of the number and about how many items.
    DateAndEnd,
    /// Which wish it is, without what it says.
    KeyOnly,
    /// Nothing.
    Hidden,
}

impl MaskForm {
    /// Every form.
    pub const ALL: [Self; 9] = [
        Self::Initials,
        Self::PostcodeArea,
        Self::LastTwo,
        Self::FirstLetter,
        Self::BrandAndLastFour,
        Self::CountryAndLastTwo,
        Self::DateAndEnd,
        Self::KeyOnly,
        Self::Hidden,
    ];

    /// The name in plans.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Initials => "initials",
            Self::PostcodeArea => "postcode_area",
            Self::LastTwo => "last_two",
            Self::FirstLetter => "first_letter",
            Self::BrandAndLastFour => "brand_and_last_four",
            Self::CountryAndLastTwo => "country_and_last_two",
            Self::DateAndEnd => "date_and_end",
            Self::KeyOnly => "key_only",
            Self::Hidden => "hidden",
        }
    }

    /// The form that this program makes of a kind; what it doesn't store is hidden whole.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Field(FieldKind::Name) => Self::Initials,
            Kind::Field(FieldKind::PostalAddress) => Self::PostcodeArea,
            Kind::Field(FieldKind::Phone) => Self::LastTwo,
            Kind::Field(FieldKind::Email) => Self::FirstLetter,
            Kind::Field(FieldKind::Card) => Self::BrandAndLastFour,
            Kind::Field(FieldKind::BankAccount) => Self::CountryAndLastTwo,
            Kind::Field(FieldKind::Order) => Self::DateAndEnd,
            Kind::Field(FieldKind::Preference) => Self::KeyOnly,
            Kind::Field(FieldKind::DateOfBirth | FieldKind::Note) | Kind::Coming(_) => Self::Hidden,
        }
    }
}
