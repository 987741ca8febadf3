//! `/security/ceremony`: leads through the root key's ceremony. Where it stands now, whose turn it is, and what they type.

mod guide;

use super::keys::{Ceremony, sample, sample_apart};
use super::{error_page, for_role, page};
use crate::identify::Signed;
use crate::problem::{Failed, Fault};
use crate::state::Web;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use guide::Guide;
use vault::{CeremonyStanding, DealtShares, HolderHealth, KeysHealth, SharesGathered};

/// `/security/ceremony`.
#[derive(Debug, Clone, Template)]
#[template(path = "security-ceremony.html")]
pub(super) struct CeremonyPage {
    /// Who looks.
    pub(super) person_name: String,
    /// What is done now, and by whom.
    pub(super) guide: Guide,
    /// Who has the root key, and what was done.
    pub(super) ceremony: Option<Ceremony>,
    /// May who looks open entries' proofs?
    pub(super) links: bool,
    /// Line on top of the page.
    pub(super) banner: Option<String>,
}

impl CeremonyPage {
    fn of(health: &KeysHealth) -> Self {
        Self {
            person_name: String::new(),
            guide: Guide::of(&health.holder),
            ceremony: health.holder.ceremony().map(|told| Ceremony::of(told, &health.logged)),
            links: false,
            banner: None,
        }
    }
}

/// Where the ceremony stands. Each look is a log entry; that an open page asks whether anything has changed is none.
pub(super) async fn ceremony(State(web): State<Web>, signed: Result<Signed, Failed>) -> Response {
    let scope = match for_role(&web, signed, |web, scope| web.vault.reads_health(scope)) {
        Err(response) => return *response,
        Ok(scope) => scope,
    };
    match web.vault.keys_health(&scope).await {
        Err(error) => error_page(&web, Fault::of(&web, &error)),
        Ok(health) => {
            let (person_name, banner) = (scope.name().to_owned(), web.config.banner.clone());
            let links = web.vault.reads_log(&scope);
            page(StatusCode::OK, &CeremonyPage { person_name, banner, links, ..CeremonyPage::of(&health) })
        }
    }
}

/// Every state that a ceremony goes through, by name.
fn samples() -> Vec<(&'static str, HolderHealth)> {
    let held = sample_apart().ceremony.unwrap_or_default();
    let unheld = CeremonyStanding { whole: true, root_file: true, places: held.places.clone(), ..Default::default() };
    let check = "7GYSZ ESP2A 82FPA K7H2M YMMVE 2T1M7 F1KQ4 8ND2Q".to_owned();
    let new = [held.custodians[0].clone(), ("Dee Marsh".to_owned(), check), held.custodians[2].clone()];
    let dealt = DealtShares { id: "7GYSZ-ESP2A-82FPA-K7H2M".to_owned(), needed: 2, custodians: new.to_vec() };
    let gathering = |purpose: &str, of: &str, taken: &[u8]| SharesGathered {
        purpose: purpose.to_owned(),
        ceremony: of.to_owned(),
        taken: taken.to_vec(),
        refused: 1,
        without: 0,
    };
    let serving = |told: CeremonyStanding| {
        HolderHealth::Serving(Box::new(vault::Apart { ceremony: Some(told), ..sample_apart() }))
    };
    let waits = |purpose, taken: &[u8]| Some(gathering(purpose, &held.id, taken));
    let begun = CeremonyStanding { root_file: true, ..held.clone() };
    let renewed = CeremonyStanding { dealt: Some(dealt.clone()), ..held.clone() };
    let replaced = waits("reshare", &[3]).map(|waits| SharesGathered { without: 2, refused: 0, ..waits });
    vec![
        ("security-ceremony.html", serving(held.clone())),
        ("security-ceremony-embedded.html", HolderHealth::Embedded),
        ("security-ceremony-away.html", HolderHealth::Unreachable),
        ("security-ceremony-begin.html", serving(unheld.clone())),
        ("security-ceremony-hardware.html", serving(CeremonyStanding { root_file: false, ..unheld.clone() })),
        ("security-ceremony-finish.html", serving(begun.clone())),
        ("security-ceremony-prove.html", serving(CeremonyStanding { gathering: waits("prove", &[1]), ..begun })),
        ("security-ceremony-sealed.html", HolderHealth::Sealed(Some(Box::new(held.clone())))),
        (
            "security-ceremony-unseal.html",
            HolderHealth::Sealed(Some(Box::new(CeremonyStanding { gathering: waits("unseal", &[2]), ..held.clone() }))),
        ),
        ("security-ceremony-reshare.html", serving(CeremonyStanding { gathering: replaced, ..held.clone() })),
        ("security-ceremony-dealt.html", serving(renewed.clone())),
        (
            "security-ceremony-renew.html",
            serving(CeremonyStanding { gathering: Some(gathering("prove", &dealt.id, &[])), ..renewed }),
        ),
        ("security-ceremony-edited.html", serving(CeremonyStanding { whole: false, ..held })),
    ]
}

