//! `/security/keys`: how the key holder and the witnesses stand, and who has shares of the root key.

use super::outlets::Outlet;
use super::{error_page, for_role, moment, page};
use crate::api::log_status::state;
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{EntryId, Millis};
use vault::{
    Apart, CeremonyStanding, CeremonyStep, HolderAlarm, HolderHealth, KeysHealth, WhenMissing, WitnessLine,
    WitnessStatus,
};

/// `/security/keys`.
#[derive(Debug, Clone, Template)]
#[template(path = "security-keys.html")]
pub(super) struct KeysPage {
    /// Who looks.
    pub(super) person_name: String,
    /// When it was looked at.
    pub(super) at: String,
    /// embedded, serving, sealed or unreachable.
    pub(super) state: &'static str,
    /// When the key holder last answered this node.
    pub(super) answered: Option<String>,
    /// What a separate one says of itself.
    pub(super) serving: Option<Serving>,
    /// Who has the root key.
    pub(super) ceremony: Option<Ceremony>,
    /// May who looks open entries' proofs?
    pub(super) links: bool,
    /// The log's witnesses.
    pub(super) log: Log,
    /// Whom it is told.
    pub(super) outlets: Vec<Outlet>,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

/// What a key holder says, in words.
#[derive(Debug, Clone)]
pub(super) struct Serving {
    pub(super) since: String,
    pub(super) released: String,
    /// Is more than four fifths of the ceiling used, or all of it?
    pub(super) near: bool,
    pub(super) full: bool,
    pub(super) person: u32,
    pub(super) open: usize,
    pub(super) alarms: Vec<Raised>,
}

/// An alarm of the key holder's.
#[derive(Debug, Clone)]
pub(super) struct Raised {
    pub(super) at: String,
    pub(super) kind: String,
    pub(super) what: &'static str,
    pub(super) acknowledged: bool,
}

/// Who has the root key.
#[derive(Debug, Clone)]
pub(super) struct Ceremony {
    pub(super) held: bool,
    pub(super) counted: String,
    pub(super) custodians: Vec<(String, String)>,
    pub(super) root_file: bool,
    pub(super) whole: bool,
    pub(super) head: String,
    pub(super) rehearsed: Option<String>,
    pub(super) steps: Vec<Step>,
}

/// A step of a ceremony, in words.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) at: String,
    pub(super) said: String,
    /// Its entry in the log, once a node has taken it over.
    pub(super) entry: Option<String>,
}

/// The log and its witnesses.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pub(super) state: &'static str,
    pub(super) stops: bool,
    pub(super) size: u64,
    pub(super) quorum: usize,
    pub(super) witnesses: Vec<Signer>,
}

/// A witness.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    pub(super) name: String,
    pub(super) newest: bool,
    pub(super) said: String,
}

/// What an alarm of this kind says, and what to do.
fn what(kind: &str) -> &'static str {
    match kind {
        "ceiling" => "More keys were asked for than its ceiling. Find out who asked for so many: Budgets, and the log.",
        "other-power" => {
            "People, rights or rules aren\u{2019}t what it sealed last. Somebody edited the database, or put it back."
        }
        "released-twice" => "A node asked twice for one entry\u{2019}s key. Somebody may have changed a node.",
        "old-counter" => "A customer\u{2019}s counter went back: the database was put back.",
        "old-log" => "The log is shorter than it was, or another one. Ask the witnesses what they signed.",
        "unpublished" => {
            "Keys were released for entries that the log doesn\u{2019}t have. Compare its journal with the log."
        }
        "shelf-too-young" => {
            "A node wanted the key destroyed under which customers lay until a moment ago. Somebody may have changed a node, or its clock is ahead."
        }
        "entry-too-wide" => {
            "A node asked with one entry for keys of several customers, or in several names. Somebody may have changed a node."
        }
        "suites-retired" => {
            "A node had envelopes of older suites end: whatever still lies in one opens no more. Ask IT whether they meant it."
        }
        "log-accepted" => {
            "Security let a log count that was put back. Ask them why, and compare it with the witnesses."
        }
        "ceremony-steps" => {
            "The written steps of ceremonies were edited, cut off or made anew. Compare their head with what those who were there wrote down."
        }
        _ => "Look at alarms.jsonl on its machine.",
    }
}

