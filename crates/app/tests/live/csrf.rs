//! A foreign page acts in nobody's name: every endpoint that may change something is asked with a good cookie and a good signature,
//! from elsewhere.

use crate::authorisation::{ask, endpoints};
use crate::centre::Centre;
use crate::http::Client;
use crate::kinds::on_page;
use crate::tenants::empty;

/// What a browser says of a page that isn't ours, or of nothing at all.
const FOREIGN: [Option<&str>; 4] = [None, Some("null"), Some("https://evil.example"), Some("http://localhost")];

#[test]
fn no_endpoint_takes_a_cookie_from_a_foreign_page() {
    let centre = Centre::new("", "");
    let officer = centre.hire("Sam", "security_officer");
    let auditor = centre.hire("Aud", "auditor");
    let server = centre.serve();
    let page = on_page(&server.client(), server.address(), &officer.token);
    let watcher = server.client().bearer(&auditor.token);
    let acts = || {
        let told = watcher.get(&format!("/v1/disclosures?person={}&limit=200", officer.id)).expect(200).json();
        told["items"].as_array().unwrap().len()
    };
    let before = acts();
    let hand = empty("security_officer", &page, "");
    let unsafe_ones: Vec<String> = endpoints().into_iter().filter(|endpoint| !endpoint.starts_with("GET ")).collect();
    assert!(unsafe_ones.len() > 40, "{unsafe_ones:?}");
    for endpoint in &unsafe_ones {
        let (path, body) = ask(endpoint, &hand);
        let (method, body) =
            (endpoint.split(' ').next().unwrap(), body.map(|body| body.to_string()).unwrap_or_default());
        let asked = |client: &Client| {
            client.with("content-type", "application/json").ask(method, &path, body.as_bytes()).unwrap()
        };
        for origin in FOREIGN {
            let nowhere = page.without("origin");
            let answer = asked(&origin.map_or_else(|| nowhere.clone(), |origin| nowhere.with("origin", origin)));
            // Events, tokens and the list of people take no cookie at all.
            if path.starts_with("/v1/") && path != "/v1/events" {
                assert_eq!((answer.status, answer.slug().as_str()), (403, "forbidden"), "{endpoint} from {origin:?}");
            } else {
                assert!((400..500).contains(&answer.status), "{endpoint} from {origin:?}: {}", answer.text());
            }
        }
    }
    assert_eq!(acts(), before, "something was done, or tried, in the officer's name");
}
