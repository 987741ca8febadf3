//! A customer on the line with an agent, in a small world on PostgreSQL; and nodes that reach it through a proxy.

use domain::{
    Allowance, BudgetKind, Counter, CustomerId, FieldKind, InteractionId, Limits, PerWindow, Purpose, Weights,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::StoreError;
use testkit::{FIRST, FixedClock, NAME, PHONE, Proxy, START, TestWorld, ana, block_on, tenant_config};
use transparency::{Checkpoint, TileBuilder, leaf_hash, verify_checkpoint};
use vault::{RevealCommand, Revealed, Scope, Vault, VaultConfig, VaultError};

/// The world, with Ana on the line.
pub(crate) struct Desk {
    pub(crate) world: TestWorld,
    pub(crate) customer: CustomerId,
    pub(crate) interaction: InteractionId,
    warmed: AtomicU32,
}

/// A node on a machine of its own: its way to the database, its clock, its vault.
pub(crate) struct Node {
    pub(crate) proxy: Proxy,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) vault: Arc<Vault>,
}

/// What the store holds, as far as reveals change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) spent: u64,
    pub(crate) entries: usize,
}

impl Desk {
    /// A world with an allowance per hour.
    pub(crate) fn with(seed: u64, acts_per_hour: u32) -> Self {
        let hourly = |limit| Allowance::of(PerWindow::hourly(limit));
        let (team, tenant) = (hourly(1_000_000), hourly(1_000_000));
        let limits =
            Limits { weights: Weights::EVEN, person: hourly(acts_per_hour), team, tenant, ..Limits::default() };
        let world = TestWorld::of_nodes(seed, VaultConfig { limits, ..VaultConfig::default() });
        let customer = world.add(ana());
        let interaction = world.call(&world.staff.agent, Some(PHONE));
        Self { world, customer, interaction, warmed: AtomicU32::new(0) }
    }

    /// A node behind a proxy, its clock so many milliseconds ahead.
    pub(crate) fn node(&self, connections: usize, ahead_ms: i64) -> Node {
        let (server, database) = self.world.database().served();
        let proxy = Proxy::before(server);
        let clock = Arc::new(FixedClock::at(START.plus(ahead_ms)));
        let vault = self.world.node(&proxy.store(database, connections), &clock);
        Node { proxy, clock, vault }
    }

    /// Lets a node take so much of what everybody shares that it asks for no more while a test looks at one transaction
    /// after another: by this much load in no time.
    pub(crate) fn warm(&self, vault: &Vault) {
        let scope = self.agent(vault);
        let node = self.warmed.fetch_add(1, Ordering::SeqCst);
        for turn in 0..250 {
            assert!(is_anas(
                block_on(vault.reveal(&scope, &self.command(&format!("warm-{node}-{turn}")))).ok().unwrap()
            ));
        }
    }

    /// The reveal of Ana's name, under a key.
    pub(crate) fn command(&self, key: &str) -> RevealCommand {
        RevealCommand {
            customer: self.customer,
            interaction: self.interaction,
            field: FieldKind::Name,
            instance: 1,
            purpose: Purpose::Delivery,
            key: Some(key.to_owned()),
        }
    }

    /// The agent, signed in at a vault.
    pub(crate) fn agent(&self, vault: &Vault) -> Scope {
        block_on(vault.authenticate(&self.world.staff.agent.token)).unwrap()
    }

    /// What was spent and written, as the store has it. Only while nothing was given its place in the log.
    pub(crate) fn kept(&self) -> Kept {
        let counter = Counter::person(BudgetKind::Information, self.world.staff.agent.id);
        let row = block_on(self.world.store.budget(FIRST, counter)).unwrap();
        let entries = block_on(self.world.store.pending(FIRST, None, 100_000)).unwrap().len();
        Kept { spent: row.map_or(0, |row| row.total), entries }
    }

    /// The log as published now, signed by its own keys.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        let head = block_on(self.world.store.head(FIRST)).unwrap();
        verify_checkpoint(&head.checkpoint, &self.world.log_keys(FIRST)).unwrap()
    }

    /// The log and the budgets hold, and every checkpoint that was ever seen is of this one log.
    pub(crate) fn holds(&self, seen: &[Checkpoint]) {
        self.world.sequence(FIRST);
        let (store, tenant) = (&self.world.store, tenant_config(FIRST));
        let keys = self.world.log_keys(FIRST);
        let found = block_on(app::verify::rows(&**store, Some(&self.world.vault), &tenant, &keys)).unwrap();
        assert_eq!(found["pending"], 0, "{found}");
        let newest = self.checkpoint();
        let mut rows = block_on(store.entries(FIRST, None, 1_000_000)).unwrap();
        rows.sort_by_key(|row| row.index);
        assert_eq!(rows.len() as u64, newest.size);
        let mut tree = TileBuilder::new();
        let mut roots = vec![transparency::empty_root()];
        for row in &rows {
            let _tiles = tree.append(&[leaf_hash(&row.leaf)]).unwrap();
            roots.push(tree.root());
        }
        for checkpoint in seen.iter().chain([&newest]) {
            let root = roots.get(checkpoint.size as usize);
            assert_eq!(root, Some(&checkpoint.root), "the log was forked at {}", checkpoint.size);
        }
    }
}

/// The value as the screen would get it.
pub(crate) fn shown(revealed: Revealed) -> String {
    String::from_utf8(revealed.value.to_screen(b"", b"").to_vec()).unwrap()
}

/// It is Ana's name.
pub(crate) fn is_anas(revealed: Revealed) -> bool {
    shown(revealed).contains(NAME)
}

/// Asks until the node has found out which of its connections are dead.
pub(crate) fn answered<T>(what: &str, mut ask: impl FnMut() -> Result<T, VaultError>) -> T {
    crate::wait::found(what, crate::wait::PATIENCE, || match ask() {
        Ok(answer) => Some(answer),
        Err(VaultError::Store(StoreError::Unavailable)) => None,
        Err(error) => panic!("{what}: {error:?}"),
    })
}
