//! Sessions: seen and ended on every node, bound to their browser, and nothing else lets anybody in.

use crate::help::{assert_refused, failure};
use domain::Refusal;
use std::sync::Arc;
use testkit::{BoundBrowser, Browser, FIRST, Member, Signature, TestWorld, block_on};
use vault::{Kind, NewSession, Scope, SessionId, SessionRules, Vault, VaultConfig, VaultError};

/// A signed-in browser.
pub(crate) struct Page<'a> {
    world: &'a TestWorld,
    pub(crate) id: SessionId,
    pub(crate) cookie: String,
    pub(crate) browser: BoundBrowser,
}

impl<'a> Page<'a> {
    pub(crate) fn begin(world: &'a TestWorld, vault: &Vault, member: &Member) -> Self {
        Self::begin_in(world, vault, member, &Browser::new())
    }

    pub(crate) fn begin_in(world: &'a TestWorld, vault: &Vault, member: &Member, browser: &Browser) -> Self {
        Self::of(world, browser, &block_on(vault.sign_in(&member.token, Some(browser.device()))).unwrap())
    }

    /// Of a session that began in that browser, whichever way.
    pub(crate) fn of(world: &'a TestWorld, browser: &Browser, session: &NewSession) -> Self {
        let bound = browser.agree(&session.id.0, &session.public.unwrap());
        Self { world, id: session.id, cookie: session.cookie.to_string(), browser: bound }
    }

    fn signed(&self, method: &str, path: &str, body: Option<&[u8]>) -> Signature {
        use domain::Clock as _;
        self.browser.sign(method, path, body, self.world.clock.now().0 / 1_000)
    }

    pub(crate) fn get(&self, vault: &Vault, path: &str) -> Result<Scope, VaultError> {
        self.show(vault, &self.signed("GET", path, None))
    }

    fn show(&self, vault: &Vault, signature: &Signature) -> Result<Scope, VaultError> {
        block_on(vault.resume(&self.cookie, Some(&signature.request())))
    }
}

/// Somebody at a page of their own, in a browser that nobody else has; those who can't sign in on one, as a program.
pub(crate) fn at_a_page(world: &TestWorld, member: &Member) -> Scope {
    match block_on(world.vault.sign_in(&member.token, Some(Browser::new().device()))) {
        Ok(_) => Page::begin(world, &world.vault, member).get(&world.vault, "/").unwrap(),
        Err(_) => world.scope(member),
    }
}

/// Longer than a node believes what it read.
const LOOKS_AGAIN_MS: i64 = 251;

fn nodes(world: &TestWorld) -> [Arc<Vault>; 3] {
    [Arc::clone(&world.vault), world.another_node(), world.another_node()]
}

#[test]
fn a_session_made_on_one_node_is_valid_on_the_others_and_ended_on_all() {
    let world = TestWorld::new(700);
    let nodes = nodes(&world);
    let page = Page::begin(&world, &nodes[0], &world.staff.agent);
    for node in &nodes {
        assert_eq!(page.get(node, "/desk").unwrap().person(), world.staff.agent.id);
    }
    let security = world.scope(&world.staff.security);
    block_on(nodes[1].end_session(&security, page.id)).unwrap();
    assert_eq!(
        failure(page.get(&nodes[1], "/desk").map(drop)),
        VaultError::Unauthenticated,
        "at once where it was ended"
    );
    world.clock.advance(LOOKS_AGAIN_MS);
    for node in &nodes {
        assert_eq!(failure(page.get(node, "/desk").map(drop)), VaultError::Unauthenticated);
    }
    assert!(world.tables_holding(page.cookie.split('.').next_back().unwrap().as_bytes()).is_empty());
}

