//! A centre made for drills, in this process, and thrown away: the same program, rules and plan as any, with nobody in it.

use super::machine::Machine;
use crate::ambient::{SystemClock, SystemEntropy};
use crate::commands::init::{self, Keys, New, webhook_secret};
use crate::config::{Secret, Source, Tenant};
use crate::database::Database;
use crate::failure::{self, Failure};
use crate::home::Home;
use crate::soft_passkey::SoftPasskey;
use crate::wire::Centre;
use crate::{invented, serving, wire};
use domain::{Clock as _, PersonId, Role, TenantId};
use drills::{Decoy, Kit, OwnDatabase, Person};
use simulation::identity::Identities;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use tokio::sync::watch;
use vault::{BoardSecret, IntakeBatch, NewPerson};
use web::WebConfig;

const TENANT: TenantId = TenantId(1);
const SLUG: &str = "drill";
const AGENT: &str = "Drill agent";
/// Where whoever is on its board has sealed files sent.
const BOARD: &str = "board@example.com";

/// A directory that goes with this.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("ringfence-drill-{}", init::random_name()));
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(|error| failure::file(&folder, &error))?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(kind = ?error.kind(), folder = %self.0.display(), "the drills' directory couldn't be removed");
        }
    }
}

/// Makes one, serves it while `work` goes on, and throws it away.
///
/// # Errors
/// If it can't be made or served.
pub(super) fn within<T: Send + 'static>(work: impl FnOnce(Kit) -> T + Send + 'static) -> Result<T, Failure> {
    let folder = Folder::new()?;
    wire::block_on(async {
        let secret = webhook_secret();
        let home = home(&folder, &secret).await?;
        let centre = wire::open(&home).await?;
        let listener = serving::listen(home.config.server.listen)?;
        let machine = Machine::of(&home, &folder.0);
        let web = WebConfig { mailer: Some(machine.letters()), ..serving::web_config(&home)? };
        let kit = kit(&home, &centre, &listener, secret, machine).await?;
        let (stop, stopped) = watch::channel(false);
        let serving = serving::serve(&centre, listener, web, crate::telling::Told::default(), stopped);
        let mut serving = std::pin::pin!(serving);
        let working = tokio::task::spawn_blocking(move || work(kit));
        let done = tokio::select! {
            done = working => done,
            ended = &mut serving => {
                ended?;
                return Err(Failure::there("the drills' centre stopped", "try again"));
            }
        };
        stop.send_replace(true);
        serving.await?;
        done.map_err(|_| Failure::there("a drill broke off", "try again"))
    })
}

async fn home(folder: &Folder, secret: &str) -> Result<Home, Failure> {
    let data = folder.0.join("data");
    let tenant = Tenant { id: TENANT.0, slug: SLUG.to_owned(), origin: "drill.ringfence.internal".to_owned() };
    let keys = Keys::Here(folder.0.join("keys").join("root.key"));
    let database = Database::Embedded(data.clone());
    let mut home = init::create(&New { data: &data, tenant, keys, database }).await?;
    home.config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    // Its people were made a moment ago.
    home.config.probation_days = Some(0);
    let secret = Some(Secret::from(secret.to_owned()));
    home.config.event_source = vec![Source { name: "drill".to_owned(), tenant: None, secret_file: None, secret }];
    Ok(home)
}

async fn kit(
    home: &Home,
    centre: &Centre,
    listener: &TcpListener,
    secret: zeroize::Zeroizing<String>,
    machine: Machine,
) -> Result<Kit, Failure> {
    let decoys = decoys(centre).await?;
    let officer = person(centre, "Drill officer", Role::SecurityOfficer).await?;
    let board = person(centre, "Drill board", Role::BoardMember).await?;
    let passkey = SoftPasskey::new()?;
    let machine = machine.with_passkey(passkey.again()?).with_board(&board);
    let kit = Kit {
        url: serving::url(listener)?,
        secret,
        agent: person(centre, AGENT, Role::Agent).await?,
        colleague: person(centre, "Drill colleague", Role::Agent).await?,
        officer,
        board: Some(board),
        it: person(centre, "Drill operator", Role::ItOperator).await?,
        decoys,
        tenant: SLUG.to_owned(),
        premises: Some(Box::new(machine)),
        database: Some(OwnDatabase { file: sql::Sqlite::file(&home.data), unsealed: AGENT.to_owned() }),
    };
    // Once an officer has a passkey, only officers let anybody in.
    if let Some(board) = &kit.board {
        report_to(centre, (&kit.officer, passkey), board).await?;
    }
    Ok(kit)
}

async fn person(centre: &Centre, name: &str, role: Role) -> Result<Person, Failure> {
    let operator = centre.vault.operator(TENANT);
    let new = NewPerson { name: name.to_owned(), role, team: "Drills".to_owned() };
    let id = centre.vault.add_person(&operator, new).await?;
    let token = centre.vault.issue_token(&operator, id).await?;
    Ok(Person { id: id.to_string(), token })
}

/// Has the program report to somebody of the board, who has a passkey and a key for it.
async fn report_to(centre: &Centre, (officer, passkey): (&Person, SoftPasskey), board: &Person) -> Result<(), Failure> {
    let (vault, now) = (&centre.vault, SystemClock.now());
    let failed = || Failure::there("the drills' board can't be made", "try again");
    let passkeys = [passkey, SoftPasskey::new()?];
    let whose = [officer, board].map(|one| PersonId::parse(&one.id));
    let changes = passkeys.iter().zip(whose).map(|(passkey, who)| who.map(|who| passkey.enrolled(who, now)));
    let changes = changes.collect::<Option<Vec<_>>>().ok_or_else(failed)?;
    vault.set_up_power(&vault.operator(TENANT), changes).await?;
    let scope = vault.authenticate(&board.token).await?;
    let public = BoardSecret::generate().and_then(|secret| secret.public()).ok_or_else(failed)?;
    passkeys[1].register_board_key(vault, &scope, (public, Some(BOARD))).await
}

/// Two invented customers, other ones each time.
async fn decoys(centre: &Centre) -> Result<[Decoy; 2], Failure> {
    let seed = u64::from_le_bytes(domain::time::fresh(&SystemEntropy));
    let people = Identities::new(seed);
    let both = [people.nth(0), people.nth(1)];
    let operator = centre.vault.operator(TENANT);
    let records = both.iter().map(invented::record).collect::<Result<_, _>>()?;
    centre.vault.take_in(&operator, IntakeBatch { import: [0xd5; 16], rows_done: 2, records, staged: true }).await?;
    centre.vault.finish_intake(&operator).await?;
    Ok(both.map(|who| Decoy { phone: who.phone.clone(), email: who.email.clone() }))
}
