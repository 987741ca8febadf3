#![allow(clippy::unwrap_used, clippy::panic, reason = "tests: a step that fails must stop the test there")]

use crate::codec::Bytes;
use crate::codec::{Put, Writer};
use crate::message::{Operation, VERSION};
use crate::server::answer;
use crate::{Doors, Remote, frame, refuse, serve};
use domain::{CustomerId, Entropy, EntryId, Millis, PersonId, Suite, TenantId};
use keyholder::{InProcess, KeyringFile, RootKey};
use keys::{
    Ceremonies, CeremonyStanding, CeremonyStep, Counted, DealtShares, Header, HolderError, KeyHolder, Place,
    PowerProposal, Powers, Published, Release, RewrapRequest, SealRequest, SharesGathered, Suites, Warrant,
};
use std::future::Future;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use testkit::{FixedClock, Seeded};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

pub(crate) const TENANT: TenantId = TenantId(1);
const MADE: Millis = Millis(1_767_225_600_000);

pub(crate) struct Site {
    directory: tempfile::TempDir,
    entropy: Arc<Seeded>,
    pub(crate) holder: Arc<InProcess>,
}

impl Site {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let entropy = Arc::new(Seeded::new(5));
        let key = directory.path().join("root.key");
        KeyringFile::new(&key, RootKey::create(&key, &*entropy).unwrap()).create(&[TENANT], MADE, &*entropy).unwrap();
        let file = KeyringFile::new(&key, RootKey::load(&key).unwrap());
        let holder = Arc::new(
            InProcess::open(file, Arc::new(FixedClock::at(MADE)), Arc::clone(&entropy) as _, Arc::new(|_, _| 0))
                .unwrap(),
        );
        Self { directory, entropy, holder }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("keys.sock")
    }

    pub(crate) fn uid(&self) -> u32 {
        std::fs::metadata(self.directory.path()).unwrap().uid()
    }

    /// Runs `work` while the holder is served to these users.
    fn served<T>(&self, allowed: &[u32], work: impl Future<Output = T>) -> T {
        running(async {
            let doors = Doors::new(UnixListener::bind(self.socket()).unwrap(), allowed.to_vec());
            let served = serve(&doors, Arc::clone(&self.holder) as _);
            tokio::select! { () = served => panic!("serving ended"), done = work => done }
        })
    }
}

pub(crate) fn running<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A value moves to another suite without leaving; suites are raised only, and what is retired doesn't open.
async fn rewraps(holder: &dyn KeyHolder, own: &keys::Shelved, other: &keys::Shelved, place: Place) {
    let seal = async |suite| holder.seal(&[SealRequest { shelved: own, place, suite }]).await.unwrap().remove(0);
    let (header, okm) = seal(Suite::AesGcm).await;
    assert_eq!((header.suite, seal(Suite::ChaChaPoly).await.0.suite), (Suite::AesGcm, Suite::ChaChaPoly));
    let mut body = b"a value".to_vec();
    let aad = aws_lc_rs::aead::Aad::from(keys::envelope::additional(&header, &place));
    let cipher = keys::envelope::cipher(header.suite, &okm).unwrap();
    cipher.seal_in_place_append_tag(keys::envelope::one_nonce(), aad, &mut body).unwrap();
    let envelope = [&header.bytes()[..], &header.salt, okm.commitment(), &body].concat();
    let asked = |shelved, place, envelope| RewrapRequest { shelved, place, envelope, suite: Suite::ChaChaPoly };
    let moved = Place { version: 2, ..place };
    let requests = [
        asked(own, place, &envelope),
        asked(own, moved, &envelope),
        asked(own, place, b"?"),
        asked(other, place, &envelope),
    ];
    let mut answers = holder.rewrap(&requests).await.unwrap();
    assert_eq!(
        answers.split_off(1),
        [Err(HolderError::Damaged), Err(HolderError::Damaged), Err(HolderError::NotOnShelf)]
    );
    let anew = answers.remove(0).unwrap();
    assert_eq!(Header::parse(&anew).map(|head| head.suite), Some(Suite::ChaChaPoly));

    assert_eq!(holder.suites(TENANT).await, Ok(Suites::FIRST));
    let both = Suites { seals: Suite::ChaChaPoly, opens: Suite::ChaChaPoly };
    assert_eq!(holder.raise_suites(TENANT, both).await, Ok(both));
    assert_eq!(holder.raise_suites(TENANT, Suites::FIRST).await, Ok(both), "never lowered");
    assert_eq!(holder.suites(TENANT).await, Ok(both));
    assert_eq!(seal(Suite::AesGcm).await.0.suite, Suite::ChaChaPoly, "nobody seals with an older one");
    assert_eq!(
        holder.rewrap(&requests[..1]).await,
        Ok(vec![Err(HolderError::Retired)]),
        "nor does the way up launder one"
    );
    let release = |header| Release { entry: EntryId([5; 16]), person: None, n: None, shelved: own, place, header };
    let heads = [header, Header::parse(&anew).unwrap()];
    let keys = holder.release(&heads.map(release)).await.unwrap();
    assert!(matches!(keys[..], [Err(HolderError::Retired), Ok(_)]));
}

