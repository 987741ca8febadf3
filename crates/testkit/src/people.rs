//! The people of a test world: one of every role, and a second agent.

use crate::wait::block_on;
use domain::{PersonId, Role, TenantId};
use vault::{NewPerson, Vault};
use zeroize::Zeroizing;

/// A person with a token.
pub struct Member {
    /// Who.
    pub id: PersonId,
    /// What for.
    pub role: Role,
    /// The bearer token.
    pub token: Zeroizing<String>,
}

/// Everyone of a tenant.
pub struct Staff {
    /// Serves customers.
    pub agent: Member,
    /// Serves customers too.
    pub other_agent: Member,
    /// Leads them.
    pub leader: Member,
    /// Reads the log.
    pub security: Member,
    /// Runs the machines.
    pub it: Member,
    /// Erases.
    pub protection: Member,
    /// Brings data in.
    pub integrator: Member,
    /// Judges how customers were served.
    pub quality: Member,
    /// Watches for security.
    pub analyst: Member,
    /// Of the board.
    pub board: Member,
    /// Checks from outside.
    pub auditor: Member,
}

impl Staff {
    pub(crate) fn hire(vault: &Vault, tenant: TenantId) -> Self {
        let hire = |name: &str, role| hire(vault, tenant, name, role);
        Self {
            agent: hire("Ada Agent", Role::Agent),
            other_agent: hire("Bo Agent", Role::Agent),
            leader: hire("Lea Leader", Role::TeamLeader),
            security: hire("Sam Security", Role::SecurityOfficer),
            it: hire("Ivo Operator", Role::ItOperator),
            protection: hire("Dee Protection", Role::DataProtectionOfficer),
            integrator: hire("Intake", Role::Integrator),
            quality: hire("Quinn Quality", Role::QualityAnalyst),
            analyst: hire("Ann Analyst", Role::SecurityAnalyst),
            board: hire("Bea Board", Role::BoardMember),
            auditor: hire("Aud Auditor", Role::Auditor),
        }
    }

    /// Everyone.
    #[must_use]
    pub fn all(&self) -> [&Member; 11] {
        [
            &self.agent,
            &self.other_agent,
            &self.leader,
            &self.security,
            &self.it,
            &self.protection,
            &self.integrator,
            &self.quality,
            &self.analyst,
            &self.board,
            &self.auditor,
        ]
    }
}

fn hire(vault: &Vault, tenant: TenantId, name: &str, role: Role) -> Member {
    let operator = vault.operator(tenant);
    let person = NewPerson { name: name.into(), role, team: "north".into() };
    block_on(async {
        let id = vault.add_person(&operator, person).await.unwrap();
        let token = vault.issue_token(&operator, id).await.unwrap();
        Member { id, role, token }
    })
}
