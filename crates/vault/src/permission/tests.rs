//! The door's decision, which is needs made conditions and settled on rows, against Cedar's own on the same facts.

use super::conditions;
use domain::interaction::Timeouts;
use domain::{
    Binding, BudgetKind, Channel, Counter, CustomerId, EntryId, Guard, History, InteractionId, Millis, PersonId, Phase,
    Refusal, Role, Room, TenantId,
};
use policy::{Act, Asker, BUILT_IN, Decision, Denial, Device, Facts, Ground, Rules, Situation};
use std::sync::Arc;
use store::{
    BudgetRow, Condition, Inscribed, Intent, InteractionRow, Numbers, Outcome, Scribe, Shown, Spend, StateRow, Turn,
    settle,
};

const NOW: Millis = Millis(1_767_225_600_000);
const TENANT: TenantId = TenantId(1);
const ANA: PersonId = PersonId([1; 16]);
const BEN: PersonId = PersonId([2; 16]);
const CALL: InteractionId = InteractionId([3; 16]);
const RECORD: CustomerId = CustomerId([4; 16]);

struct Blank;

impl Scribe for Blank {
    fn inscribe(&self, _: &Numbers) -> Inscribed {
        Inscribed { leaf: [0; 65], audit: Vec::new(), customer: Vec::new() }
    }

    fn link(&self, head: &[u8; 32], _: &[u8; 65]) -> [u8; 32] {
        *head
    }
}

/// The rows of a situation: a call with its phase, person, customer and binding, and what was spent of a hundred.
fn rows(situation: &Situation) -> store::Facts {
    let Ground { live, customer, talking, binding, channel } = situation.ground;
    let call = InteractionRow {
        id: CALL,
        reference: String::new(),
        channel,
        phase: if talking { Phase::Connected } else { Phase::Held },
        person: Some(if live { ANA } else { BEN }),
        customer: Some(CustomerId([if customer { 4 } else { 5 }; 16])),
        binding,
        started: NOW,
        ended: None,
        active: NOW,
        events: Vec::new(),
        tag: [0; 16],
    };
    let mut facts = store::Facts::default();
    facts.interactions.read((TENANT, CALL), Some(call));
    let mut history = History::default();
    history.spend(NOW, None, 100 - situation.left);
    let spent = BudgetRow { total: 100, history: history.encode(), last: EntryId([0; 16]), tag: [0; 16] };
    facts.budgets.read((TENANT, counter()), Some(spent));
    let guard = situation.guarded.then_some(Guard::Vulnerable);
    // Of the one field that there may be, whether another was shown.
    let shown = situation.many.then(|| Shown::within(None, NOW).and(1));
    let state =
        StateRow { n: 0, head: [0; 32], guard, hold: None, shown, answers: 0, limits: 0, last: None, tag: [0; 16] };
    facts.states.read((TENANT, RECORD), Some(state));
    facts
}

fn counter() -> Counter {
    Counter::person(BudgetKind::Information, ANA)
}

/// What the door does: needs become conditions and a cost, and `settle` has the last word.
fn door(rules: &Rules, facts: &Facts<'_>) -> Result<(), Refusal> {
    let ways = rules.ways(&facts.asker, facts.act);
    let (needs, missing) = ways.without_second().map_err(Denial::refusal)?;
    let glass = matches!(facts.act, Act::BreakGlass(_));
    if !facts.act.serves() && !glass {
        return missing.map_or(Ok(()), |denial| Err(denial.refusal()));
    }
    let record = !matches!(facts.act, Act::Search | Act::Claim);
    // Behind the glass there is no interaction.
    let call = (CALL, ANA, record.then_some(RECORD));
    let mut when = if glass { Vec::new() } else { conditions(&needs, call, Timeouts::default()) };
    when.extend(missing.map(|denial| Condition::Never(denial.refusal())));
    if needs.few && matches!(facts.act, Act::Reveal(..)) {
        let otherwise = Refusal::ManyFields;
        when.push(Condition::FewShown { customer: RECORD, interaction: CALL, mark: 2, most: 1, otherwise });
    }
    let (turn, room) = (Turn::Spend(needs.cost), Room::hourly(100));
    let spend = Spend { counter: counter(), purpose: None, turn, at: NOW, room, otherwise: Refusal::BudgetExhausted };
    let intent = Intent {
        tenant: TENANT,
        request: None,
        customer: None,
        when,
        spend: vec![spend],
        effects: Vec::new(),
        read: Vec::new(),
        tentative: false,
        entry: EntryId([9; 16]),
        scribe: Arc::new(Blank),
    };
    match settle(&mut rows(&facts.situation), vec![intent], NOW).outcomes.remove(0) {
        Outcome::Committed(_) => Ok(()),
        Outcome::Refused { refusal, .. } => Err(refusal),
        other => panic!("{other:?}"),
    }
}

/// The rules, and one more that speaks of a channel.
fn with_a_channel() -> Rules {
    let mut files = BUILT_IN.to_vec();
    files.insert(
        3,
        (
            "channel.cedar",
            r#"@id("no-phone-by-chat") @refusal("channel-not-allowed") @says("Not by chat") @why("Chats are kept.")
               @next("Ask the customer to ring.") @cure("ask")
               forbid (principal, action == Action::"reveal", resource == Field::"phone")
               when { context.interaction.channel == Channel::"chat" };"#,
        ),
    );
    Rules::load(&files).unwrap()
}

/// xorshift64*, from a seed that is printed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % end
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

fn random(chance: &mut Chance, acts: &[Act]) -> Facts<'static> {
    let asker = Asker {
        // Those who serve come more often: there is more to be decided about them.
        role: if chance.below(3) == 0 { chance.of(&Role::ALL) } else { chance.of(&[Role::Agent, Role::TeamLeader]) },
        probation: chance.below(2) == 0,
        team: chance.of(&["", "Orders", "Payments"]),
        device: chance.of(&Device::ALL),
        hour: u8::try_from(chance.below(24)).unwrap(),
    };
    let ground = Ground {
        live: chance.below(4) > 0,
        customer: chance.below(4) > 0,
        talking: chance.below(4) > 0,
        binding: chance.of(&Binding::ALL),
        channel: chance.of(&Channel::ALL),
    };
    let left = u32::try_from(chance.below(6)).unwrap();
    let (guarded, many) = (chance.below(4) == 0, chance.below(4) == 0);
    let situation = Situation { ground, left, guarded, many, ..Situation::best(Channel::Call) };
    Facts { asker, act: chance.of(acts), situation }
}

#[test]
fn on_ten_thousand_random_situations_the_door_decides_as_cedar_does() {
    let seed = std::env::var("RINGFENCE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_127);
    let (mut chance, built_in) = (Chance(seed), Rules::built_in().unwrap());
    let spoken = with_a_channel();
    let acts: Vec<Act> = Act::all().collect();
    let mut allowed = 0;
    for turn in 0..10_000 {
        let facts = random(&mut chance, &acts);
        let rules = if turn % 4 == 0 { &spoken } else { &built_in };
        let expected = match rules.decide(&facts) {
            Decision::Permit => Ok(()),
            Decision::NeedsApproval(denial) | Decision::Refuse(denial) => Err(denial.refusal()),
        };
        assert_eq!(door(rules, &facts), expected, "RINGFENCE_SEED={seed}, turn {turn}: {facts:?}");
        allowed += usize::from(expected.is_ok());
    }
    assert!((500..9_500).contains(&allowed), "{allowed} of 10,000 were allowed: that tries one side only");
}
