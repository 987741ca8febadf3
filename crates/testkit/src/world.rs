//! A whole small contact centre on a real store, in a directory of its own.

use crate::chance::{FixedClock, Seeded};
use crate::database::TestDatabase;
use crate::people::{Member, Staff};
use crate::wait::block_on;
use domain::field::query_phone;
use domain::{Channel, Clock, CustomerId, EntryId, InteractionId, Millis, TenantId};
use keyholder::{InProcess, Keyring, KeyringFile, RootKey};
use sql::Sqlite;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::Store;
use tempfile::TempDir;
use transparency::OriginKeys;
use vault::{Heard, LogLine, NewRecord, Scope, Sequencer, TenantConfig, Vault, VaultConfig, VaultError, origin_keys};

/// The first tenant.
pub const FIRST: TenantId = TenantId(1);
/// The second tenant.
pub const SECOND: TenantId = TenantId(2);
/// When a world's time begins: on the hour, so that budgets' windows are whole.
pub const START: Millis = Millis(1_767_225_600_000);

/// Who signs the events in a test world.
const SOURCE: &str = "telephony";

/// Two tenants with people, one vault, one store, one key holder in this process.
pub struct TestWorld {
    /// The vault.
    pub vault: Arc<Vault>,
    /// Its store.
    pub store: Arc<dyn Store>,
    /// Its key holder.
    pub holder: Arc<InProcess>,
    /// Its clock.
    pub clock: Arc<FixedClock>,
    /// Its chance.
    pub entropy: Arc<Seeded>,
    /// The first tenant's people.
    pub staff: Staff,
    /// The second tenant's people.
    pub second_staff: Staff,
    /// That of the next node.
    pub config: VaultConfig,
    messages: AtomicU64,
    database: TestDatabase,
    directory: TempDir,
}

