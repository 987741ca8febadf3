//! What would cure a refusal: a closed list, so that a page or program can offer it.

/// What to do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cure {
    /// Take the customer's call, chat or ticket.
    TakeInteraction,
    /// Go to the interaction that this customer belongs to.
    OtherInteraction,
    /// Take the customer off hold.
    TakeOffHold,
    /// Send a one-time code.
    SendCode,
    /// Choose another purpose.
    ChoosePurpose,
    /// Work with the mask.
    UseMask,
    /// Wait for the next hour.
    Wait,
    /// Have somebody else approve it.
    Approval,
    /// Ask somebody whose role it is.
    Ask,
}

impl Cure {
    /// Every cure.
    pub const ALL: [Self; 9] = [
        Self::TakeInteraction,
        Self::OtherInteraction,
        Self::TakeOffHold,
        Self::SendCode,
        Self::ChoosePurpose,
        Self::UseMask,
        Self::Wait,
        Self::Approval,
        Self::Ask,
    ];

    /// The stable name, in rules and problems.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::TakeInteraction => "take-interaction",
            Self::OtherInteraction => "other-interaction",
            Self::TakeOffHold => "take-off-hold",
            Self::SendCode => "send-code",
            Self::ChoosePurpose => "choose-purpose",
            Self::UseMask => "use-mask",
            Self::Wait => "wait",
            Self::Approval => "approval",
            Self::Ask => "ask",
        }
    }

    /// The cure of that name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cure| cure.slug() == slug)
    }
}
