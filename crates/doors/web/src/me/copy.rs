//! A copy of a customer's data, to be kept: JSON for programs, a page to read; as it is, or sealed under a passphrase that the page
//! shows once. Written into buffers that wipe themselves.

use super::acts::{At, who};
use super::told::{field, upper};
use super::words::Words;
use super::{Frame, Place, sample_frame};
use crate::body::wiped;
use crate::pages::page;
use crate::state::Web;
use askama::Template;
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{self, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Millis;
use plan::Language;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use vault::{Masked, OwnExport, Passphrase, VaultError, WhyWithheld};
use zeroize::Zeroizing;

/// What its readers know it by.
const FORMAT: &str = "ringfence customer copy v1";

/// To be read on any screen, and printed, or kept as PDF, with nothing cut in two.
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}\
    dt{font-weight:600;margin-top:.75rem}dd{margin:0;white-space:pre-line;overflow-wrap:anywhere}\
    @page{size:A4;margin:2cm}\
    @media print{body{margin:0;padding:0;max-width:none;font-size:11pt}h1{font-size:16pt}dt{break-after:avoid}dd{break-inside:avoid}}";

/// In which form a copy is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// For programs.
    Json,
    /// For people.
    Html,
}

impl Form {
    fn of(text: &str) -> Option<Self> {
        [Self::Json, Self::Html].into_iter().find(|form| form.slug() == text)
    }

    fn slug(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Html => "html",
        }
    }

    fn written(self, place: &Place, at: Millis, export: OwnExport) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Json => json(place, at, export),
            Self::Html => html(place, at, export),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    form: String,
    passphrase: Option<Zeroizing<String>>,
}

/// The passphrase of a copy that is going to be sealed.
#[derive(Template)]
#[template(path = "me-sealed.html")]
struct Sealed<'a> {
    frame: Frame,
    banner: Option<String>,
    passphrase: &'a str,
    form: &'static str,
}

/// A page that opens in any browser, by its passphrase.
#[derive(Template)]
#[template(path = "sealed-copy.html")]
struct SealedCopy<'a> {
    language: &'static str,
    say: &'static Words,
    company: &'a str,
    nonce: String,
    style: &'static str,
    script: &'static str,
    jwe: &'a str,
}

/// Shows a passphrase for a copy that is fetched next. Nothing is opened yet, and nothing is kept.
pub(super) async fn sealed(
    State(web): State<Web>,
    Path(at): At,
    headers: HeaderMap,
    form: Result<extract::Form<Wanted>, FormRejection>,
) -> Response {
    let (place, _) = match who(&web, &at, &headers).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let Some(form) = form.ok().and_then(|wanted| Form::of(&wanted.form)) else {
        return place.said(StatusCode::UNPROCESSABLE_ENTITY, place.say.nothing_done, place.say.unreadable);
    };
    let passphrase = web.vault.passphrase();
    let (frame, banner) = (place.frame, place.banner);
    page(StatusCode::OK, &Sealed { frame, banner, passphrase: passphrase.expose(), form: form.slug() })
}

pub(super) async fn copy(
    State(web): State<Web>,
    Path(at): At,
    headers: HeaderMap,
    form: Result<extract::Form<Wanted>, FormRejection>,
) -> Response {
    let (place, scope) = match who(&web, &at, &headers).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let unreadable = || place.said(StatusCode::UNPROCESSABLE_ENTITY, place.say.nothing_done, place.say.unreadable);
    let Some((form, wanted)) = form.ok().and_then(|extract::Form(wanted)| Some((Form::of(&wanted.form)?, wanted)))
    else {
        return unreadable();
    };
    // Before anything is opened: only a passphrase of ours seals.
    let passphrase = match wanted.passphrase.map(|text| Passphrase::parse(&text)) {
        Some(None) => return unreadable(),
        passphrase => passphrase.flatten(),
    };
    let at = web.vault.now();
    let export = match web.vault.own_export(&scope).await {
        Ok(export) => export,
        Err(error) => return place.failed(&web, &error),
    };
    let (places, receipt, whole) = (export.places(), export.receipt, export.withheld.is_empty());
    let plain = form.written(&place, at, export);
    // A request that waits for it is fulfilled by it, if nothing is withheld: that is in the log before the customer has it.
    if whole && let Err(error) = web.vault.own_copy_taken(&scope, receipt, &places, &plain).await {
        return place.failed(&web, &error);
    }
    match passphrase {
        None => file(form, plain),
        Some(passphrase) => match seal(&web, (form, plain), passphrase).await {
            Ok(jwe) => sealed_file(&web, &place, form, &jwe),
            Err(error) => place.failed(&web, &error),
        },
    }
}

