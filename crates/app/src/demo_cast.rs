//! Who works in the demo's centre. The same people at every start, with new tokens.

use crate::failure::Failure;
use domain::{PersonId, Role, TenantId};
use simulation::day::AgentSeat;
use vault::{NewPerson, Operator, Vault};

/// The agent whom the human in front of the screen signs in as.
const HOSTED: (&str, Role, &str) = ("Ana Diaz", Role::Agent, "Orders");

/// One of each other role.
const OTHERS: [(&str, Role, &str); 4] = [
    ("Malik Okafor", Role::TeamLeader, "Orders"),
    ("Ingrid Solberg", Role::SecurityOfficer, "Security"),
    ("Tomasz Zielinski", Role::ItOperator, "Operations"),
    ("Claire Moreau", Role::DataProtectionOfficer, "Data protection"),
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
    /// One person per role, the human's agent first.
    pub(super) sign_ins: Vec<(Role, PersonId)>,
    /// The human's agent.
    pub(super) hosted: PersonId,
    /// The agents who are played.
    pub(super) agents: Vec<AgentSeat>,
}

pub(super) async fn assemble(vault: &Vault, tenant: TenantId) -> Result<Cast, Failure> {
    let operator = vault.operator(tenant);
    let mut cast = Cast { sign_ins: Vec::new(), hosted: person(vault, &operator, HOSTED).await?, agents: Vec::new() };
    cast.sign_ins.push((HOSTED.1, cast.hosted));
    for other in OTHERS {
        cast.sign_ins.push((other.1, person(vault, &operator, other).await?));
    }
    for (name, team) in PLAYED {
        let person = person(vault, &operator, (name, Role::Agent, team)).await?;
        let token = vault.issue_token(&operator, person).await?;
        cast.agents.push(AgentSeat { person: person.to_string(), token: String::clone(&token) });
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
