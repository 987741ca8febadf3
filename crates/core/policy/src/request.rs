//! Facts in Cedar's words: a request, and the few entities it speaks of.

use crate::facts::{Act, Approvals, Asker, Facts, Situation};
use crate::rules::RulesError;
use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression as Value, Schema,
};
use std::collections::{HashMap, HashSet};

/// The names of entity types, parsed once.
pub(crate) struct Words {
    types: HashMap<&'static str, EntityTypeName>,
}

const TYPES: [&str; 13] = [
    "Action", "Binding", "Channel", "Device", "Field", "Log", "Person", "Power", "Purpose", "Record", "Role",
    "Session", "Staff",
];

/// Whoever asks is nobody in particular: a rule can't name one person (`RulesError::NamesAPerson`).
const ASKER: &str = "asker";

impl Words {
    pub(crate) fn new() -> Result<Self, RulesError> {
        let mut types = HashMap::new();
        for name in TYPES.into_iter().chain(["Team"]) {
            types.insert(name, name.parse::<EntityTypeName>().map_err(RulesError::schema)?);
        }
        Ok(Self { types })
    }

    fn uid(&self, kind: &'static str, id: &str) -> Result<EntityUid, RulesError> {
        let kind = self.types.get(kind).ok_or_else(|| RulesError::Schema(format!("{kind} isn't a type")))?;
        Ok(EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id)))
    }

    fn word(&self, kind: &'static str, id: &str) -> Result<Value, RulesError> {
        self.uid(kind, id).map(Value::new_entity_uid)
    }

    /// What an act is done to.
    pub(crate) fn resource(&self, act: Act) -> Result<EntityUid, RulesError> {
        match act {
            Act::Reveal(field, _) | Act::Verify(field) | Act::BreakGlass(field) => self.uid("Field", field.slug()),
            Act::ReadLog
            | Act::ReadAlarms
            | Act::TellDrill
            | Act::BuildPack
            | Act::UseBoardLine
            | Act::AnswerBoard
            | Act::HandleReport
            | Act::HandleReportOutside => self.uid("Log", "log"),
            Act::ReadTeam | Act::ReadBudgets | Act::ReadPeople | Act::ChangePower => self.uid("Power", "power"),
            Act::ReadSessions | Act::EndSession | Act::Enrol => self.uid("Session", "session"),
            Act::KeepDirectory | Act::DecideProposal | Act::EnrolDevice | Act::PlanPeopleDrill | Act::ReadCulture => {
                self.uid("Staff", "staff")
            }
            _ => self.uid("Record", "record"),
        }
    }

    pub(crate) fn action(&self, act: Act) -> Result<EntityUid, RulesError> {
        self.uid("Action", act.slug())
    }

    /// The request that these facts are.
    pub(crate) fn request(&self, facts: &Facts<'_>, schema: Option<&Schema>) -> Result<Request, RulesError> {
        let resource = self.resource(facts.act)?;
        let context = Context::from_pairs(self.context(facts)?).map_err(RulesError::schema)?;
        let (who, act) = (self.uid("Person", ASKER)?, self.action(facts.act)?);
        Request::new(who, act, resource, context, schema).map_err(RulesError::schema)
    }

    fn context(&self, facts: &Facts<'_>) -> Result<Vec<(String, Value)>, RulesError> {
        let Facts { asker, act, situation } = facts;
        let mut pairs = vec![
            ("approvers".to_owned(), self.approvers(situation.approvals)?),
            ("hour".to_owned(), Value::new_long(i64::from(asker.hour))),
            ("device".to_owned(), self.word("Device", asker.device.slug())?),
        ];
        if act.serves() {
            pairs.push(("interaction".to_owned(), self.interaction(situation)?));
        }
        if act.is_metered() {
            pairs.push(("left".to_owned(), Value::new_long(i64::from(situation.left))));
        }
        if let Act::Reveal(_, purpose) = act {
            pairs.push(("purpose".to_owned(), self.word("Purpose", purpose.slug())?));
            pairs.push(("guarded".to_owned(), Value::new_bool(situation.guarded)));
            pairs.push(("many".to_owned(), Value::new_bool(situation.many)));
        }
        Ok(pairs)
    }

    fn interaction(&self, situation: &Situation) -> Result<Value, RulesError> {
        let ground = situation.ground;
        let fields = [
            ("live".to_owned(), Value::new_bool(ground.live)),
            ("customer".to_owned(), Value::new_bool(ground.customer)),
            ("talking".to_owned(), Value::new_bool(ground.talking)),
            ("binding".to_owned(), self.word("Binding", ground.binding.slug())?),
            ("channel".to_owned(), self.word("Channel", ground.channel.slug())?),
        ];
        Value::new_record(fields).map_err(RulesError::schema)
    }

    fn approvers(&self, approvals: Approvals) -> Result<Value, RulesError> {
        let mut people = Vec::new();
        if approvals.own {
            people.push(self.word("Person", ASKER)?);
        }
        for number in 0..approvals.others {
            people.push(self.word("Person", &format!("approver {number}"))?);
        }
        Ok(Value::new_set(people))
    }

    /// The asker with role, class and team, among actions with their groups.
    pub(crate) fn entities(&self, asker: &Asker<'_>, actions: &Entities) -> Result<Entities, RulesError> {
        let mut teams = HashSet::new();
        let mut added = Vec::new();
        if !asker.team.is_empty() {
            let team = self.uid("Team", asker.team)?;
            teams.insert(team.clone());
            added.push(Entity::new_no_attrs(team, HashSet::new()));
        }
        let attributes = HashMap::from([
            ("role".to_owned(), self.word("Role", asker.role.slug())?),
            ("probation".to_owned(), Value::new_bool(asker.probation)),
        ]);
        let who = Entity::new(self.uid("Person", ASKER)?, attributes, teams).map_err(RulesError::schema)?;
        added.push(who);
        actions.clone().add_entities(added, None).map_err(RulesError::schema)
    }
}