#[test]
fn a_live_scope_notices_that_its_session_ended() {
    let world = TestWorld::new(701);
    let other = world.another_node();
    let page = Page::begin(&world, &world.vault, &world.staff.security);
    let scope = page.get(&other, "/security").unwrap();
    assert!(block_on(other.session_lives(&scope)));
    block_on(world.vault.sign_out(&scope)).unwrap();
    world.clock.advance(LOOKS_AGAIN_MS);
    assert!(!block_on(other.session_lives(&scope)));
    assert!(block_on(other.session_lives(&world.scope(&world.staff.security))), "a program's has no end");
}

#[test]
fn sessions_end_when_idle_and_at_last() {
    let rules = SessionRules {
        serving_idle_ms: 600_000,
        idle_ms: 1_200_000,
        absolute_ms: 3_600_000,
        ..SessionRules::default()
    };
    let world = TestWorld::with(702, VaultConfig { sessions: rules, ..VaultConfig::default() });
    let agent = Page::begin(&world, &world.vault, &world.staff.agent);
    let officer = Page::begin(&world, &world.vault, &world.staff.security);
    world.clock.advance(599_999);
    agent.get(&world.vault, "/desk").unwrap();
    world.clock.advance(600_000);
    assert_eq!(failure(agent.get(&world.vault, "/desk").map(drop)), VaultError::Unauthenticated);
    officer.get(&world.vault, "/security").unwrap();
    for _ in 0..2 {
        world.clock.advance(1_100_000);
        officer.get(&world.vault, "/security").unwrap();
    }
    world.clock.advance(200_001);
    assert_eq!(failure(officer.get(&world.vault, "/security").map(drop)), VaultError::Unauthenticated);
}

#[test]
fn a_page_that_is_left_open_keeps_nobody_signed_in() {
    let world = TestWorld::new(715);
    let page = Page::begin(&world, &world.vault, &world.staff.agent);
    let asks_by_itself = || {
        let signature = page.signed("GET", "/v1/interactions", None);
        block_on(world.vault.resume_unattended(&page.cookie, Some(&signature.request()))).map(drop)
    };
    for _ in 0..14 {
        world.clock.advance(60_000);
        asks_by_itself().unwrap();
    }
    world.clock.advance(60_000);
    assert_eq!(failure(asks_by_itself()), VaultError::Unauthenticated);
}

#[test]
fn use_on_one_node_keeps_a_session_alive_on_another() {
    let world = TestWorld::new(703);
    let other = world.another_node();
    let page = Page::begin(&world, &world.vault, &world.staff.agent);
    for _ in 0..4 {
        world.clock.advance(10 * 60_000);
        page.get(&world.vault, "/desk").unwrap();
    }
    page.get(&other, "/desk").unwrap();
}

#[test]
fn a_copied_cookie_opens_nothing_and_security_hears_of_it_once_a_minute() {
    let world = TestWorld::new(704);
    let page = Page::begin(&world, &world.vault, &world.staff.agent);
    let thief = Page::begin(&world, &world.vault, &world.staff.leader);
    let unsigned = || block_on(world.vault.resume(&page.cookie, None)).map(drop);
    assert_refused(&world, unsigned(), Refusal::NotThisDevice);
    let misuses =
        || world.log(FIRST).iter().filter(|line| line.body.as_ref().unwrap().kind == Kind::SessionMisused).count();
    let before = misuses();
    let signed_by_thief = thief.signed("GET", "/desk", None);
    for _ in 0..20 {
        assert!(matches!(unsigned(), Err(VaultError::Refused { refusal: Refusal::NotThisDevice, .. })));
        let theirs = page.show(&world.vault, &signed_by_thief).map(drop);
        assert!(matches!(theirs, Err(VaultError::Refused { refusal: Refusal::NotThisDevice, .. })));
    }
    assert_eq!(misuses(), before);
    world.clock.advance(60_000);
    assert!(unsigned().is_err());
    assert_eq!(misuses(), before + 1);
    page.get(&world.vault, "/desk").unwrap();
}

