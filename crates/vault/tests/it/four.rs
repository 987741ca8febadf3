//! A call for which a second person is needed, and one who is there.

use crate::help::Call;
use crate::sessions::Page;
use domain::{FieldKind, Role};
use testkit::{FIRST, Member, TestWorld, block_on};
use vault::{ApprovalId, ApprovalState, NewPerson, RevealCommand, Scope, Vault, VaultError};

pub(crate) const ACCOUNT: FieldKind = FieldKind::BankAccount;

/// Somebody of this role and team, hired now.
pub(crate) fn hired(world: &TestWorld, name: &str, role: Role, team: &str) -> Member {
    let operator = world.vault.operator(FIRST);
    let person = NewPerson { name: name.into(), role, team: team.into() };
    block_on(async {
        let id = world.vault.add_person(&operator, person).await.unwrap();
        Member { id, role, token: world.vault.issue_token(&operator, id).await.unwrap() }
    })
}

/// A call in which the agent wants to see the account, and somebody of another team who is there.
pub(crate) struct Four {
    pub(crate) call: Call,
    pub(crate) leader: Member,
}

impl Four {
    pub(crate) fn new(seed: u64) -> Self {
        Self::on(Call::new(seed))
    }

    pub(crate) fn on(call: Call) -> Self {
        let leader = hired(&call.world, "Sue South", Role::TeamLeader, "south");
        Self { call, leader }
    }

    pub(crate) fn world(&self) -> &TestWorld {
        &self.call.world
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.call.world.vault
    }

    /// The second person at their page.
    pub(crate) fn page(&self) -> Page<'_> {
        Page::begin(self.world(), self.vault(), &self.leader)
    }

    pub(crate) fn agent(&self) -> Scope {
        self.world().scope(&self.world().staff.agent)
    }

    pub(crate) fn account(&self) -> RevealCommand {
        self.call.command(ACCOUNT)
    }

    pub(crate) fn ask(&self) -> Result<ApprovalId, VaultError> {
        block_on(self.vault().ask_approval(&self.agent(), &self.account())).map(|asked| asked.id)
    }

    pub(crate) fn state(&self) -> ApprovalState {
        // A node lists what it read within a second.
        self.world().clock.advance(1_001);
        block_on(self.vault().own_approvals(&self.agent())).unwrap().asked[0].state
    }

    pub(crate) fn answer(&self, page: &Page<'_>, id: ApprovalId, yes: bool) -> Result<(), VaultError> {
        let scope = page.get(self.vault(), "/approvals").unwrap();
        block_on(self.vault().answer_approval(&scope, id, yes))
    }
}