/// A moment that is told as text, for people: to the second, UTC.
fn to_the_second(at: &str) -> String {
    at.get(..19).unwrap_or(at).replace('T', " ")
}

/// A step in words.
fn said(name: &str, share: u8) -> String {
    let word = match name {
        "begun" => "Begun: the root key was split",
        "waiting" => "Waits for shares",
        "share-taken" => "A share was taken",
        "share-refused" => "A share was refused",
        "unsealed" => "Unsealed: it serves",
        "root-file-destroyed" => "The root key\u{2019}s file was destroyed",
        "dealt" => "New shares were dealt; the old ones count until they are shown to open",
        "reshared" => "Only the new shares count",
        "replaced" => "A custodian was replaced",
        "into-hardware" => "Hardware took the root key",
        "unsealed-by-hardware" => "Unsealed by hardware: it serves",
        "rehearsed" => "Rehearsed",
        other => other,
    };
    if share > 0 { format!("{word}: share {share}") } else { word.to_owned() }
}

/// How long ago, in words.
fn ago(at: Millis, now: Millis) -> String {
    match now.since(at).max(0) / 1_000 {
        seconds @ ..120 => format!("{seconds} s ago"),
        seconds @ 120..7_200 => format!("{} minutes ago", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} hours ago", seconds / 3_600),
        seconds => format!("{} days ago", seconds / 86_400),
    }
}

impl Step {
    fn of((step, entry): (&CeremonyStep, &Option<EntryId>)) -> Self {
        let entry = entry.map(|entry| entry.to_string());
        Self { at: to_the_second(&step.at), said: said(&step.step, step.share), entry }
    }
}

impl Ceremony {
    pub(super) fn of(standing: &CeremonyStanding, logged: &[Option<EntryId>]) -> Self {
        let of = standing.custodians.len();
        Self {
            held: !standing.id.is_empty(),
            counted: format!("{} of {of} custodians together give the root key.", standing.needed),
            custodians: standing.custodians.clone(),
            root_file: standing.root_file,
            whole: standing.whole,
            head: standing.head.clone(),
            rehearsed: (!standing.rehearsed.is_empty()).then(|| to_the_second(&standing.rehearsed)),
            steps: standing.steps.iter().zip(logged).map(Step::of).collect(),
        }
    }
}

impl Serving {
    fn of(apart: &Apart, now: Millis) -> Self {
        let (released, most) = (u64::from(apart.released), u64::from(apart.tenant_per_hour));
        let raised = |alarm: &HolderAlarm| Raised {
            at: to_the_second(&alarm.at),
            kind: alarm.kind.clone(),
            what: what(&alarm.kind),
            acknowledged: alarm.acknowledged,
        };
        Self {
            since: format!("{}, {}", moment(apart.since, now), ago(apart.since, now)),
            released: format!("{released} of at most {most}"),
            near: released * 5 >= most * 4,
            full: released >= most,
            person: apart.person_per_hour,
            open: apart.alarms.iter().filter(|alarm| !alarm.acknowledged).count(),
            alarms: apart.alarms.iter().map(raised).collect(),
        }
    }
}

impl Log {
    fn of(status: &WitnessStatus, now: Millis) -> Self {
        let signer = |line: &WitnessLine| Signer {
            name: line.name.clone(),
            newest: line.newest,
            said: match line.size.zip(line.at) {
                Some((size, at)) => format!("Signed {size} entries at {}, {}", moment(at, now), ago(at, now)),
                None => "Has signed nothing yet".to_owned(),
            },
        };
        Self {
            state: state(status),
            stops: status.when_missing == Some(WhenMissing::Stop),
            size: status.size,
            quorum: status.quorum,
            witnesses: status.witnesses.iter().map(signer).collect(),
        }
    }
}