/// What both forms promise, in the same words.
async fn keeps_the_contract(holder: &dyn KeyHolder) {
    let customers = [CustomerId([1; 16]), CustomerId([2; 16])];
    let rows = holder.enrol(TENANT, &customers).await.unwrap();
    let [one, two] = [&rows[0].shelved, &rows[1].shelved];
    assert_ne!(one, two);
    let place = Place { tenant: TENANT, customer: customers[0], field: 3, instance: 1, version: 1 };
    let (header, sealed) =
        holder.seal(&[SealRequest { shelved: one, place, suite: Suite::AesGcm }]).await.unwrap().remove(0);
    let request = |shelved| Release {
        entry: EntryId([4; 16]),
        person: Some(PersonId([6; 16])),
        n: Some(1),
        shelved,
        place,
        header,
    };
    let mut released = holder.release(&[request(one), request(two)]).await.unwrap();
    assert!(matches!(released.pop(), Some(Err(HolderError::NotOnShelf))), "another customer's row");
    let key = released.remove(0).unwrap();
    assert_eq!((key.key(), key.commitment()), (sealed.key(), sealed.commitment()));

    rewraps(holder, one, two, place).await;
    let both = [(customers[0], one), (customers[1], two)];
    let views = holder.entry_keys(TENANT, &both).await.unwrap();
    assert_ne!(views[0].bytes(), views[1].bytes());
    assert_eq!(holder.entry_keys(TENANT, &[(customers[0], two)]).await.err(), Some(HolderError::NotOnShelf));
    let counted = |shelved| Counted { customer: customers[0], shelved, n: 4, head: [5; 32] };
    let listed = holder.list(TENANT, 7, &[counted(one), counted(two)]).await.unwrap();
    assert!(listed[0].is_ok() && listed[1] == Err(HolderError::NotOnShelf));

    let digests = holder.index(TENANT, &[(1, b"a"), (1, b"b"), (2, b"a"), (1, b"a")]).await.unwrap();
    assert!(digests[0] == digests[3] && digests[0] != digests[1] && digests[0] != digests[2]);
    let newest = holder.shelves(TENANT).await.unwrap().last().unwrap().epoch;
    let next = holder.new_shelf(TENANT, newest, MADE.plus(5)).await.unwrap();
    assert_eq!((next, holder.new_shelf(TENANT, newest, MADE).await.unwrap()), (newest + 1, newest + 1));
    let turned = holder.turn(TENANT, &both).await.unwrap();
    assert!(turned.iter().all(|row| row.epoch == next));
    assert!(holder.destroy_shelf(TENANT, newest).await.unwrap());
    assert!(!holder.destroy_shelf(TENANT, newest).await.unwrap());
    assert_eq!(holder.shelves(TENANT).await.unwrap().last().unwrap().made, MADE.plus(5));
    let gone = holder.release(&[request(one)]).await.unwrap().remove(0);
    assert!(matches!(gone, Err(HolderError::NotOnShelf)));
    assert_eq!(
        holder.published(TENANT, Published { size: 1, root: [1; 32], leaves: &[[1; 65]], before: &[0; 8] }).await,
        Ok(1)
    );

    let stranger = TenantId(9);
    assert_eq!(holder.node_keys(stranger).await.err(), Some(HolderError::UnknownTenant));
    assert_eq!(holder.enrol(stranger, &customers).await.err(), Some(HolderError::UnknownTenant));
    assert!(holder.node_keys(TENANT).await.unwrap().row.bytes() != &[0; 32]);

    let changes =
        [((domain::PowerKind::Limits, [0; 16]), Some(vec![1, 2, 3])), ((domain::PowerKind::Left, [1; 16]), None)];
    let before = Powers::default();
    let proposal = |warrant| PowerProposal { from: 0, before: &before, changes: &changes[..1], warrant };
    assert_eq!(holder.seal_power(TENANT, &proposal(&Warrant::Narrowing)).await, Err(HolderError::Unwarranted));
    let officers = Warrant::Officers(vec![keys::Assertion {
        credential: vec![1],
        client_data: vec![2; 300],
        authenticator_data: vec![],
        signature: vec![4],
    }]);
    assert_eq!(holder.seal_power(TENANT, &proposal(&officers)).await, Err(HolderError::Unwarranted));
    let seal = holder.seal_power(TENANT, &proposal(&Warrant::Setup)).await.unwrap();
    assert_eq!(seal.root, before.after(&changes[..1]).root());
    assert_eq!(holder.check_power(TENANT, Some(seal)).await, Ok(()));
    assert_eq!(holder.check_power(TENANT, None).await, Err(HolderError::OtherPower));
}

