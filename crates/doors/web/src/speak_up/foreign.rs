//! Whether another site's page sent a form: its visitors' browsers, many of them, would flood this one without knowing it.

use crate::identify::origin;
use crate::state::Web;
use axum::http::HeaderMap;

/// Did another site's page send this?
pub(super) fn is_foreign(web: &Web, headers: &HeaderMap) -> bool {
    is_from_elsewhere(headers, origin(web, headers).as_deref())
}

/// A browser says by `Origin` whose page a form is from, and by `Sec-Fetch-Site` how far off that is; no page can forge either. Unlike
/// elsewhere in the house, a missing origin is let in. These pages ask for no referrer, so that of their own forms browsers say `null`, and
/// some say nothing to anybody; nobody's session counts here that a form could misuse. Another site can have its forms say `null` too:
/// then it is `Sec-Fetch-Site` that tells, which browsers set on everything that goes to an encrypted page.
fn is_from_elsewhere(headers: &HeaderMap, own: Option<&str>) -> bool {
    // What can't be read is nobody's.
    let says = |name: &'static str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let origin = says("origin").filter(|origin| *origin != "null");
    // `none`: somebody sent it again from the browser itself, as after a restart.
    let far = says("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    far || origin.is_some_and(|origin| Some(origin) != own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn elsewhere(sent: &[(&'static str, &'static str)]) -> bool {
        let one = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        is_from_elsewhere(&sent.iter().map(one).collect::<HeaderMap>(), Some("https://desk.example"))
    }

    #[test]
    fn our_own_form_is_let_in_however_little_a_browser_says() {
        for own in [
            &[("origin", "null")][..],
            &[],
            &[("origin", "https://desk.example")],
            &[("origin", "null"), ("sec-fetch-site", "same-origin")],
            &[("origin", "https://desk.example"), ("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
        ] {
            assert!(!elsewhere(own), "{own:?}");
        }
    }

    #[test]
    fn a_form_of_another_site_is_noticed_also_where_it_hides_its_origin() {
        for other in [
            &[("origin", "https://elsewhere.example")][..],
            &[("origin", "http://desk.example")],
            &[("origin", "https://desk.example:8443")],
            &[("origin", "")],
            &[("origin", "null"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://desk.example"), ("sec-fetch-site", "cross-site")],
        ] {
            assert!(elsewhere(other), "{other:?}");
        }
        let origin = HeaderName::from_static("origin");
        let named = HeaderMap::from_iter([(origin, HeaderValue::from_static("https://desk.example"))]);
        assert!(is_from_elsewhere(&named, None));
    }
}
