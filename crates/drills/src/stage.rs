//! What drills are carried out with: a deployment, people of its own for them, an event source's secret, and decoys.

use crate::answer::{Answer, Asked, Faces, text};
use crate::call::Call;
use crate::disk::Disk;
use crate::premises::{Backup, Premises};
use crate::{Broken, Given};
use domain::{Clock, Entropy, EntryId, Millis};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

/// A member of staff who exists for drills.
pub struct Person {
    /// `per_…`.
    pub id: String,
    /// Their bearer token.
    pub token: Zeroizing<String>,
}

impl Person {
    pub(crate) fn bearer(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("Bearer {}", self.token.trim()))
    }
}

/// A customer who doesn't exist, but whose record does.
pub struct Decoy {
    /// The number on file, E.164.
    pub phone: String,
    /// The address on file, where drills read the letters to it.
    pub email: String,
}

/// A database that nobody needs.
pub struct OwnDatabase {
    /// The embedded engine's file.
    pub file: PathBuf,
    /// What stands in it unsealed: the name of a member of staff.
    pub unsealed: String,
}

/// What a deployment gives its drills.
pub struct Kit {
    /// Its address, such as `https://desk.example.com`.
    pub url: String,
    /// The secret that signs events, `whsec_…`.
    pub secret: Zeroizing<String>,
    /// An agent.
    pub agent: Person,
    /// Another one.
    pub colleague: Person,
    /// A security officer.
    pub officer: Person,
    /// Somebody of IT.
    pub it: Person,
    /// Somebody of the board, to whom it is reported; where the drills have a database of their own.
    pub board: Option<Person>,
    /// Two customers.
    pub decoys: [Decoy; 2],
    /// The company's name in addresses, where drills go to its customers' own page.
    pub tenant: String,
    /// The database, where drills may edit it.
    pub database: Option<OwnDatabase>,
    /// The machine, where it is the drills' own.
    pub premises: Option<Box<dyn Premises>>,
}

/// How often, and after which pause, a deployment is asked whether it answers again.
const SETTLES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);

/// A kit in use.
pub struct Stage {
    kit: Kit,
    faces: Faces,
    clock: Box<dyn Clock>,
    entropy: Box<dyn Entropy>,
    /// What others see in an id of this run.
    run: String,
    ids: Cell<u32>,
}

/// How an event is signed.
pub(crate) struct Signed<'a> {
    /// By which secret.
    pub(crate) secret: &'a str,
    /// Under which message id.
    pub(crate) id: &'a str,
    /// How many seconds ago.
    pub(crate) ago: i64,
}

impl Stage {
    /// Takes a kit into use.
    #[must_use]
    pub fn new(kit: Kit, clock: impl Clock + 'static, entropy: impl Entropy + 'static) -> Self {
        let faces = Faces::at(&kit.url);
        let (clock, entropy): (Box<dyn Clock>, Box<dyn Entropy>) = (Box::new(clock), Box::new(entropy));
        let run = hex(&*entropy);
        Self { kit, faces, clock, entropy, run, ids: Cell::new(0) }
    }

    pub(crate) fn kit(&self) -> &Kit {
        &self.kit
    }

    /// An id that wasn't used yet, for messages, calls and keys of requests.
    pub(crate) fn id(&self) -> String {
        self.ids.set(self.ids.get() + 1);
        format!("drill-{}-{}", self.run, self.ids.get())
    }

    /// An id of an interaction that nobody has.
    pub(crate) fn nobodys_interaction(&self) -> String {
        format!("int_{}", hex(&*self.entropy))
    }

    /// A secret that isn't the source's.
    pub(crate) fn other_secret(&self) -> String {
        // Standard Webhooks takes any Base64; hexadecimal digits are some.
        format!("whsec_{}{}", hex(&*self.entropy), hex(&*self.entropy))
    }

    /// The moment so many seconds ago, as events say it.
    pub(crate) fn moment(&self, ago: i64) -> String {
        let Millis(now) = self.clock.now();
        jiff::Timestamp::from_second(now / 1000 - ago).map(|at| at.to_string()).unwrap_or_default()
    }

    /// The database, where it may be edited.
    pub(crate) fn disk(&self) -> Result<Disk, Broken> {
        self.kit.database.as_ref().map(Disk::of).ok_or(Broken::Disk)
    }

    /// Waits until the deployment answers its agent again, after an edit that stopped it was taken back.
    pub(crate) fn settled(&self) -> Result<(), Broken> {
        let ask = || self.get("who one is", Some(&self.kit.agent), "/v1/me")?.taken();
        self.once(ask, |_| true).map(drop)
    }

    /// Asks until the answer is one that was waited for, some seconds at most; gives the last one.
    pub(crate) fn once<T>(
        &self,
        ask: impl Fn() -> Result<T, Broken>,
        waited_for: impl Fn(&T) -> bool,
    ) -> Result<T, Broken> {
        let mut answer = ask();
        for _ in 0..SETTLES {
            if answer.as_ref().is_ok_and(&waited_for) {
                break;
            }
            std::thread::park_timeout(PAUSE);
            answer = ask();
        }
        answer
    }