impl TestWorld {
    /// A world with the default configuration. The same seed gives the same ids, keys and bytes.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with(seed, VaultConfig::default())
    }

    /// A world with a configuration of its own.
    ///
    /// # Panics
    /// If it can't be made.
    #[must_use]
    pub fn with(seed: u64, config: VaultConfig) -> Self {
        Self::on(seed, without_probation(config), TestDatabase::new)
    }

    /// A world whose people, hired this moment, are on probation.
    ///
    /// # Panics
    /// If it can't be made.
    #[must_use]
    pub fn on_probation(seed: u64) -> Self {
        Self::on(seed, VaultConfig::default(), TestDatabase::new)
    }

    /// A world on the embedded engine, whatever the engine under test: for what is about its files.
    ///
    /// # Panics
    /// If it can't be made.
    #[must_use]
    pub fn embedded(seed: u64, config: VaultConfig) -> Self {
        Self::on(seed, without_probation(config), |folder| TestDatabase::File(Sqlite::file(folder)))
    }

    /// A world on a database that several nodes can serve, whatever the engine under test.
    #[must_use]
    pub fn of_nodes(seed: u64, config: VaultConfig) -> Self {
        Self::on(seed, without_probation(config), |_| TestDatabase::for_nodes())
    }

    fn on(seed: u64, config: VaultConfig, database: impl FnOnce(&std::path::Path) -> TestDatabase) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(START));
        let entropy = Arc::new(Seeded::new(seed));
        let key_file = key_file(&directory);
        let root = RootKey::create(&key_file, &*entropy).unwrap();
        KeyringFile::new(&key_file, root).create(&[FIRST, SECOND], START, &*entropy).unwrap();
        let database = database(directory.path());
        let store = database.store();
        let holder = open_holder(&key_file, &clock, &entropy);
        let vault = open_vault(&store, &holder, &clock, &entropy, &config);
        let staff = Staff::hire(&vault, FIRST);
        let second_staff = Staff::hire(&vault, SECOND);
        let messages = AtomicU64::new(0);
        Self { vault, store, holder, clock, entropy, staff, second_staff, config, messages, database, directory }
    }

    /// Where the store's file lies.
    #[must_use]
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// The keyring, opened for a look.
    ///
    /// # Panics
    /// If it doesn't open.
    #[must_use]
    pub fn keyring(&self) -> Keyring {
        let key_file = key_file(&self.directory);
        KeyringFile::new(&key_file, RootKey::load(&key_file).unwrap()).look().unwrap()
    }

    /// A new vault and key holder over the same store, as after a restart of the process.
    pub fn restart(&mut self) {
        self.holder = open_holder(&key_file(&self.directory), &self.clock, &self.entropy);
        self.vault = self.another_node();
    }

    /// One more vault over the same store, as another node.
    #[must_use]
    pub fn another_node(&self) -> Arc<Vault> {
        open_vault(&self.store, &self.holder, &self.clock, &self.entropy, &self.config)
    }

    /// One more vault over a store and a clock of its own, as a node on another machine.
    #[must_use]
    pub fn node(&self, store: &Arc<dyn Store>, clock: &Arc<FixedClock>) -> Arc<Vault> {
        open_vault(store, &self.holder, clock, &self.entropy, &self.config)
    }

    /// The embedded engine's store whose files lie in another directory, and a vault on it with this world's keys.
    ///
    /// # Panics
    /// If it doesn't open.
    #[must_use]
    pub fn opened_in(&self, directory: &std::path::Path) -> (Arc<dyn Store>, Arc<Vault>) {
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(directory).unwrap());
        let vault = open_vault(&store, &self.holder, &self.clock, &self.entropy, &self.config);
        (store, vault)
    }

    /// Edits the database behind everybody's back. Says how many rows changed.
    ///
    /// # Panics
    /// If the engine refuses.
    pub fn edit(&self, statement: &str) -> usize {
        self.database.edit(statement)
    }

    /// Every table's name, and whether any of its rows holds these bytes in any column.
    ///
    /// # Panics
    /// If the engine refuses.
    #[must_use]
    pub fn tables_holding(&self, needle: &[u8]) -> Vec<String> {
        self.database.tables_holding(needle)
    }

    /// The database, as whoever keeps it sees it.
    #[must_use]
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// The table in which customers' states in the log lie after they changed.
    #[must_use]
    pub fn states(&self) -> &'static str {
        self.database.states()
    }

    /// Signs a person in by token.
    ///
    /// # Panics
    /// If the vault doesn't know the token.
    #[must_use]
    pub fn scope(&self, member: &Member) -> Scope {
        block_on(self.vault.authenticate(&member.token)).unwrap()
    }

    /// Takes a customer of the first tenant in.
    ///
    /// # Panics
    /// If the vault refuses.
    #[must_use]
    pub fn add(&self, record: NewRecord) -> CustomerId {
        self.add_in(FIRST, record)
    }

    /// Takes a customer in.
    ///
    /// # Panics
    /// If the vault refuses.
    #[must_use]
    pub fn add_in(&self, tenant: TenantId, record: NewRecord) -> CustomerId {
        block_on(self.vault.add_customer(&self.vault.operator(tenant), record)).unwrap()
    }

    /// A new call to a person of the first tenant, from a number or from nobody known.
    ///
    /// # Panics
    /// If the vault refuses.
    #[must_use]
    pub fn call(&self, member: &Member, from: Option<&str>) -> InteractionId {
        let reference = format!("call-{}", self.messages.load(Ordering::Relaxed));
        self.connect(FIRST, &reference, member, from).unwrap()
    }

    /// The event that a person took an interaction.
    ///
    /// # Errors
    /// The vault's.
    pub fn connect(
        &self,
        tenant: TenantId,
        reference: &str,
        member: &Member,
        from: Option<&str>,
    ) -> Result<InteractionId, VaultError> {
        let from = from.map(|number| query_phone(number).unwrap());
        self.hear(tenant, reference, Heard::Connected { channel: Channel::Call, person: member.id, from })
    }

    /// A signed event, under a message id of its own, dated now.
    ///
    /// # Errors
    /// The vault's.
    pub fn hear(&self, tenant: TenantId, reference: &str, heard: Heard) -> Result<InteractionId, VaultError> {
        let message = self.messages.fetch_add(1, Ordering::Relaxed).to_string();
        block_on(self.vault.hear(tenant, SOURCE, reference, &message, self.clock.now(), heard))
    }

    /// The source's reference of an interaction.
    ///
    /// # Panics
    /// If there is no such interaction.
    #[must_use]
    pub fn reference(&self, tenant: TenantId, interaction: InteractionId) -> String {
        block_on(self.store.interaction(tenant, interaction)).unwrap().unwrap().reference
    }

    /// A sequencer for a tenant, as a node of that name runs it.
    ///
    /// # Panics
    /// If the vault refuses.
    #[must_use]
    pub fn sequencer(&self, tenant: TenantId, node: u8) -> Sequencer {
        Sequencer::new(&self.vault, &tenant_config(tenant), [node; 16]).unwrap()
    }

    /// Gives every pending entry its place.
    ///
    /// # Panics
    /// If the sequencer fails.
    pub fn sequence(&self, tenant: TenantId) {
        let mut sequencer = self.sequencer(tenant, 1);
        while block_on(sequencer.tick()).unwrap() > 0 {}
    }

    /// The public keys of a tenant's log.
    ///
    /// # Panics
    /// If the vault has none.
    #[must_use]
    pub fn log_keys(&self, tenant: TenantId) -> OriginKeys {
        origin_keys(&self.vault, &tenant_config(tenant)).unwrap()
    }

    /// The whole readable log, newest first, after sequencing what is pending.
    ///
    /// # Panics
    /// If it can't be read.
    #[must_use]
    pub fn log(&self, tenant: TenantId) -> Vec<LogLine> {
        self.sequence(tenant);
        block_on(self.vault.audit_bodies(&self.vault.operator(tenant))).unwrap()
    }

    /// The log's line of one entry.
    ///
    /// # Panics
    /// If it isn't in the log.
    #[must_use]
    pub fn line(&self, tenant: TenantId, entry: EntryId) -> LogLine {
        self.log(tenant).into_iter().find(|line| line.entry == entry).expect("the entry is in the log")
    }
}

