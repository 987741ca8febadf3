//! Micro-lessons: a few sentences at the moment of risk, read in twenty seconds. They stop nothing and judge nobody.

macro_rules! lessons {
    ($($(#[$doc:meta])* $name:ident = $code:literal $slug:literal, $title:literal, $text:literal;)*) => {
        /// A lesson.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Lesson { $($(#[$doc])* $name = $code,)* }

        impl Lesson {
            /// Every lesson.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name.
            #[must_use]
            pub fn slug(self) -> &'static str { match self { $(Self::$name => $slug,)* } }

            /// What it is about, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str { match self { $(Self::$name => $title,)* } }

            /// The lesson: at most sixty words.
            #[must_use]
            pub fn text(self) -> &'static str { match self { $(Self::$name => $text,)* } }
        }
    };
}

lessons! {
    /// Before the first look at a date of birth or a bank account.
    SensitiveLook = 1 "sensitive-look", "Before you open this one",
        "This value can't be changed like a password. Once it leaks, it follows the customer for years. Can you do the job with the mask, or by checking what the caller says? If you do need it, look, use it, and let it close.";
    /// Before the first look at what a caller may ask to hear.
    ReadBack = 2 "read-back", "If the caller asks you to read it out",
        "Let the caller say it, and check it. A real customer knows their own number. A thief wants to hear it from you. Say: please tell me what you have, and I will see if it fits. That is polite, and it is safe.";
    /// A search that found too many.
    BroadSearch = 3 "broad-search", "When too many people fit",
        "A wide search shows you people who never called. Each of them trusted us to leave them alone. Ask the caller for one thing that only they would have at hand: an order number, or the phone they call from.";
    /// Little is left of an allowance.
    BudgetLow = 4 "budget-low", "Your points are nearly used up",
        "Points are there so that a stolen account can't carry off a list of people. Running low on a busy day is normal. Use masks where they do. If you need more, tell your team leader why. Nobody will think less of you.";
    /// A second answer in one conversation that was wrong.
    AnswersWrong = 5 "answers-wrong", "Two answers that didn't fit",
        "People forget things. Thieves guess. You can't tell them apart by voice, and you don't have to. Stop asking, send a code to the customer's own phone, and let that decide. Never give a hint, not even warm or cold.";
    /// A second person is asked for.
    Hurry = 6 "hurry", "Asking somebody to look with you",
        "Most thieves bring a hurry with them: a train, a crying child, an angry boss. The second person is your time to think. Tell them what you know and what feels odd. If they say no, that is a good result too.";
    /// A guarded record is opened.
    Guarded = 7 "guarded", "Somebody who needs more care",
        "This person is well known, or could be hurt if found. One look out of interest can end up on a front page or at a front door. Open only what this call needs. If somebody asks you about this customer, report it.";
    /// A look while the customer is on hold.
    OnHold = 8 "on-hold", "While the customer is on hold",
        "On hold nobody hears what you do, so the record stays shut. It protects you as well: no one can say that you looked behind their back. Take them off hold first, then go on.";
    /// A case: nobody is on the line.
    Alone = 9 "alone", "Working without the customer",
        "In a case nobody is there who would notice a look too many. Do what the case is about and close it. If you find something that isn't your task, leave it shut and tell your team leader.";
    /// The first note.
    Notes = 10 "notes", "What a note is for",
        "A note outlives the call, and many will read it. Write what was agreed and what comes next. Leave out card numbers, passwords, health, and what you think of the person. Write it as if they will read it: they may.";
    /// The first one-time code.
    Codes = 11 "codes", "A code is for the customer alone",
        "The customer types the code in on their own phone. You never need to hear it. If a caller wants to tell it to you, stop them kindly. If a caller asks you for a code, it is not their phone: report it.";
    /// After a drill in which a caller pushed for a value.
    PushyCaller = 12 "pushy-caller", "The caller who pushes",
        "Thieves don't break in, they ask. They know a name, they are in a hurry, and they make you feel rude. You may always say: I can check what you tell me, I can't read it to you. Then press Report something.";
    /// After a drill in which somebody offered money.
    MoneyOffered = 13 "money-offered", "When somebody offers you money",
        "It starts small: one name, easy money, nobody will know. Then they own you. You don't have to answer or explain. Report it the same minute. Reporting is safe, also if you have said yes to something before.";
    /// After a drill in which a record lay open.
    OpenRecord = 14 "open-record", "The record that just lies there",
        "It is human to be curious. The person behind the record will never know why you looked, only that someone did. If a record turns up that isn't part of your work, don't open it. Report it, so that we find out why.";
    /// After a drill in which a colleague asked a favour.
    ColleagueAsks = 15 "colleague-asks", "A favour for a colleague",
        "A friend with a broken screen may be real. It may also be someone with a stolen account. A value you open is under your name. Send them to their team leader, who can help them in a minute. A good colleague will understand.";
}

impl Lesson {
    /// The lesson of that name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|lesson| lesson.slug() == slug)
    }

    /// The lesson with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|lesson| *lesson as u8 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_in_twenty_seconds_and_found_by_its_name() {
        for lesson in Lesson::ALL {
            assert_eq!(Lesson::from_slug(lesson.slug()), Some(*lesson));
            assert_eq!(Lesson::from_code(*lesson as u8), Some(*lesson));
            // Three words a second, as a calm reader reads.
            assert!(lesson.text().split_whitespace().count() <= 60, "{lesson:?}");
        }
        assert_eq!(Lesson::from_slug("anything"), None);
        assert_eq!(Lesson::from_code(0), None);
    }
}