#[test]
fn the_embedded_form_keeps_the_contract() {
    let site = Site::new();
    running(keeps_the_contract(&*site.holder));
}

#[test]
fn the_separate_form_keeps_the_same_contract() {
    let site = Site::new();
    let remote = Remote::new(site.socket());
    site.served(&[site.uid()], keeps_the_contract(&remote));
}

#[test]
fn many_ask_at_once() {
    let site = Site::new();
    let remote = Arc::new(Remote::new(site.socket()));
    site.served(&[site.uid()], async {
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let remote = Arc::clone(&remote);
                tokio::spawn(async move { remote.shelves(TENANT).await })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap().len(), 1);
        }
    });
}

#[test]
fn nobody_there_and_nobody_allowed_are_the_same_answer() {
    let site = Site::new();
    let remote = Remote::new(site.socket());
    assert_eq!(running(remote.shelves(TENANT)), Err(HolderError::Unreachable));
    let answer = site.served(&[site.uid() + 1], remote.node_keys(TENANT));
    assert_eq!(answer.err(), Some(HolderError::Unreachable));
}

#[test]
fn a_restart_is_survived_by_whoever_asks() {
    let site = Site::new();
    let remote = Remote::new(site.socket());
    // Two runtimes on one thread: the second time, the kept connection is dead.
    for _ in 0..2 {
        let shelves = site.served(&[site.uid()], remote.shelves(TENANT));
        assert_eq!(shelves.unwrap().len(), 1);
        assert_eq!(running(remote.shelves(TENANT)), Err(HolderError::Unreachable));
        std::fs::remove_file(site.socket()).unwrap();
    }
}

/// A ceremony in which one of two shares was handed in.
struct Waits;

impl Ceremonies for Waits {
    fn standing(&self) -> CeremonyStanding {
        let gathering = SharesGathered {
            purpose: "unseal".to_owned(),
            ceremony: "PEQRY".to_owned(),
            taken: vec![2],
            refused: 1,
            without: 3,
        };
        let custodians = vec![("Ada".to_owned(), "YMMVE".to_owned())];
        CeremonyStanding {
            id: "PEQRY".to_owned(),
            needed: 2,
            custodians: custodians.clone(),
            whole: true,
            steps: self.steps(0),
            dealt: Some(DealtShares { id: "NEWER".to_owned(), needed: 3, custodians }),
            gathering: Some(gathering),
            places: ("/dir".to_owned(), "/socket".to_owned()),
            ..CeremonyStanding::default()
        }
    }

    fn steps(&self, after: u64) -> Vec<CeremonyStep> {
        let step = |place| CeremonyStep {
            place,
            hash: [7; 32],
            step: "waiting".to_owned(),
            needed: 2,
            of: 3,
            ..CeremonyStep::default()
        };
        (after + 1..3).map(step).collect()
    }
}

/// A sealed holder says so, and whoever has asked it finds the one that serves afterwards, on the same socket.
#[test]
fn a_refusal_ends_with_its_reason() {
    let site = Site::new();
    let remote = Remote::new(site.socket());
    running(async {
        let doors = Doors::new(UnixListener::bind(site.socket()).unwrap(), vec![site.uid()]);
        let told = Arc::new(Waits) as Arc<dyn Ceremonies>;
        tokio::select! {
            () = refuse(&doors, HolderError::Sealed, &told) => panic!("refusing ended"),
            () = async {
                assert_eq!(remote.shelves(TENANT).await.err(), Some(HolderError::Sealed));
                let nobody = remote.enrol(TENANT, &[CustomerId([1; 16])]).await;
                assert_eq!(nobody.err(), Some(HolderError::Sealed));
                let apart = remote.standing(TENANT).await.unwrap().apart.unwrap();
                assert_eq!((apart.sealed, apart.ceremony), (true, Some(Waits.standing())), "how far it is, and nothing else");
                assert_eq!(remote.ceremony_steps(0).await, Ok(Some(Waits.steps(0))));
            } => {}
        }
        tokio::select! {
            () = serve(&doors, Arc::clone(&site.holder) as _) => panic!("serving ended"),
            shelves = remote.shelves(TENANT) => assert_eq!(shelves.unwrap().len(), 1),
        }
    });
}

