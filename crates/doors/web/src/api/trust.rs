//! `GET /v1/trust`: how the defences stand, for anybody, where this tenant's officers want it told.
//!
//! Public, so it is cheap however often it is asked: what is told is worked out once in ten seconds. It names nobody, counts no customers, and
//! says of a defence that doesn't hold that it is being mended, never which.

use super::drills::{Standing, StandingLine, standings};
use super::pack_state::proof;
use crate::handed_out::is_there;
use crate::problem::{Failed, Fault, Problem};
use crate::state::Web;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::{Millis, TenantId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use vault::{Assurance, HolderHealth};

/// For how long an answer is given again, in milliseconds.
const KEPT_MS: i64 = 10_000;
/// The same for caches on the way.
pub(crate) const CACHED: &str = "public, max-age=10";
/// For how long a partner pack counts as recent: a quarter.
const PACK_MS: i64 = 92 * 24 * 3_600_000;
/// How many times the log may be closed late before that is told.
const LATE: i64 = 2;

/// What was worked out last.
#[derive(Default)]
pub(crate) struct Kept(tokio::sync::Mutex<HashMap<TenantId, Arc<Assurance>>>);

impl Kept {
    /// What is told of a tenant: at most ten seconds old. One asker works it out, others wait for that.
    pub(crate) async fn of(&self, web: &Web, tenant: TenantId) -> Result<Arc<Assurance>, vault::VaultError> {
        let mut kept = self.0.lock().await;
        let now = web.vault.now();
        let fresh = |known: &&Arc<Assurance>| (0..KEPT_MS).contains(&now.since(known.at));
        if let Some(known) = kept.get(&tenant).filter(fresh) {
            return Ok(Arc::clone(known));
        }
        // What isn't told any more isn't kept either.
        kept.remove(&tenant);
        let found = Arc::new(web.vault.published(tenant).await?);
        kept.insert(tenant, Arc::clone(&found));
        if web.vault.wants_proof(tenant) {
            let vault = Arc::clone(&web.vault);
            tokio::spawn(async move { vault.prove_rules(tenant).await });
        }
        Ok(found)
    }
}

/// How the defences of a company's contact centre stand.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrustTold {
    tenant: String,
    /// The company, as its data plan names it.
    company: String,
    /// When this was worked out: at most ten seconds ago.
    #[schema(format = DateTime)]
    at: String,
    /// Do all claims hold that are made?
    holds: bool,
    claims: Vec<TrustClaim>,
    /// Where the log's verifier keys are, by which a pack, a receipt and the log itself are checked.
    log_key: String,
    /// What customers are told.
    notice: String,
    /// Where the newest partner pack is, if it is handed out here.
    pack: Option<String>,
}

/// A claim with its newest evidence.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TrustClaim {
    pub(crate) id: &'static str,
    pub(crate) says: String,
    /// holds, mending, stale or not_in_place.
    #[schema(pattern = "^(holds|mending|stale|not_in_place)$")]
    pub(crate) state: &'static str,
    /// What shows it, or why it isn't shown.
    pub(crate) evidence: String,
    /// When that was found.
    #[schema(format = DateTime)]
    pub(crate) at: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whose {
    /// Whose; may be left out where there is one.
    tenant: Option<String>,
}

/// How do the defences stand?
///
/// For anybody, where the tenant's officers want it told; otherwise it isn't there. Each claim with its newest evidence.
#[utoipa::path(get, path = "/v1/trust", tag = "trust", operation_id = "getTrust", params(Whose), security(()),
    responses((status = 200, body = TrustTold), (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(
    State(web): State<Web>,
    whose: Result<Query<Whose>, QueryRejection>,
) -> Result<Response, Failed> {
    let Query(Whose { tenant }) = whose.map_err(|_| web.fault(Fault::INVALID.detail("tenant may be given once")))?;
    let all = told(&web, tenant.as_deref()).await?;
    let claims = claims(&web, &all);
    let told = TrustTold {
        holds: claims.iter().all(is_kept),
        tenant: all.tenant.slug.clone(),
        company: all.planned.plan().head.company.clone(),
        at: all.at.to_string(),
        claims,
        log_key: format!("/log/{}/key", all.tenant.slug),
        notice: format!("/notice/{}", all.tenant.slug),
        pack: has_pack(&web, &all).then(|| format!("/trust/{}/pack", all.tenant.slug)),
    };
    let mut response = crate::body::ok(&told);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHED));
    Ok(response)
}

