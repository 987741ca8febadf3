//! What can happen in a contact centre. People appear as indices into the cast, never as data.

/// One thing that somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act {
    /// Which interaction it belongs to, counted from 1; `None` for what happens outside any.
    pub call: Option<u64>,
    /// Index of the agent concerned.
    pub agent: usize,
    /// Index of the customer concerned.
    pub customer: usize,
    /// What is done.
    pub step: Step,
    /// What Ringfence should answer.
    pub expect: Expect,
}

/// What is done. Field kinds and purposes are the slugs of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The telephone or ticket system connects a customer with the agent.
    Connect {
        /// How they talk.
        channel: Channel,
        /// What is known of who calls.
        caller: Caller,
    },
    /// The agent looks at the interaction.
    Look,
    /// The agent searches for the customer.
    Search(SearchBy),
    /// The agent says that the first hit is the customer.
    Claim,
    /// The agent opens the masked record.
    View,
    /// The agent checks an answer of the caller's.
    Verify {
        /// The kind of field asked for.
        field: &'static str,
        /// Whether the caller knows the answer.
        right: bool,
    },
    /// The agent has a one-time code sent to the customer's phone.
    SendCode,
    /// The customer enters the code, or a wrong one.
    EnterCode {
        /// Whether it is the code that was sent.
        right: bool,
    },
    /// The agent reveals one value.
    Reveal {
        /// The kind of field.
        field: &'static str,
        /// Why.
        purpose: &'static str,
    },
    /// The agent asks for a second person.
    AskSecond {
        /// The kind of field.
        field: &'static str,
        /// Why.
        purpose: &'static str,
    },
    /// The agent tries to be the second person for what they asked.
    AnswerOwn,
    /// The agent tries to look a customer up with no interaction at all.
    RevealWithoutCall,
    /// The agent tries to read on after the customer hung up.
    RevealAfterHangUp,
    /// The agent writes a note: index of the text.
    Note(usize),
    /// The customer is put on hold.
    Hold,
    /// The customer is taken off hold.
    Resume,
    /// The interaction goes to another agent.
    Transfer {
        /// Index of the agent who takes over.
        to: usize,
    },
    /// The interaction ends.
    End,
}

/// What Ringfence should answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Done, unless an allowance is spent.
    Allowed,
    /// Refused, whatever else happened.
    Refused,
    /// Depends on what happened before.
    Either,
}

/// How customer and agent talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Telephone.
    Call,
    /// Written, live.
    Chat,
    /// Written, not live.
    Ticket,
}

impl Channel {
    /// The name in events and at the front of references.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Chat => "chat",
            Self::Ticket => "ticket",
        }
    }
}

/// What the telephone or ticket system knows of who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The customer's own number.
    Phone,
    /// The customer's own e-mail address.
    Email,
    /// Nothing.
    Withheld,
}

/// What an agent searches by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchBy {
    /// Telephone number.
    Phone,
    /// E-mail address.
    Email,
    /// Order number.
    Order,
    /// Postcode and family name.
    PostcodeAndName,
    /// Last four digits of the card and the day of an order.
    CardAndOrderDay,
}
