//! `/trust`: how the defences stand, for a partner's clients. Public, where the tenant's officers want it told.

use super::{moment, page};
use crate::api::trust::{CACHED, TrustClaim, claims, has_pack, is_kept, pack_file, told};
use crate::handed_out::NotHandedOut;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Millis;

/// `/trust/{tenant}`.
#[derive(Debug, Clone, Template)]
#[template(path = "trust.html")]
struct TrustPage {
    company: String,
    tenant: String,
    at: String,
    holds: bool,
    lines: Vec<Line>,
    pack: bool,
    banner: Option<String>,
}

/// A claim.
#[derive(Debug, Clone)]
struct Line {
    says: String,
    state: &'static str,
    said: &'static str,
    evidence: String,
    at: Option<String>,
}

/// `/trust` where there are several.
#[derive(Debug, Clone, Template)]
#[template(path = "trusts.html")]
struct Trusts {
    tenants: Vec<String>,
    banner: Option<String>,
}

/// `/trust` where nothing is told.
#[derive(Debug, Clone, Template)]
#[template(path = "trust-none.html")]
struct TrustNone {
    banner: Option<String>,
}

pub(super) async fn start(State(web): State<Web>) -> Response {
    let tenants: Vec<String> = web.vault.tenants().iter().map(|tenant| tenant.slug.clone()).collect();
    if let [only] = tenants.as_slice() {
        return shown(&web, only).await;
    }
    let mut published = Vec::new();
    for tenant in tenants {
        if told(&web, Some(&tenant)).await.is_ok() {
            published.push(tenant);
        }
    }
    match published.is_empty() {
        true => nothing(&web),
        false => page(StatusCode::OK, &Trusts { tenants: published, banner: web.config.banner.clone() }),
    }
}

pub(super) async fn of_tenant(State(web): State<Web>, Path(tenant): Path<String>) -> Response {
    shown(&web, &tenant).await
}

async fn shown(web: &Web, tenant: &str) -> Response {
    match told(web, Some(tenant)).await {
        Err(_) => nothing(web),
        Ok(all) => {
            let claims = claims(web, &all);
            let shown = TrustPage {
                company: all.planned.plan().head.company.clone(),
                tenant: tenant.to_owned(),
                at: moment(all.at, Millis(0)),
                holds: claims.iter().all(is_kept),
                lines: claims.into_iter().map(Line::of).collect(),
                pack: has_pack(web, &all),
                banner: web.config.banner.clone(),
            };
            let mut response = page(StatusCode::OK, &shown);
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHED));
            response
        }
    }
}

/// Whether there is such a tenant, and whether it only keeps silent, isn't told apart.
fn nothing(web: &Web) -> Response {
    page(StatusCode::NOT_FOUND, &TrustNone { banner: web.config.banner.clone() })
}

/// The newest pack, as a file.
pub(super) async fn pack(State(web): State<Web>, Path(tenant): Path<String>) -> Result<Response, Failed> {
    let all = told(&web, Some(&tenant)).await?;
    let file = pack_file(&web, &all).ok_or_else(|| web.fault(Fault::NOT_FOUND))?;
    let found = web.handed_out.body(all.tenant.id, file, web.vault.now()).await;
    let (body, length) = found.map_err(|why| match why {
        NotHandedOut::None => web.fault(Fault::NOT_FOUND),
        NotHandedOut::Busy => web.fault(Fault { retry_after_s: Some(10), ..Fault::UNAVAILABLE }),
    })?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.zip\"", all.tenant.slug)),
        (header::CACHE_CONTROL, CACHED.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, body).into_response())
}

impl Line {
    fn of(claim: TrustClaim) -> Self {
        let said = match claim.state {
            "holds" => "Holds",
            "mending" => "Being mended",
            "stale" => "Not shown now",
            _ => "Not in place",
        };
        let at = claim.at.map(|at| at.get(..16).unwrap_or(&at).replace('T', " "));
        Self { says: claim.says, state: claim.state, said, evidence: claim.evidence, at }
    }
}

/// The pages with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let line = |says: &str, state, evidence: &str, at: Option<&str>| {
        Line::of(TrustClaim {
            id: "sample",
            says: says.to_owned(),
            state,
            evidence: evidence.to_owned(),
            at: at.map(str::to_owned),
        })
    };
    let attacked = "Attacks on our defences are carried out by a program, on customers who don’t exist, and refused.";
    let signed = "Outside parties sign the log, so that it can’t be rewritten unseen.";
    let whole = TrustPage {
        company: "Acme Furniture".to_owned(),
        tenant: "acme".to_owned(),
        at: "2026-03-04 12:00:00".to_owned(),
        holds: true,
        lines: vec![
            line(
                attacked,
                "holds",
                "All 55 attacks that the program knows were refused in the last two days.",
                Some("2026-03-04T04:00:11Z"),
            ),
            line(signed, "not_in_place", "No witness is named.", None),
        ],
        pack: true,
        banner: banner.clone(),
    };
    let red = TrustPage {
        holds: false,
        pack: false,
        lines: vec![
            line(attacked, "mending", "A defence is being mended.", Some("2026-03-04T04:00:11Z")),
            line(signed, "stale", "Too few witnesses have signed lately.", Some("2026-03-01T09:12:00Z")),
        ],
        ..whole.clone()
    };
    Ok(vec![
        ("trust.html", whole.render()?),
        ("trust-red.html", red.render()?),
        ("trust-none.html", TrustNone { banner: banner.clone() }.render()?),
        ("trusts.html", Trusts { tenants: vec!["acme".to_owned(), "zenith".to_owned()], banner }.render()?),
    ])
}