/// What is told of that tenant, or of the only one.
pub(crate) async fn told(web: &Web, slug: Option<&str>) -> Result<Arc<Assurance>, Failed> {
    let tenant = match (slug, web.vault.tenants()) {
        (Some(slug), _) => web.vault.tenant(slug),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let tenant = tenant.ok_or_else(|| web.fault(Fault::NOT_FOUND))?;
    web.trust.of(web, tenant.id).await.map_err(|error| web.failed(&error))
}

/// Is a partner pack handed out here?
pub(crate) fn has_pack(web: &Web, all: &Assurance) -> bool {
    pack_file(web, all).is_some_and(|file| is_there(&file).is_some())
}

/// Where the newest pack would be.
pub(crate) fn pack_file(web: &Web, all: &Assurance) -> Option<PathBuf> {
    web.config.packs.as_ref().map(|folder| folder.join(format!("{}.zip", all.tenant.slug)))
}

/// Does a claim hold, or isn't it made at all?
pub(crate) fn is_kept(claim: &TrustClaim) -> bool {
    matches!(claim.state, "holds" | "not_in_place")
}

/// Each claim.
pub(crate) fn claims(web: &Web, all: &Assurance) -> Vec<TrustClaim> {
    vec![
        attacked(web, all),
        proved(all),
        two_decide(all),
        logged(all),
        witnessed(all),
        keys_apart(all),
        planned(all),
        pack(all),
    ]
}

fn claim(
    id: &'static str,
    says: &str,
    state: &'static str,
    evidence: impl Into<String>,
    at: Option<Millis>,
) -> TrustClaim {
    TrustClaim { id, says: says.to_owned(), state, evidence: evidence.into(), at: at.map(|at| at.to_string()) }
}

fn attacked(web: &Web, all: &Assurance) -> TrustClaim {
    let says = "Attacks on our defences are carried out by a program, on customers who don’t exist, and refused.";
    let lines = standings(web, &all.posture, all.at);
    let when = |line: &StandingLine| line.evidence.as_ref().map(|evidence| evidence.at);
    let since = lines.iter().filter(|line| line.state == Standing::Pierced).filter_map(when).max();
    if since.is_some() || all.posture.edited > 0 {
        return claim("attacked", says, "mending", "A defence is being mended.", since);
    }
    let oldest = lines.iter().filter_map(when).min();
    let holding = lines.iter().filter(|line| line.state == Standing::Holds).count();
    match holding == lines.len() && holding > 0 {
        true => claim(
            "attacked",
            says,
            "holds",
            format!("All {holding} attacks that the program knows were refused in the last two days."),
            oldest,
        ),
        false => claim("attacked", says, "stale", "Not all attacks were tried in the last two days.", oldest),
    }
}

fn proved(all: &Assurance) -> TrustClaim {
    let says = "By no rule in force can IT see anybody’s data, can anybody see a card number, or can whoever watches also look, but for an emergency that two officers sign.";
    let at = all.proved.as_ref().map(|found| found.at);
    match proof(all).status() {
        "proved" => claim("proved", says, "holds", "Proved of the rules in force by a solver.", at),
        "refuted" => claim("proved", says, "mending", "A rule is being mended.", at),
        _ => claim("proved", says, "stale", "Not proved on this machine today.", at),
    }
}

fn two_decide(all: &Assurance) -> TrustClaim {
    let says = "Who may see what, how much and for how long is changed by two security officers’ signatures, never by whoever runs the machines.";
    let two = all.signatures.is_some_and(|many| many >= 2);
    let signed = two && all.governed && all.signed.settings && all.signed.limits;
    match (all.sound, signed) {
        (false, _) => claim(
            "two_decide",
            says,
            "mending",
            "People and rights are being looked into. Nothing is disclosed meanwhile.",
            Some(all.at),
        ),
        (true, false) => claim("two_decide", says, "not_in_place", "Not two officers have signed yet.", None),
        (true, true) => claim(
            "two_decide",
            says,
            "holds",
            format!("Version {} of people and rules is as it was sealed.", all.version),
            Some(all.at),
        ),
    }
}

fn logged(all: &Assurance) -> TrustClaim {
    let says = "Nobody sees anything of a customer’s without an entry in a log that everybody can check, and each customer can check alone that none is missing.";
    let every_ms = i64::from(all.settings.closes.every_s) * 1_000;
    match all.closed {
        Some(at) if all.at.since(at) <= LATE * every_ms => {
            claim("logged", says, "holds", "The log was closed as its schedule says.", Some(at))
        }
        Some(at) => claim("logged", says, "stale", "The log’s last close is late.", Some(at)),
        None => claim("logged", says, "stale", "The log wasn’t closed yet.", None),
    }
}

fn witnessed(all: &Assurance) -> TrustClaim {
    let says = "Outside parties sign the log, so that it can’t be rewritten unseen.";
    let at = all.witnesses.witnessed.map(|(_, at)| at);
    match super::log_status::state(&all.witnesses) {
        "none" => claim("witnessed", says, "not_in_place", "No witness is named.", None),
        "witnessed" | "waiting" => claim("witnessed", says, "holds", "Enough witnesses have signed.", at),
        _ => claim("witnessed", says, "stale", "Too few witnesses have signed lately.", at),
    }
}

fn keys_apart(all: &Assurance) -> TrustClaim {
    let says = "Keys are with a program of its own, which gives out one at a time and only for an entry in the log.";
    match all.holder {
        HolderHealth::Embedded => {
            claim("keys_apart", says, "not_in_place", "Keys and data are served by one program.", None)
        }
        HolderHealth::Serving(_) => claim("keys_apart", says, "holds", "It answers.", Some(all.at)),
        _ => claim("keys_apart", says, "stale", "It doesn’t answer. Nothing is disclosed meanwhile.", Some(all.at)),
    }
}

fn planned(all: &Assurance) -> TrustClaim {
    let says = "What is kept of customers, what for and until when stands in a plan that the program enforces; customers read it as our notice.";
    let evidence = if all.signed.plan {
        "The plan in force is signed by two officers."
    } else {
        "The plan in force is the one that the program came with."
    };
    claim("planned", says, "holds", evidence, Some(all.at))
}

fn pack(all: &Assurance) -> TrustClaim {
    let says =
        "A partner can ask for all of this as one file, made for their own question and checked without trusting us.";
    match all.pack.map(|pack| pack.at) {
        None => claim("pack", says, "not_in_place", "None was built yet.", None),
        Some(at) if (0..PACK_MS).contains(&all.at.since(at)) => {
            claim("pack", says, "holds", "The newest was built within a quarter.", Some(at))
        }
        Some(at) => claim("pack", says, "stale", "The newest is older than a quarter.", Some(at)),
    }
}