/// Stretching a passphrase is work: on a thread that may wait.
async fn seal(
    web: &Web,
    (form, plain): (Form, Zeroizing<Vec<u8>>),
    passphrase: Passphrase,
) -> Result<String, VaultError> {
    let vault = Arc::clone(&web.vault);
    let seal = move || vault.seal_copy(&passphrase, form.slug(), &plain);
    tokio::task::spawn_blocking(seal).await.unwrap_or(Err(VaultError::Unknown))
}

fn file(form: Form, plain: Zeroizing<Vec<u8>>) -> Response {
    match form {
        Form::Json => kept("application/json", "my-data.json", Body::from(wiped(plain))),
        Form::Html => kept("text/html; charset=utf-8", "my-data.html", Body::from(wiped(plain))),
    }
}

fn sealed_file(web: &Web, place: &Place, form: Form, jwe: &str) -> Response {
    if form == Form::Json {
        return kept("application/jose", "my-data.jwe", Body::from(jwe.to_owned()));
    }
    let nonce = web.vault.secret::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
    match sealed_page(place.language, &place.frame.company, jwe, nonce) {
        Ok(html) => kept("text/html; charset=utf-8", "my-data-sealed.html", Body::from(html)),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn sealed_page(language: Language, company: &str, jwe: &str, nonce: String) -> Result<String, askama::Error> {
    let (say, script) = (Words::of(language), include_str!("../../assets/sealed.js"));
    SealedCopy { language: language.tag(), say, company, nonce, style: STYLE, script, jwe }.render()
}

/// The pages as samples of them are looked at.
///
/// # Errors
/// If they can't be drawn.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let shown = |language| {
        let (frame, banner) = (sample_frame(language), banner.clone());
        Sealed { frame, banner, passphrase: "7k3m-x9p2-04vt-zzqa-abcd-efgh", form: "html" }.render()
    };
    Ok(vec![("me-sealed-en.html", shown(Language::English)?), ("me-sealed-de.html", shown(Language::German)?)])
}

#[derive(Serialize)]
struct Head<'a> {
    format: &'static str,
    company: &'a str,
    taken_at: String,
    receipt: String,
}

#[derive(Serialize)]
struct MaskLine<'a> {
    field: &'static str,
    instance: u32,
    mask: &'a str,
}

#[derive(Serialize)]
struct WithheldLine {
    field: &'static str,
    instance: u32,
    why: &'static str,
}

fn kept(kind: &str, name: &str, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'".to_owned()),
    ];
    (headers, body).into_response()
}

/// `{"format":…,"values":[{"field":…,"instance":…,"value":…}],"masked":[…],"withheld":[{"field":…,"instance":…,"why":…}]}`
fn json(place: &Place, at: Millis, export: OwnExport) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(16 * 1024));
    let head = Head {
        format: FORMAT,
        company: &place.frame.company,
        taken_at: at.to_string(),
        receipt: export.receipt.to_string(),
    };
    // Nothing of these can fail to be written.
    let head = serde_json::to_vec(&head).unwrap_or_default();
    out.extend_from_slice(head.strip_suffix(b"}").unwrap_or(&head));
    out.extend_from_slice(b",\"values\":[");
    for (n, (kind, instance, value)) in export.values.into_iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let before = format!("{comma}{{\"field\":\"{}\",\"instance\":{instance},\"value\":", kind.slug());
        out.extend_from_slice(&value.to_screen(before.as_bytes(), b"}"));
    }
    out.extend_from_slice(b"],\"masked\":");
    let masks: Vec<MaskLine<'_>> = export.masks.iter().map(line).collect();
    out.extend_from_slice(&serde_json::to_vec(&masks).unwrap_or_default());
    out.extend_from_slice(b",\"withheld\":");
    let withheld = export.withheld.iter().map(|(kind, instance, why)| WithheldLine {
        field: kind.slug(),
        instance: *instance,
        why: why.slug(),
    });
    out.extend_from_slice(&serde_json::to_vec(&withheld.collect::<Vec<_>>()).unwrap_or_default());
    out.push(b'}');
    out
}