impl KeysPage {
    fn of(health: &KeysHealth) -> Self {
        let serving = match &health.holder {
            HolderHealth::Serving(apart) => Some(Serving::of(apart, health.at)),
            _ => None,
        };
        Self {
            person_name: String::new(),
            at: to_the_second(&health.at.to_string()),
            state: health.holder.slug(),
            answered: health.answered.map(|at| format!("{}, {}", moment(at, health.at), ago(at, health.at))),
            serving,
            ceremony: health.holder.ceremony().map(|told| Ceremony::of(told, &health.logged)),
            links: false,
            log: Log::of(&health.witnesses, health.at),
            outlets: health.outlets.iter().map(|one| Outlet::of(one, health.at)).collect(),
            banner: None,
        }
    }
}

/// How keys and witnesses stand.
pub(super) async fn keys(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    let scope = match for_role(&web, signed, |web, scope| web.vault.reads_health(scope)) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    match web.vault.keys_health(&scope).await {
        Err(error) => error_page(&web, Fault::of(&web, &error)),
        Ok(health) => {
            let (person_name, banner, links) =
                (scope.name().to_owned(), web.config.banner.clone(), web.vault.reads_log(&scope));
            page(StatusCode::OK, &KeysPage { person_name, banner, links, ..KeysPage::of(&health) })
        }
    }
}

const SAMPLE_NOW: Millis = Millis(1_772_355_600_000);

fn sample_log(missing: bool) -> WitnessStatus {
    let line = |name: &str, size: Option<u64>, ms: i64| WitnessLine {
        name: name.to_owned(),
        size,
        at: size.map(|_| SAMPLE_NOW.plus(-ms)),
        newest: size == Some(4_812),
    };
    WitnessStatus {
        size: 4_812,
        witnesses: vec![
            line("witness.example/board", Some(4_812), 900),
            line("witness.example/client", missing.then_some(4_100), 7_300_000),
        ],
        quorum: if missing { 2 } else { 1 },
        when_missing: Some(WhenMissing::Stop),
        witnessed: Some((4_812, SAMPLE_NOW)),
        covered: !missing,
        missing,
        set_back: false,
    }
}

pub(super) fn sample(holder: HolderHealth) -> KeysHealth {
    let (answered, receipt) = (Some(SAMPLE_NOW.plus(-400)), EntryId([1; 16]));
    // The newest step waits for its entry.
    let steps = holder.ceremony().map_or(0, |told| told.steps.len());
    let logged = (0..steps).map(|step| (step > 0).then_some(EntryId([2; 16]))).collect();
    let outlets = super::outlets::sample(SAMPLE_NOW);
    KeysHealth { at: SAMPLE_NOW, holder, answered, logged, witnesses: sample_log(false), outlets, receipt }
}

pub(super) fn sample_apart() -> Apart {
    let at = |minutes: i64| SAMPLE_NOW.plus(-60_000 * minutes).to_string();
    let custodian = |name: &str| (name.to_owned(), "YMMVE 2T1M7 F1KQ4 8ND2Q 7GYSZ ESP2A 82FPA K7H2M".to_owned());
    let written = |at, step: &str, share| CeremonyStep { at, step: step.to_owned(), share, ..CeremonyStep::default() };
    let steps = [("unsealed", 0), ("share-taken", 2), ("share-taken", 1), ("waiting", 0), ("rehearsed", 0)];
    Apart {
        since: SAMPLE_NOW.plus(-3 * 86_400_000),
        released: 812,
        tenant_per_hour: 100_000,
        person_per_hour: 1_000,
        alarms: Vec::new(),
        ceremony: Some(CeremonyStanding {
            id: "PEQRY-1H1FK-FC174-4AD1C".to_owned(),
            needed: 2,
            custodians: ["Ada Lindqvist", "Ben Osei", "Cem Aydin"].map(custodian).to_vec(),
            root_file: false,
            whole: true,
            head: "3f".repeat(32),
            steps: (1..).zip(steps).map(|(ago, (step, share))| written(at(4_300 + ago), step, share)).collect(),
            rehearsed: at(43_000),
            places: ("/var/lib/ringfence-keyholder".to_owned(), "/run/ringfence-keyholder/keys.sock".to_owned()),
            ..CeremonyStanding::default()
        }),
        sealed: false,
    }
}

