//! Somebody's page: a session that is bound to a browser, in software.

use crate::http::{Answer, Client};
use crate::wait::seconds;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use testkit::{BoundBrowser, Browser};

/// A page.
#[derive(Clone)]
pub(crate) struct Page {
    client: Client,
    browser: BoundBrowser,
}

impl Page {
    /// Signs in by token, with a browser of its own.
    pub(crate) fn open(nobody: &Client, address: &str, token: &str) -> Self {
        let browser = Browser::new();
        let form = nobody.with("origin", &format!("http://{address}")).with("accept", "application/json");
        let form = form.with("content-type", "application/x-www-form-urlencoded");
        let body = format!("token={token}&device={}", browser.shown());
        let answer = form.ask("POST", "/sign-in", body.as_bytes()).unwrap().expect(200);
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let begun = answer.json();
        let id = begun["session"].as_str().unwrap().trim_start_matches("ses_").to_owned();
        let session: Vec<u8> = (0..16).map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).unwrap()).collect();
        let public = URL_SAFE_NO_PAD.decode(begun["public"].as_str().unwrap()).unwrap();
        let browser = browser.agree(&session.try_into().unwrap(), &public);
        Self { client: Client::clone(nobody).with("cookie", &cookie), browser }
    }

    /// A GET that its worker signs.
    pub(crate) fn get(&self, path: &str) -> Answer {
        let signature = self.browser.sign("GET", path, None, seconds());
        let signed = signature.headers().into_iter();
        signed.fold(self.client.clone(), |client, (name, value)| client.with(name, &value)).get(path)
    }
}