fn line(masked: &Masked) -> MaskLine<'_> {
    MaskLine { field: masked.field.slug(), instance: masked.instance, mask: &masked.mask }
}

fn html(place: &Place, at: Millis, export: OwnExport) -> Zeroizing<Vec<u8>> {
    let (say, language) = (place.say, place.language);
    let mut out = Zeroizing::new(Vec::with_capacity(16 * 1024));
    let title = escaped(&format!("{}: {}", place.frame.company, say.your_data));
    let head = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\n<body><main>\n<h1>{title}</h1>\n<p>{} UTC. {}: {}.</p>\n<dl>\n",
        language.tag(),
        super::told::moment(&at.to_string()),
        say.receipt,
        export.receipt
    );
    out.extend_from_slice(head.as_bytes());
    for (kind, _, value) in export.values {
        let before = format!("<dt>{}</dt><dd>", escaped(&upper(&field(kind, language))));
        out.extend_from_slice(&value.to_page(before.as_bytes(), b"</dd>\n"));
    }
    for masked in &export.masks {
        let title = escaped(&upper(&field(masked.field, language)));
        out.extend_from_slice(format!("<dt>{title}</dt><dd>{}</dd>\n", escaped(&masked.mask)).as_bytes());
    }
    for (kind, _, why) in &export.withheld {
        let title = escaped(&upper(&field(*kind, language)));
        let told = match why {
            WhyWithheld::NotPlanned => say.copy_unplanned,
            WhyWithheld::NotAgreed => say.copy_not_agreed,
            WhyWithheld::NotYet => say.copy_not_yet,
        };
        out.extend_from_slice(format!("<dt>{title}</dt><dd>{}</dd>\n", escaped(told)).as_bytes());
    }
    out.extend_from_slice(format!("</dl>\n<p>{}</p>\n</main></body>\n</html>\n", escaped(say.copy_masked)).as_bytes());
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{EntryId, FieldKind, TenantId};

    #[test]
    fn a_copy_says_of_what_is_withheld_why_in_either_language() {
        for language in Language::ALL {
            let say = Words::of(language);
            let place = Place { tenant: TenantId(1), language, say, frame: sample_frame(language), banner: None };
            let export = || OwnExport {
                values: Vec::new(),
                masks: Vec::new(),
                withheld: vec![
                    (FieldKind::Phone, 1, WhyWithheld::NotPlanned),
                    (FieldKind::Email, 2, WhyWithheld::NotAgreed),
                    (FieldKind::BankAccount, 1, WhyWithheld::NotYet),
                ],
                receipt: EntryId([7; 16]),
            };
            let told: serde_json::Value = serde_json::from_slice(&json(&place, Millis(0), export())).unwrap();
            let lines = serde_json::json!([
                {"field": "phone", "instance": 1, "why": "not_planned"},
                {"field": "email", "instance": 2, "why": "not_agreed"},
                {"field": "bank_account", "instance": 1, "why": "not_yet"},
            ]);
            assert_eq!(told["withheld"], lines);
            let page = html(&place, Millis(0), export());
            let page = core::str::from_utf8(&page).unwrap();
            let told = |kind, why| format!("<dt>{}</dt><dd>{why}</dd>", upper(&field(kind, language)));
            assert!(page.contains(&told(FieldKind::Phone, say.copy_unplanned)), "{page}");
            assert!(page.contains(&told(FieldKind::Email, say.copy_not_agreed)), "{page}");
            assert!(page.contains(&told(FieldKind::BankAccount, say.copy_not_yet)), "{page}");
        }
    }
}