fn sample_alarmed() -> Apart {
    let alarm = |kind: &str, acknowledged| HolderAlarm {
        at: SAMPLE_NOW.plus(-300_000).to_string(),
        kind: kind.to_owned(),
        acknowledged,
    };
    let ceremony = sample_apart().ceremony.map(|held| CeremonyStanding { whole: false, root_file: true, ..held });
    let alarms = vec![alarm("unpublished", false), alarm("ceiling", true)];
    Apart { released: 100_000, alarms, ceremony, ..sample_apart() }
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let serving = |apart: Apart| HolderHealth::Serving(Box::new(apart));
    let page_of = |health: &KeysHealth| {
        let page = KeysPage {
            person_name: "Ingrid Solberg".to_owned(),
            banner: banner.clone(),
            links: true,
            ..KeysPage::of(health)
        };
        page.render()
    };
    let unheld = Apart {
        ceremony: Some(CeremonyStanding { root_file: true, whole: true, ..Default::default() }),
        ..sample_apart()
    };
    let none = WitnessStatus { witnesses: Vec::new(), quorum: 0, when_missing: None, ..sample_log(false) };
    let alarmed = KeysHealth { witnesses: sample_log(true), ..sample(serving(sample_alarmed())) };
    Ok(vec![
        ("security-keys.html", page_of(&sample(serving(sample_apart())))?),
        ("security-keys-alarm.html", page_of(&alarmed)?),
        ("security-keys-unheld.html", page_of(&sample(serving(unheld)))?),
        ("security-keys-sealed.html", page_of(&sample(HolderHealth::Sealed(sample_apart().ceremony.map(Box::new))))?),
        (
            "security-keys-away.html",
            page_of(&KeysHealth { answered: None, outlets: Vec::new(), ..sample(HolderHealth::Unreachable) })?,
        ),
        ("security-keys-embedded.html", page_of(&KeysHealth { witnesses: none, ..sample(HolderHealth::Embedded) })?),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_is_told_and_only_its_own() {
        let pages = gallery(None).unwrap();
        let page = |name: &str| &pages.iter().find(|(page, _)| *page == format!("security-keys{name}.html")).unwrap().1;
        for (name, state) in [
            ("", "serving"),
            ("-alarm", "serving"),
            ("-sealed", "sealed"),
            ("-away", "unreachable"),
            ("-embedded", "embedded"),
        ] {
            for other in ["serving", "sealed", "unreachable", "embedded"] {
                assert_eq!(page(name).contains(&format!("data-keys=\"{other}\"")), other == state, "{name} {other}");
            }
        }
        assert!(page("-embedded").contains("no entry, no ceiling and no alarm"), "what it costs in safety");
        let alarms = |name| page(name).matches("role=\"alert\"").count();
        assert_eq!(["", "-unheld", "-alarm", "-sealed", "-away"].map(alarms), [0, 0, 3, 0, 1]);
        assert!(page("-alarm").contains("data-alarm=\"unpublished\"") && !page("").contains("data-alarm"));
        assert!(
            page("-unheld").contains("The root key is in a file") && !page("").contains("The root key is in a file")
        );
        assert!(page("").contains("2 of 3 custodians") && page("").contains("Ada Lindqvist"));
    }

    #[test]
    fn a_ceiling_is_near_from_four_fifths_on() {
        let at = |released| Serving::of(&Apart { released, tenant_per_hour: 10, ..sample_apart() }, SAMPLE_NOW);
        assert_eq!(
            [7, 8, 10].map(|released| (at(released).near, at(released).full)),
            [(false, false), (true, false), (true, true)]
        );
    }
}