/// The page with sample data.
pub(super) fn gallery(banner: Option<String>) -> Result<Vec<(&'static str, String)>, askama::Error> {
    let page_of = |(name, holder): (&'static str, HolderHealth)| {
        let shown = CeremonyPage {
            person_name: "Ingrid Solberg".to_owned(),
            banner: banner.clone(),
            links: true,
            ..CeremonyPage::of(&sample(holder))
        };
        shown.render().map(|html| (name, html))
    };
    samples().into_iter().map(page_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(state: &str) -> String {
        let name = format!("security-ceremony{state}.html");
        gallery(None).unwrap().into_iter().find(|(page, _)| *page == name).unwrap().1
    }

    #[test]
    fn each_state_says_where_it_stands_and_the_next_command() {
        let at = "--socket /run/ringfence-keyholder/keys.sock --share FILE --key FILE";
        let dir = "--data /var/lib/ringfence-keyholder";
        for (state, stage, command) in [
            ("", "rests", format!("ringfence ceremony replace {dir} --custodian NAME --with NEW.key.pub --to new")),
            ("-embedded", "embedded", "ringfence keyholder init".to_owned()),
            ("-away", "away", "ringfence keyholder status".to_owned()),
            ("-begin", "begin", format!("ringfence ceremony begin {dir} --threshold 2 --to shares")),
            ("-hardware", "hardware", format!("ringfence ceremony begin {dir} --threshold 2 --to shares")),
            ("-finish", "finish", format!("ringfence ceremony finish {dir}")),
            ("-prove", "prove", format!("ringfence ceremony open {at}")),
            ("-sealed", "sealed", "ringfence keyholder serve".to_owned()),
            ("-unseal", "unseal", format!("ringfence keyholder unseal {at}")),
            ("-reshare", "reshare", format!("ringfence ceremony open {at}")),
            ("-dealt", "finish", format!("ringfence ceremony finish {dir}")),
            ("-renew", "prove", format!("ringfence ceremony open {at}")),
            ("-edited", "stop", format!("ringfence ceremony status {dir}")),
        ] {
            let html = shown(state);
            assert!(html.contains(&format!("data-stage=\"{stage}\"")), "{state}");
            assert!(html.contains(&command), "{state}: {command}");
            assert!(html.contains("If it fails"), "{state}");
        }
    }

    #[test]
    fn who_has_handed_in_and_who_may_come_next_are_told_with_their_check_words() {
        let unseal = shown("-unseal");
        assert!(unseal.contains("1 of 2 shares handed in") && unseal.contains("1 share was refused"));
        assert_eq!((unseal.matches("data-hand=\"in\"").count(), unseal.matches("data-hand=\"waits\"").count()), (1, 2));
        assert!(unseal.contains("Ada Lindqvist or Cem Aydin"), "whose turn it is");
        let reshare = shown("-reshare");
        assert!(reshare.contains("Ben Osei</b>") && reshare.contains("Is replaced"), "who goes isn't asked");
        assert!(reshare.contains("<b>Ada Lindqvist</b> hands in their share"), "one is left");
        // Shares that don't count yet are the new custodians', whose keys are to be compared.
        let renew = shown("-renew");
        assert!(renew.contains("Dee Marsh") && renew.contains("7GYSZ ESP2A") && !renew.contains("<b>Ben Osei</b>"));
        assert!(shown("-edited").contains("role=\"alert\"") && !unseal.contains("role=\"alert\""));
    }
}
