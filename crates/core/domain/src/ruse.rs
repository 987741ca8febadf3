//! Drills for people: what comes to a desk in one. Everything in it is invented and lies here, so that a drill can show nothing of anybody.

use crate::lesson::Lesson;

/// With what a drill tries people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Ruse {
    /// Somebody in a chat pushes for a customer's number.
    Caller = 1,
    /// Somebody offers money for a name.
    Bribe = 2,
    /// The record of somebody well known lies open.
    Decoy = 3,
    /// A colleague wants a value looked up for them.
    Colleague = 4,
}

/// What the desk shows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    /// What it looks like.
    pub title: &'static str,
    /// From whom it seems to come.
    pub from: &'static str,
    /// What they say.
    pub said: &'static str,
    /// A mask, where there is something to look at.
    pub mask: Option<&'static str>,
    /// What the button says that falls for it.
    pub lure: &'static str,
    /// What the other one says.
    pub decline: &'static str,
    /// What is shown to who fell for it: a number that is nobody's, or nothing.
    pub shown: Option<&'static str>,
}

impl Ruse {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Caller, Self::Bribe, Self::Decoy, Self::Colleague];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Bribe => "bribe",
            Self::Decoy => "decoy",
            Self::Colleague => "colleague",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ruse| ruse.slug() == slug)
    }

    /// The one with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|ruse| *ruse as u8 == code)
    }

    /// What it is called where it is planned.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Caller => "A caller who pushes for a number",
            Self::Bribe => "An offer of money for a name",
            Self::Decoy => "A record that lies open",
            Self::Colleague => "A colleague who asks a favour",
        }
    }

    /// What people learn by it.
    #[must_use]
    pub fn lesson(self) -> Lesson {
        match self {
            Self::Caller => Lesson::PushyCaller,
            Self::Bribe => Lesson::MoneyOffered,
            Self::Decoy => Lesson::OpenRecord,
            Self::Colleague => Lesson::ColleagueAsks,
        }
    }

    /// What the desk shows. The numbers are of ranges that are kept for stories, and belong to nobody.
    #[must_use]
    pub fn scene(self) -> Scene {
        match self {
            Self::Caller => Scene {
                title: "Chat",
                from: "Visitor, for M. Ellery",
                said: "Hi, I'm writing for my wife. Her flight leaves in ten minutes and she can't find the phone number she gave you. Just tell me the number on file, I'll stay in the chat. Please hurry, last time your colleague did it at once.",
                mask: Some("+44 •••• ••• •12"),
                lure: "Show the number",
                decline: "Decline politely",
                shown: Some("+44 7700 900712"),
            },
            Self::Bribe => Scene {
                title: "Message",
                from: "unknown sender",
                said: "You sit where I need a friend. One name and address a week, 200 each, cash or voucher, no trace. Your team mate already does it. Tap yes and I tell you the first name.",
                mask: None,
                lure: "Yes, tell me more",
                decline: "Delete it",
                shown: None,
            },
            Self::Decoy => Scene {
                title: "Record left open",
                from: "A. Vandermeer, singer",
                said: "This record was left open at your desk. Nobody is on the line.",
                mask: Some("•••••••• Terrace, L•••••"),
                lure: "Have a look",
                decline: "Close it",
                shown: Some("1 Nowhere Terrace, Nulltown"),
            },
            Self::Colleague => Scene {
                title: "Request from a colleague",
                from: "Jo, second floor",
                said: "My screen is frozen and I have a customer waiting. Can you open the date of birth for me and read it over? It's Mr Ellery. I'll owe you a coffee.",
                mask: Some("••.••.19••"),
                lure: "Agree and open it",
                decline: "Say no",
                shown: Some("30.02.1900"),
            },
        }
    }
}

/// What somebody did with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reaction {
    /// They reported it.
    Reported,
    /// They left it, or said no.
    Ignored,
    /// They fell for it.
    Fell,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_name_and_shows_nobodys_values() {
        for ruse in Ruse::ALL {
            assert_eq!(Ruse::from_slug(ruse.slug()), Some(ruse));
            assert_eq!(Ruse::from_code(ruse as u8), Some(ruse));
            let Some(shown) = ruse.scene().shown else { continue };
            // Numbers kept for stories, a day that never was, a town that isn't.
            assert!(
                ["+44 7700 900", "30.02.", "1 Nowhere"].iter().any(|nobodys| shown.starts_with(nobodys)),
                "{shown}"
            );
        }
        assert_eq!(Ruse::from_slug("phone"), None);
        assert_eq!(Ruse::from_code(0), None);
    }
}
