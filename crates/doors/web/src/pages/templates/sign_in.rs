//! The shells of the pages that let people in.

use super::sample_banner;
use askama::Template;

/// In place of a page that was asked for without its browser's signature.
#[derive(Debug, Clone, Template)]
#[template(path = "resume.html")]
pub struct Resume {
    /// Line on top of the page.
    pub banner: Option<String>,
}

/// `/sign-in/with/{tenant}/back`: where an identity provider leads back to. Posts its answer to `…/finish`.
#[derive(Debug, Clone, Template)]
#[template(path = "arrived.html")]
pub struct Arrived {
    /// The tenant's name in addresses.
    pub tenant: String,
    /// Line on top of the page.
    pub banner: Option<String>,
}

/// `/sign-in`: paste an access token. Posts `token` to `/sign-in`.
#[derive(Debug, Clone, Template)]
#[template(path = "sign-in.html")]
pub struct SignIn {
    /// Why the last attempt failed, in words for the person; never the token.
    pub error: Option<String>,
    /// May one sign in with an access token?
    pub tokens: bool,
    /// Is there a tenant none of whose security officers has a passkey?
    pub unclaimed: bool,
    /// Tenants whose agents sign in through an identity provider.
    pub providers: Vec<String>,
    /// Line on top of the page.
    pub banner: Option<String>,
}

/// `/ceremony`: where an invitation leads. Its code stands behind the address's `#`.
#[derive(Debug, Clone, Template)]
#[template(path = "ceremony.html")]
pub struct Ceremony {
    /// Line on top of the page.
    pub banner: Option<String>,
}

/// `/account`: one's own passkeys and sessions.
#[derive(Debug, Clone, Template)]
#[template(path = "account.html")]
pub struct Account {
    /// The person's name.
    pub person_name: String,
    /// Their role in words.
    pub role_label: String,
    /// The page that they work on.
    pub home: &'static str,
    /// Do they let others' passkeys count?
    pub approves: bool,
    /// Do they agree to their team's, as its leader?
    pub agrees: bool,
    /// Line on top of the page.
    pub banner: Option<String>,
}

impl Account {
    /// The officer's.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            person_name: "Sana Officer".to_owned(),
            role_label: "Security officer".to_owned(),
            home: "/security",
            approves: true,
            agrees: false,
            banner: sample_banner(),
        }
    }
}

/// One person in the role picker.
#[derive(Debug, Clone)]
pub struct PickPerson {
    /// `per_` and 32 lower-case hex digits.
    pub id: String,
    /// The member of staff's name.
    pub name: String,
    /// The role in words, such as "Security officer".
    pub role_label: String,
    /// One sentence: what this role can see here.
    pub what: String,
}

/// `/`: everyone one can sign in as. Each button posts to `/sign-in/{id}`.
#[derive(Debug, Clone, Template)]
#[template(path = "role-picker.html")]
pub struct RolePicker {
    /// In the order shown.
    pub people: Vec<PickPerson>,
    /// Line on top of the page.
    pub banner: Option<String>,
}

/// `/sign-in/{person}`: one button that posts to the same address.
#[derive(Debug, Clone, Template)]
#[template(path = "sign-in-as.html")]
pub struct SignInAs {
    /// Whom the button signs in.
    pub person: PickPerson,
    /// Line on top of the page.
    pub banner: Option<String>,
}

impl PickPerson {
    /// An agent of the invented centre.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            id: "per_0a1b2c3d4e5f60718293a4b5c6d7e8f9".to_owned(),
            name: "Ana Diaz".to_owned(),
            role_label: "Agent".to_owned(),
            what: "Serves one customer at a time on masked records.".to_owned(),
        }
    }

    pub(super) fn sample_officer() -> Self {
        Self {
            id: "per_f9e8d7c6b5a493827160f5e4d3c2b1a0".to_owned(),
            name: "Noor Haddad".to_owned(),
            role_label: "Security officer".to_owned(),
            what: "Watches every look and every refusal as it happens; sees no customer value.".to_owned(),
        }
    }
}

impl SignIn {
    /// The form after a token that nobody holds.
    #[must_use]
    pub fn sample() -> Self {
        let error = "No one here holds this token. Check that you pasted all of it.".to_owned();
        Self { error: Some(error), tokens: true, unclaimed: false, providers: Vec::new(), banner: None }
    }
}

impl RolePicker {
    /// Two people of different roles.
    #[must_use]
    pub fn sample() -> Self {
        Self { people: vec![PickPerson::sample(), PickPerson::sample_officer()], banner: sample_banner() }
    }
}

impl SignInAs {
    /// The agent's button.
    #[must_use]
    pub fn sample() -> Self {
        Self { person: PickPerson::sample(), banner: sample_banner() }
    }
}

/// These pages with their sample data.
pub(super) fn gallery() -> Result<Vec<(&'static str, String)>, askama::Error> {
    let plain = SignIn {
        error: None,
        tokens: true,
        unclaimed: false,
        providers: vec!["acme".to_owned()],
        banner: sample_banner(),
    };
    let nobody = RolePicker { people: Vec::new(), banner: None };
    Ok(vec![
        ("sign-in.html", plain.render()?),
        ("sign-in-error.html", SignIn::sample().render()?),
        ("role-picker.html", RolePicker::sample().render()?),
        ("role-picker-empty.html", nobody.render()?),
        ("sign-in-as.html", SignInAs::sample().render()?),
        ("sign-in-unclaimed.html", SignIn { tokens: false, unclaimed: true, ..plain.clone() }.render()?),
        ("ceremony.html", Ceremony { banner: sample_banner() }.render()?),
        ("account.html", Account::sample().render()?),
        ("arrived.html", Arrived { tenant: "acme".to_owned(), banner: sample_banner() }.render()?),
        ("resume.html", Resume { banner: sample_banner() }.render()?),
    ])
}
