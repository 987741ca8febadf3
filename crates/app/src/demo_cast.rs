//! Who works in the demo's centre. The same people at every start.

use super::officers::{self, Officer};
use super::secrets::Secrets;
use crate::failure::Failure;
use domain::{PersonId, Role, TenantId};
use simulation::day::AgentSeat;
use std::path::Path;
use vault::{NewPerson, Operator, Vault};

/// The agent whom the human in front of the screen signs in as.
const HOSTED: (&str, Role, &str) = ("Ana Diaz", Role::Agent, "Orders");

/// One of each other role, and the officer without whom the other signs nothing.
const OTHERS: [(&str, Role, &str); 6] = [
    ("Malik Okafor", Role::TeamLeader, "Orders"),
    ("Ingrid Solberg", Role::SecurityOfficer, "Security"),
    ("Tomasz Zielinski", Role::ItOperator, "Operations"),
    ("Claire Moreau", Role::DataProtectionOfficer, "Data protection"),
    ("Helena Brandt", Role::BoardMember, "Board"),
    ("Samuel Osei", Role::SecurityOfficer, "Security"),
];

/// The agents who are played.
const PLAYED: [(&str, &str); 10] = [
    ("Beth Rowland", "Orders"),
    ("Carlos Pinto", "Orders"),
    ("Dilara Aydin", "Orders"),
    ("Emeka Nwosu", "Orders"),
    ("Fiona Kerr", "Payments"),
    ("Goran Horvat", "Payments"),
    ("Hana Suzuki", "Payments"),
    ("Ivan Petrov", "Deliveries"),
    ("Julia Lindqvist", "Deliveries"),
    ("Kwame Boateng", "Deliveries"),
];

/// The people, found or made.
pub(super) struct Cast {
    /// One person per role, the human's agent first; a second security officer last.
    pub(super) sign_ins: Vec<(Role, PersonId)>,
    /// The human's agent.
    pub(super) hosted: PersonId,
    /// The agents who are played.
    pub(super) agents: Vec<AgentSeat>,
    /// Security officers who can sign: the demo itself, for them. Nobody on a quiet day.
    pub(super) officers: Vec<Officer>,
}

/// Everybody, each with what lets them in; with `governed`, officers who have passkeys.
pub(super) async fn assemble(vault: &Vault, tenant: TenantId, folder: &Path, governed: bool) -> Result<Cast, Failure> {
    let operator = vault.operator(tenant);
    let mut secrets = Secrets::open(folder)?;
    let hosted = person(vault, &operator, HOSTED).await?;
    let mut cast = Cast { sign_ins: Vec::new(), hosted, agents: Vec::new(), officers: Vec::new() };
    cast.sign_ins.push((HOSTED.1, cast.hosted));
    for other in OTHERS {
        cast.sign_ins.push((other.1, person(vault, &operator, other).await?));
    }
    let free = vault.needs_officer(tenant).await?;
    for (name, team) in PLAYED {
        let person = person(vault, &operator, (name, Role::Agent, team)).await?;
        if free || secrets.token(person).is_none() {
            secrets.keep_token(person, &vault.issue_token(&operator, person).await?);
        }
        let token = secrets.token(person).unwrap_or_default().to_owned();
        cast.agents.push(AgentSeat { person: person.to_string(), token });
    }
    secrets.save()?;
    if governed {
        let officers: Vec<PersonId> = cast
            .sign_ins
            .iter()
            .filter(|(role, _)| matches!(role, Role::SecurityOfficer | Role::BoardMember))
            .map(|(_, person)| *person)
            .collect();
        cast.officers = officers::seated(vault, &operator, tenant, &mut secrets, &officers).await?;
        officers::report_to_the_board(vault, &mut cast.officers, folder).await?;
    }
    Ok(cast)
}

async fn person(
    vault: &Vault,
    operator: &Operator,
    (name, role, team): (&str, Role, &str),
) -> Result<PersonId, Failure> {
    let known = vault.people(operator).await?;
    if let Some(row) = known.iter().find(|row| row.name == name && row.role == role) {
        return Ok(row.id);
    }
    Ok(vault.add_person(operator, NewPerson { name: name.to_owned(), role, team: team.to_owned() }).await?)
}