#[test]
fn a_signature_counts_for_its_own_request_and_for_seconds() {
    let world = TestWorld::new(705);
    let page = Page::begin(&world, &world.vault, &world.staff.agent);
    let signature = page.signed("GET", "/v1/me", None);
    page.show(&world.vault, &signature).unwrap();
    let other = page.signed("GET", "/v1/interactions", None);
    let moved = Signature { mac: signature.mac.clone(), ..other };
    assert_refused(&world, page.show(&world.vault, &moved).map(drop), Refusal::NotThisDevice);
    world.clock.advance(12_000);
    let late = page.show(&world.vault, &signature).map(drop);
    assert!(matches!(late, Err(VaultError::Refused { refusal: Refusal::SignatureLate, .. })), "{late:?}");
}

#[test]
fn what_may_change_something_counts_once_on_all_nodes() {
    let world = TestWorld::new(706);
    let other = world.another_node();
    let page = Page::begin(&world, &world.vault, &world.staff.agent);
    let post = page.signed("POST", "/v1/reports", Some(b"{}"));
    let scope = page.show(&world.vault, &post).unwrap();
    assert_refused(&world, page.show(&world.vault, &post).map(drop), Refusal::RequestReplayed);
    block_on(world.vault.report(&scope, vault::NewReport::saying("a photograph was taken"))).unwrap();
    // Another node knows no nonce; what the request did in the store stops it there.
    let replayed = page.show(&other, &post).unwrap();
    assert_refused(
        &world,
        block_on(other.report(&replayed, vault::NewReport::saying("a photograph was taken"))),
        Refusal::RequestReplayed,
    );
    let get = page.signed("GET", "/v1/me", None);
    page.show(&world.vault, &get).unwrap();
    page.show(&world.vault, &get).unwrap();
}

#[test]
fn nobody_is_talked_into_a_session_that_is_not_bound() {
    let world = TestWorld::new(707);
    let token = &world.staff.agent.token;
    assert_refused(&world, block_on(world.vault.sign_in(token, None)).map(drop), Refusal::NotThisDevice);
    let loose = SessionRules { bound: false, ..SessionRules::default() };
    let world = TestWorld::with(708, VaultConfig { sessions: loose, ..VaultConfig::default() });
    let session = block_on(world.vault.sign_in(&world.staff.agent.token, None)).unwrap();
    block_on(world.vault.resume(&session.cookie, None)).unwrap();
    let page = Page::begin(&world, &world.vault, &world.staff.agent);
    assert_refused(&world, block_on(world.vault.resume(&page.cookie, None)).map(drop), Refusal::NotThisDevice);
}

#[test]
fn tokens_sign_in_on_pages_only_where_the_configuration_says_so() {
    let rules = SessionRules { tokens: false, ..SessionRules::default() };
    let world = TestWorld::with(709, VaultConfig { sessions: rules, ..VaultConfig::default() });
    let token = &world.staff.agent.token;
    let refused = block_on(world.vault.sign_in(token, Some(Browser::new().device()))).map(drop);
    assert_eq!(failure(refused), VaultError::Unauthenticated);
    block_on(world.vault.authenticate(token)).unwrap();
}

#[test]
fn a_session_ends_with_the_token_that_it_rests_on() {
    let world = TestWorld::new(710);
    let page = Page::begin(&world, &world.vault, &world.staff.agent);
    page.get(&world.vault, "/desk").unwrap();
    block_on(world.vault.revoke_token(&world.vault.operator(FIRST), world.staff.agent.id)).unwrap();
    world.clock.advance(LOOKS_AGAIN_MS);
    assert_eq!(failure(page.get(&world.vault, "/desk").map(drop)), VaultError::Unauthenticated);
}