/// The configuration of a world's tenant.
#[must_use]
pub fn tenant_config(tenant: TenantId) -> TenantConfig {
    TenantConfig { id: tenant, slug: format!("tenant-{}", tenant.0), origin: format!("example.org/log/{}", tenant.0) }
}

fn key_file(directory: &TempDir) -> std::path::PathBuf {
    directory.path().join("root.key")
}

fn open_holder(key_file: &std::path::Path, clock: &Arc<FixedClock>, entropy: &Arc<Seeded>) -> Arc<InProcess> {
    let file = KeyringFile::new(key_file, RootKey::load(key_file).unwrap());
    Arc::new(InProcess::open(file, Arc::clone(clock) as _, Arc::clone(entropy) as _, vault::waits()).unwrap())
}

fn open_vault(
    store: &Arc<dyn Store>,
    holder: &Arc<InProcess>,
    clock: &Arc<FixedClock>,
    entropy: &Arc<Seeded>,
    config: &VaultConfig,
) -> Arc<Vault> {
    let tenants = vec![tenant_config(FIRST), tenant_config(SECOND)];
    let (store, holder) = (Arc::clone(store), Arc::clone(holder));
    let vault = Vault::open(store, holder, Arc::clone(clock) as _, Arc::clone(entropy) as _, tenants, config.clone());
    Arc::new(block_on(vault).unwrap())
}

/// Everybody in a test world was hired this moment: they would all be on probation.
fn without_probation(config: VaultConfig) -> VaultConfig {
    VaultConfig { probation_days: 0, ..config }
}