    /// The machine and what is beside it.
    pub(crate) fn premises(&self) -> Result<&dyn Premises, Broken> {
        self.kit.premises.as_deref().ok_or(Broken::Unreachable("the drills' own machine"))
    }

    /// The id of an entry that was minted so many milliseconds ago.
    pub(crate) fn entry(&self, ago: i64) -> EntryId {
        let mut id = EntryId::earliest(self.clock.now().plus(-ago));
        self.entropy.fill(&mut id.0[8..]);
        id
    }

    /// A copy of the data.
    pub(crate) fn backup(&self) -> Result<Box<dyn Backup>, Broken> {
        self.kit.premises.as_ref().and_then(|it| it.backup()).ok_or(Broken::Disk)
    }

    /// What whoever has the mailbox reads in the newest letter.
    pub(crate) fn code_to(&self, address: &str) -> Result<String, Broken> {
        self.kit.premises.as_ref().and_then(|it| it.code_to(address)).ok_or(Broken::Unreachable("a mailbox"))
    }

    /// Any request.
    pub(crate) fn ask(&self, what: &'static str, asked: Asked<'_>) -> Result<Answer, Broken> {
        self.faces.ask(what, asked)
    }

    /// A question.
    pub(crate) fn get(&self, what: &'static str, by: Option<&Person>, path: &str) -> Result<Answer, Broken> {
        self.faces.ask(what, Asked::get(by, path))
    }

    /// A request to do something.
    pub(crate) fn post(&self, what: &'static str, by: &Person, path: &str, body: &Value) -> Result<Answer, Broken> {
        self.faces.ask(what, Asked::post(Some(by), path, body))
    }

    /// The same under a key.
    pub(crate) fn keyed(&self, by: &Person, key: &str, path: &str, body: &Value) -> Result<Answer, Broken> {
        self.faces.ask("a request under a key", Asked::post(Some(by), path, body).with(&[("idempotency-key", key)]))
    }

    /// The text of an event of now.
    pub(crate) fn event(&self, kind: &str, data: &Value) -> String {
        json!({"type": kind, "timestamp": self.moment(0), "data": data}).to_string()
    }

    /// An event that its source signs.
    pub(crate) fn tell(&self, kind: &str, data: &Value) -> Result<Answer, Broken> {
        let id = self.id();
        self.send(&Signed { secret: &self.kit.secret, id: &id, ago: 0 }, &self.event(kind, data), None)
    }

    /// An event; where another text than this one was signed, `signed_text` says which.
    pub(crate) fn send(&self, by: &Signed<'_>, body: &str, signed_text: Option<&str>) -> Result<Answer, Broken> {
        let Millis(now) = self.clock.now();
        let at = now / 1000 - by.ago;
        let webhook = Webhook::new(by.secret.trim()).map_err(|_| Broken::Secret)?;
        let signed = signed_text.unwrap_or(body).as_bytes();
        let signature = webhook.sign(by.id, at, signed).map_err(|_| Broken::Secret)?;
        let at = at.to_string();
        let headers =
            [("webhook-id", by.id), ("webhook-timestamp", at.as_str()), ("webhook-signature", signature.as_str())];
        self.faces.ask("an event", Asked { body: body.to_owned(), ..Asked::get(None, "/v1/events") }.posted(&headers))
    }

    /// An event that a member of staff sends, with no signature.
    pub(crate) fn tell_as(&self, by: &Person, kind: &str, data: &Value) -> Result<Answer, Broken> {
        let body = self.event(kind, data);
        self.faces.ask("an event", Asked { body, ..Asked::get(Some(by), "/v1/events") }.posted(&[]))
    }

    /// A call that somebody has taken, from a decoy's number; nobody else's if there is none.
    pub(crate) fn call<'a>(&'a self, by: &'a Person, from: Option<&Decoy>) -> Result<Call<'a>, Broken> {
        let reference = self.id();
        let taken = self.tell("interaction.connected", &self.connected(&reference, by, from))?.taken()?;
        let interaction = text(&taken, "interaction");
        Ok(Call::new(self, by, reference, interaction))
    }

    /// What an event says of a call that somebody has taken.
    pub(crate) fn connected(&self, reference: &str, by: &Person, from: Option<&Decoy>) -> Value {
        let mut data = json!({"interaction": reference, "channel": "call", "person": by.id});
        if let Some(decoy) = from {
            data["from"] = json!({"phone": decoy.phone});
        }
        data
    }

    /// The interaction of a call in the control, and one that nobody has in the attack.
    pub(crate) fn interaction(&self, call: &Call<'_>, given: Given) -> String {
        if given.is_control() { call.interaction.clone() } else { self.nobodys_interaction() }
    }
}

impl<'a> Asked<'a> {
    fn posted(self, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { method: "POST", headers, ..self }
    }
}

fn hex(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