#[test]
fn cookies_that_are_none_or_bent_open_nothing() {
    let world = TestWorld::new(711);
    let page = Page::begin(&world, &world.vault, &world.staff.agent);
    let (name, secret) = page.cookie.split_once('.').unwrap();
    let other = secret.replace(|digit: char| digit.is_ascii_digit(), "a");
    let tenant = format!("00000002{}", &name[8..]);
    let nowhere = format!("00000009{}", &name[8..]);
    for bent in [
        String::new(),
        name.to_owned(),
        format!("{name}.{other}"),
        format!("{tenant}.{secret}"),
        format!("{nowhere}.{secret}"),
        format!("{}.{secret}", name.replace(|digit: char| digit.is_ascii_digit(), "b")),
    ] {
        let signature = page.signed("GET", "/desk", None);
        let shown = block_on(world.vault.resume(&bent, Some(&signature.request()))).map(drop);
        assert_eq!(failure(shown), VaultError::Unauthenticated, "{bent}");
    }
    page.get(&world.vault, "/desk").unwrap();
}

#[test]
fn an_edited_row_lets_nobody_in() {
    let world = TestWorld::new(712);
    let page = Page::begin(&world, &world.vault, &world.staff.agent);
    assert_eq!(world.edit("UPDATE admission SET expires = expires + 86400000 WHERE kind = 1"), 1);
    world.clock.advance(LOOKS_AGAIN_MS);
    assert_refused(&world, page.get(&world.vault, "/desk").map(drop), Refusal::Tampered);
    assert_eq!(world.edit("DELETE FROM admission"), 1);
    world.clock.advance(LOOKS_AGAIN_MS);
    assert_eq!(failure(page.get(&world.vault, "/desk").map(drop)), VaultError::Unauthenticated);
}

#[test]
fn security_sees_and_ends_everybodys_sessions_and_everybody_their_own() {
    let world = TestWorld::new(713);
    let agent = Page::begin(&world, &world.vault, &world.staff.agent);
    let second = Page::begin(&world, &world.vault, &world.staff.agent);
    let leader = Page::begin(&world, &world.vault, &world.staff.leader);
    let scope = agent.get(&world.vault, "/desk").unwrap();
    let own = block_on(world.vault.own_sessions(&scope)).unwrap();
    assert_eq!(own.iter().filter(|line| line.current).map(|line| line.id).collect::<Vec<_>>(), [agent.id]);
    assert_eq!(own.len(), 2);
    assert!(own.iter().all(|line| line.bound && line.person == world.staff.agent.id));
    assert_refused(&world, block_on(world.vault.sessions(&scope)).map(drop), Refusal::RoleNotAllowed);
    assert_refused(&world, block_on(world.vault.end_session(&scope, leader.id)).map(drop), Refusal::RoleNotAllowed);
    block_on(world.vault.end_session(&scope, second.id)).unwrap();
    assert_refused(&world, block_on(world.vault.end_session(&scope, second.id)).map(drop), Refusal::NotFound);
    let security = world.scope(&world.staff.security);
    let all = block_on(world.vault.sessions(&security)).unwrap();
    assert_eq!(all.len(), 2);
    block_on(world.vault.end_session(&security, leader.id)).unwrap();
    assert_refused(&world, block_on(world.vault.end_session(&security, leader.id)).map(drop), Refusal::NotFound);
    let stranger = world.scope(&world.second_staff.security);
    assert_refused_elsewhere(block_on(world.vault.end_session(&stranger, agent.id)).map(drop));
    agent.get(&world.vault, "/desk").unwrap();
}

fn assert_refused_elsewhere(result: Result<(), VaultError>) {
    assert!(matches!(result, Err(VaultError::Refused { refusal: Refusal::NotFound, .. })), "{result:?}");
}

#[test]
fn what_has_run_out_is_swept_and_what_lives_stays() {
    let world = TestWorld::new(714);
    let _old = Page::begin(&world, &world.vault, &world.staff.leader);
    world.clock.advance(6 * 3_600_000);
    let page = Page::begin(&world, &world.vault, &world.staff.agent);
    world.clock.advance(6 * 3_600_000 + 10 * 60_000);
    assert_eq!(block_on(world.vault.sweep_admissions()).unwrap(), 0, "other nodes' clocks may be behind");
    world.clock.advance(1);
    assert_eq!(block_on(world.vault.sweep_admissions()).unwrap(), 1);
    assert!(!world.tables_holding(&page.id.0).is_empty());
}