fn request(operation: Operation, body: impl Put) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.array(3);
    writer.with(&VERSION).with(&operation).with(&body).frame().to_vec()
}

/// Sends bytes, ends the sending side and reads what comes.
async fn told(site: &Site, bytes: &[u8]) -> Vec<u8> {
    let mut connection = UnixStream::connect(site.socket()).await.unwrap();
    // It may be closed before all is sent.
    drop(connection.write_all(bytes).await);
    drop(connection.shutdown().await);
    let mut answer = Vec::new();
    drop(connection.read_to_end(&mut answer).await);
    answer
}

#[test]
fn what_cannot_be_read_ends_its_connection_and_no_other() {
    let site = Site::new();
    let good = {
        let mut frame = request(Operation::Shelves, TENANT);
        let length = u32::try_from(frame.len() - 4).unwrap();
        frame[..4].copy_from_slice(&length.to_be_bytes());
        frame
    };
    let remote = Remote::new(site.socket());
    site.served(&[site.uid()], async {
        assert!(told(&site, &good).await.len() > 4);
        for length in 0..good.len() {
            assert_eq!(told(&site, &good[..length]).await, [0_u8; 0], "cut at {length}");
        }
        for head in [0, u32::MAX, frame::LONGEST as u32 + 1] {
            assert_eq!(told(&site, &[&head.to_be_bytes(), &good[4..]].concat()).await, [0_u8; 0]);
        }
        let mut longer = [good.as_slice(), &[0]].concat();
        longer[3] += 1;
        assert_eq!(told(&site, &longer).await, [0_u8; 0], "a byte behind the body");
        let mut newer = good.clone();
        newer[5] = VERSION + 1;
        assert_eq!(told(&site, &newer).await, [0_u8; 0], "another version");
        assert_eq!(remote.shelves(TENANT).await.unwrap().len(), 1);
    });
}

#[test]
fn no_bytes_make_it_panic() {
    let site = Site::new();
    let shelved = running(site.holder.enrol(TENANT, &[CustomerId([1; 16])])).unwrap().remove(0).shelved;
    let place = Place { tenant: TENANT, customer: CustomerId([1; 16]), field: 3, instance: 1, version: 1 };
    let header = Header { suite: Suite::AesGcm, epoch: 1, salt: [9; 24] };
    let release = vec![(EntryId([4; 16]), Some(PersonId([6; 16])), Some(8_u64), &shelved, place, header)];
    let samples = [
        request(Operation::Release, release),
        request(Operation::Published, (TENANT, 1_u64, [1_u8; 32], vec![[4_u8; 65]], Bytes(vec![0; 8]))),
        request(Operation::SealPower, (TENANT, 0_u64, &Powers::default(), Vec::<EntryId>::new(), &Warrant::Setup)),
    ];
    let (mut read, mut refused) = (0, 0);
    running(async {
        for sample in samples {
            for turn in 0..4_000 {
                let mut bytes = sample[4..].to_vec();
                let mut chance = [0; 4];
                site.entropy.fill(&mut chance);
                let at = usize::from(u16::from_be_bytes([chance[0], chance[1]])) % bytes.len();
                match turn % 3 {
                    0 => bytes[at] ^= 1 << (chance[2] % 8),
                    1 => bytes[at] = chance[3],
                    _ => bytes.truncate(at),
                }
                match answer(&bytes, &*site.holder).await {
                    Ok(_) => read += 1,
                    Err(_) => refused += 1,
                }
            }
        }
        for _ in 0..2_000 {
            let mut bytes = [0; 64];
            site.entropy.fill(&mut bytes);
            drop(answer(&bytes, &*site.holder).await);
        }
    });
    assert!(read > 100 && refused > 1_000, "{read} read, {refused} refused");
}

/// A length that promises what doesn't come costs no memory: 2^60 items are an error, not an allocation.
#[test]
fn a_promised_length_is_not_believed() {
    let site = Site::new();
    let mut bytes = vec![0x83, VERSION, Operation::Enrol as u8, 0x82, 0x01, 0x9b];
    bytes.extend_from_slice(&(1_u64 << 60).to_be_bytes());
    assert!(running(answer(&bytes, &*site.holder)).is_err());
}
