//! A copy of a customer's data, to be kept: JSON for programs, a page to read. Written into buffers that wipe themselves.

use super::Place;
use super::told::{field, upper};
use crate::body::wiped;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::Millis;
use serde::Serialize;
use vault::{Masked, OwnExport};
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
pub(super) enum Form {
    /// For programs.
    Json,
    /// For people.
    Html,
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

pub(super) fn answer(place: &Place, at: Millis, export: OwnExport, form: Form) -> Response {
    let (body, kind, name) = match form {
        Form::Json => (json(place, at, export), "application/json", "my-data.json"),
        Form::Html => (html(place, at, export), "text/html; charset=utf-8", "my-data.html"),
    };
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'".to_owned()),
    ];
    (headers, Body::from(wiped(body))).into_response()
}

/// `{"format":…,"values":[{"field":…,"instance":…,"value":…}],"masked":[…]}`
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
    out.extend_from_slice(format!("</dl>\n<p>{}</p>\n</main></body>\n</html>\n", escaped(say.copy_masked)).as_bytes());
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
