//! `/security/roles`: what each role may see and do, by the rules in force; which it never meets; who has it, and who gives it.

use super::ask::sentence;
use super::{error_page, for_role, page};
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::duty::Duty;
use domain::{Refusal, Role};
use vault::{Granted, GrantedAct, PolicyAct, RoleLine, RoleTable};

/// `/security/roles`.
#[derive(Debug, Clone, Template)]
#[template(path = "security-roles.html")]
pub(super) struct RolesPage {
    /// Who looks.
    pub(super) person_name: String,
    /// Each role.
    pub(super) roles: Vec<RoleCard>,
    /// Who drafts and signs who gets a role, in words; none where no rule lets anybody.
    pub(super) given_by: Option<String>,
    /// Who signs it, in words.
    pub(super) signed_by: &'static str,
    /// Why two powers don't meet in one person, and what to do instead.
    pub(super) why_apart: [&'static str; 2],
    /// Why nobody of IT stands above who watches it.
    pub(super) why_not_above: &'static str,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

/// One role, in words.
#[derive(Debug, Clone)]
pub(super) struct RoleCard {
    pub(super) slug: &'static str,
    pub(super) label: &'static str,
    /// What its power is over.
    pub(super) over: &'static str,
    /// How many have it, in words.
    pub(super) counted: String,
    /// Where they are listed.
    pub(super) people: String,
    /// What shows them something.
    pub(super) sees: Vec<Words>,
    /// What changes something.
    pub(super) does: Vec<Words>,
    /// Roles that never meet it in one person: what each kind's power is over, and the roles.
    pub(super) apart: Vec<(&'static str, String)>,
    /// Roles that nobody above has; empty where it doesn't matter.
    pub(super) never_above: String,
    /// Each device and passkey of theirs needs their team leader's yes first.
    pub(super) led: bool,
    /// Who has it decides, so that their passkey needs two officers.
    pub(super) decides: bool,
    /// How long it takes after the last signature until it counts; empty for at once.
    pub(super) waits: String,
}

/// A rule that permits something, in its own words.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) rule: String,
    pub(super) says: String,
    /// Which acts of it, in words.
    pub(super) acts: String,
    /// Is none of them ever done alone?
    pub(super) second: bool,
}

impl Words {
    /// What of these acts a rule permits; none for nothing.
    fn of(granted: &Granted, wanted: impl Fn(&GrantedAct) -> bool) -> Option<Self> {
        let acts: Vec<GrantedAct> = granted.acts.iter().filter(|act| wanted(act)).copied().collect();
        let second = acts.iter().all(|act| !act.alone);
        let (rule, says) = (granted.rule.clone(), granted.says.clone());
        (!acts.is_empty()).then(|| Self { rule, says, acts: in_words(&acts), second })
    }
}

/// Such as "Reveal: name, phone. Search."
fn in_words(acts: &[GrantedAct]) -> String {
    let mut named: Vec<(&str, Vec<String>)> = Vec::new();
    for GrantedAct { act, .. } in acts {
        let (slug, field) = (act.slug(), field(*act));
        let place = named.iter().position(|(known, _)| *known == slug).unwrap_or_else(|| {
            named.push((slug, Vec::new()));
            named.len() - 1
        });
        if let (Some(field), Some((_, fields))) = (field, named.get_mut(place))
            && !fields.contains(&field)
        {
            fields.push(field);
        }
    }
    let one = |(slug, fields): &(&str, Vec<String>)| match fields.is_empty() {
        true => format!("{}.", sentence(slug)),
        false => format!("{}: {}.", sentence(slug), fields.join(", ")),
    };
    named.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn field(act: PolicyAct) -> Option<String> {
    match act {
        PolicyAct::Reveal(field, _) | PolicyAct::Verify(field) | PolicyAct::BreakGlass(field) => {
            Some(field.slug().replace('_', " "))
        }
        _ => None,
    }
}

/// "Agent, Team leader"
fn listed(roles: &[Role]) -> String {
    roles.iter().map(|role| role.label()).collect::<Vec<_>>().join(", ")
}

/// By what their power is over, in the order in which the roles come.
fn by_duty(roles: &[Role]) -> Vec<(&'static str, String)> {
    let mut duties: Vec<Duty> = Vec::new();
    for duty in roles.iter().map(|role| role.duty()) {
        if !duties.contains(&duty) {
            duties.push(duty);
        }
    }
    let of = |duty: Duty| roles.iter().filter(|role| role.duty() == duty).copied().collect::<Vec<_>>();
    duties.into_iter().map(|duty| (duty.over(), listed(&of(duty)))).collect()
}

fn waits(ms: i64) -> String {
    match ms / 3_600_000 {
        _ if ms <= 0 => String::new(),
        0 => "less than an hour".to_owned(),
        1 => "an hour".to_owned(),
        hours => format!("{hours} hours"),
    }
}

fn signed_by(signatures: Option<usize>) -> &'static str {
    match signatures {
        None => "nobody yet: whoever sets the centre up gives roles alone, until a security officer has a passkey",
        Some(0 | 1) => "one security officer with a passkey, as nobody else has one who could",
        Some(_) => "two security officers with their passkeys: two humans, at two browsers",
    }
}

impl RoleCard {
    fn of(line: &RoleLine) -> Self {
        let role = line.role;
        let words = |shows: bool| {
            let wanted = |act: &GrantedAct| act.act.shows() == shows;
            line.granted.iter().filter_map(|granted| Words::of(granted, wanted)).collect()
        };
        Self {
            slug: role.slug(),
            label: role.label(),
            over: role.duty().over(),
            counted: format!("{} {}", line.people, if line.people == 1 { "person" } else { "people" }),
            people: format!("/security/people?named={}", role.label().replace(' ', "+")),
            sees: words(true),
            does: words(false),
            apart: by_duty(&line.apart),
            never_above: listed(&line.never_above),
            led: role == Role::Agent,
            decides: role.decides(),
            waits: waits(line.waits_ms),
        }
    }
}

impl RolesPage {
    fn of(table: &RoleTable) -> Self {
        Self {
            person_name: String::new(),
            roles: table.roles.iter().map(RoleCard::of).collect(),
            given_by: (!table.given_by.is_empty()).then(|| listed(&table.given_by)),
            signed_by: signed_by(table.signatures),
            why_apart: [Refusal::ForbiddenPair.why(), Refusal::ForbiddenPair.next()],
            why_not_above: Refusal::ManagedByIt.why(),
            banner: None,
        }
    }
}

/// What each role is.
pub(super) async fn roles(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    let scope = match for_role(&web, signed, |web, scope| web.vault.reads_people(scope)) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    match web.vault.roles(&scope).await {
        Err(error) => error_page(&web, Fault::of(&web, &error)),
        Ok(table) => {
            let (person_name, banner) = (scope.name().to_owned(), web.config.banner.clone());
            page(StatusCode::OK, &RolesPage { person_name, banner, ..RolesPage::of(&table) })
        }
    }
}

/// Two roles: one that may something, and one that may nothing.
fn sample() -> RoleTable {
    use domain::{FieldKind, Purpose};
    let granted = |rule: &str, says: &str, acts: &[(PolicyAct, bool)]| Granted {
        rule: rule.to_owned(),
        says: says.to_owned(),
        acts: acts.iter().map(|(act, alone)| GrantedAct { act: *act, alone: *alone }).collect(),
    };
    let agent = RoleLine {
        role: Role::Agent,
        granted: vec![
            granted(
                "agents-and-leaders-help",
                "Who serves customers may search, claim, look at masks, send codes, write notes and follow up.",
                &[PolicyAct::View, PolicyAct::Search, PolicyAct::Claim].map(|act| (act, true)),
            ),
            granted(
                "bank-account-shown",
                "A bank account may be shown for a payment or to correct what is on file.",
                &[(PolicyAct::Reveal(FieldKind::BankAccount, Purpose::Payment), false)],
            ),
        ],
        people: 412,
        apart: vec![Role::QualityAnalyst, Role::SecurityOfficer, Role::SecurityAnalyst, Role::ItOperator],
        never_above: Vec::new(),
        waits_ms: 24 * 3_600_000,
    };
    let it = RoleLine {
        role: Role::ItOperator,
        granted: Vec::new(),
        people: 1,
        apart: vec![Role::Agent, Role::SecurityOfficer],
        never_above: Vec::new(),
        waits_ms: 0,
    };
    RoleTable { roles: vec![agent, it], given_by: vec![Role::SecurityOfficer], signatures: Some(2) }
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let person_name = "Ingrid Solberg".to_owned();
    let shown = RolesPage { person_name, banner, ..RolesPage::of(&sample()) };
    let new = RolesPage { signed_by: signed_by(None), ..shown.clone() };
    let nobody = RolesPage { roles: Vec::new(), given_by: None, ..shown.clone() };
    Ok(vec![
        ("security-roles.html", shown.render()?),
        ("security-roles-setting-up.html", new.render()?),
        ("security-roles-none.html", nobody.render()?),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_says_what_its_rules_say_and_which_acts_take_two() {
        let card = RoleCard::of(&sample().roles[0]);
        assert_eq!(
            card.sees.iter().map(|one| one.acts.as_str()).collect::<Vec<_>>(),
            ["View. Search.", "Reveal: bank account."]
        );
        assert_eq!(card.sees.iter().map(|one| one.second).collect::<Vec<_>>(), [false, true]);
        assert_eq!(card.does.iter().map(|one| one.acts.as_str()).collect::<Vec<_>>(), ["Claim."]);
        let watching = "the log, the rules and the alarms";
        assert_eq!(card.apart[1], (watching, "Security officer, Security analyst".to_owned()));
        assert_eq!((card.people.as_str(), card.waits.as_str()), ("/security/people?named=Agent", "24 hours"));
        let it = RoleCard::of(&sample().roles[1]);
        assert!(it.sees.is_empty() && it.does.is_empty() && it.waits.is_empty());
        assert_eq!([1, 3_600_000, 7_200_000].map(waits), ["less than an hour", "an hour", "2 hours"]);
    }
}
