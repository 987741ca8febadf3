//! The player against the double.

use super::double::{CODE, COURIER_SECRET, Double, EVENT_SECRET, Recorded, post_signed};
use super::{AgentSeat, CallerProfile, Phones, Player, PlayerConfig, Tally};
use crate::identity::Identities;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

const HOSTED: &str = "per_hosted";
const START: Duration = Duration::from_secs(1_795_500_000);

fn config<'a>(
    base_url: String,
    sleep: &'a (dyn Fn(Duration) + Send + Sync),
    now: fn() -> SystemTime,
) -> PlayerConfig<'a> {
    let agents = (0..4).map(|i| AgentSeat { person: format!("per_{i}"), token: format!("rft_{i}") }).collect();
    let customers = Identities::new(1).iter().take(40).map(|who| CallerProfile::from(&who)).collect();
    PlayerConfig {
        base_url,
        event_secret: EVENT_SECRET.to_owned(),
        agents,
        hosted: Some(HOSTED.to_owned()),
        customers,
        seed: 6,
        pace: Duration::from_secs(1),
        warm_up_acts: 400,
        stop: Arc::new(AtomicBool::new(false)),
        sleep,
        now,
    }
}

/// Plays 400 acts at once and stops at the first wait.
fn play_warm_up() -> (Double, Tally) {
    let phones = Phones::listen("127.0.0.1:0", COURIER_SECRET, |_, _| {}).unwrap();
    let double = Double::serve(phones.url());
    let stop = Arc::new(AtomicBool::new(false));
    let stopper = Arc::clone(&stop);
    let sleep = move |_| stopper.store(true, Ordering::SeqCst);
    let mut config = config(double.url(), &sleep, || SystemTime::UNIX_EPOCH + START);
    config.stop = stop;
    let mut player = Player::new(config, phones).unwrap();
    assert_eq!(player.warm_up().acts, 400);
    let tally = player.run();
    (double, tally)
}

fn events_of(events: &[Recorded], kind: &str) -> Vec<Recorded> {
    events.iter().filter(|event| event.is_event(kind)).cloned().collect()
}

#[test]
fn a_day_is_played_in_order_with_signed_events_and_the_agents_own_tokens() {
    let (double, tally) = play_warm_up();
    let events = double.events();
    assert!(events.iter().all(|event| event.signed && event.token.is_empty() && event.status == 202));
    let ids: BTreeSet<&str> = events.iter().map(|event| event.webhook_id.as_str()).collect();
    assert_eq!(ids.len(), events.len());
    assert!(events.windows(2).all(|pair| pair[0].time() < pair[1].time()));
    assert_opened_and_ended(&events);
    for request in double.requests().iter().filter(|request| !request.line.contains("/v1/events")) {
        assert!(["rft_0", "rft_1", "rft_2", "rft_3"].contains(&request.token.as_str()), "somebody else acted");
    }
    assert_eq!(tally.allowed + tally.refused + tally.skipped + tally.unreachable, tally.acts);
    assert_eq!((tally.acts, tally.unreachable), (401, 0));
}

/// Each interaction's first event connects it, its last one ends it.
fn assert_opened_and_ended(events: &[Recorded]) {
    let mut by_reference: BTreeMap<&str, Vec<&Recorded>> = BTreeMap::new();
    for event in events {
        by_reference.entry(event.reference()).or_default().push(event);
    }
    assert!(by_reference.len() > 20);
    for events in by_reference.values() {
        assert!(events[0].is_event("connected"));
        assert!(events[events.len() - 1].is_event("ended"));
        assert_eq!(events.iter().filter(|event| event.is_event("connected") || event.is_event("ended")).count(), 2);
    }
}

#[test]
fn what_must_be_refused_is_tried_and_counted() {
    let (double, tally) = play_warm_up();
    let requests = double.requests();
    let refused = requests.iter().filter(|request| request.status == 403).count();
    assert!(refused > 5);
    assert_eq!(tally.refused, refused as u64);
    let is_reveal = |request: &&Recorded| request.line.contains("/reveals ");
    let reveals: Vec<&Recorded> = requests.iter().filter(is_reveal).collect();
    assert!(reveals.iter().any(|reveal| reveal.body["interaction"].as_str().unwrap().ends_with("0000")));
    assert!(reveals.iter().any(|reveal| reveal.body["field"] == "card" && reveal.status == 403));
    assert_eq!((tally.wrongly_allowed, tally.wrongly_refused), (0, 0));
    let order = reveals.iter().find(|reveal| reveal.body["field"] == "order").unwrap();
    assert_eq!(order.body["instance"], 7, "the instance that the view showed");
}

#[test]
fn customers_enter_the_codes_that_reached_their_phones() {
    let (double, _) = play_warm_up();
    let asked = double.requests().iter().filter(|request| request.line.contains("/codes ")).count();
    let entered = events_of(&double.events(), "code_entered");
    let right = entered.iter().filter(|event| event.body["data"]["code"] == CODE).count();
    assert!(asked > 2 && right >= asked - 4 && right <= asked, "asked {asked}, entered {right}");
    assert!(entered.iter().all(|event| !event.reference().contains("-h")), "nobody waits in a stopped clock");
}

#[test]
fn the_same_seed_plays_the_same_requests() {
    let lines = |double: &Double| double.requests().iter().map(|request| request.line.clone()).collect::<Vec<_>>();
    assert_eq!(lines(&play_warm_up().0), lines(&play_warm_up().0));
}

static MILLISECONDS: AtomicU64 = AtomicU64::new(0);

fn stepped_clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + START + Duration::from_millis(MILLISECONDS.load(Ordering::SeqCst))
}

#[test]
fn the_hosted_person_gets_one_call_after_the_other_and_codes_after_a_moment() {
    let phones = Phones::listen("127.0.0.1:0", COURIER_SECRET, |_, _| {}).unwrap();
    let double = Double::serve(phones.url());
    let stop = Arc::new(AtomicBool::new(false));
    let stopper = Arc::clone(&stop);
    let sleep = move |time: Duration| {
        let passed = MILLISECONDS.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
        stopper.store(passed > 35 * 60 * 1_000, Ordering::SeqCst);
    };
    let mut config = config(double.url(), &sleep, stepped_clock);
    config.stop = stop;
    // Nobody else is at work, so that only this person's calls are seen.
    config.agents.clear();
    Player::new(config, phones).unwrap().run();

    let events = double.events();
    assert!(double.requests().len() == events.len(), "the player acted for the hosted person");
    let (connected, ended) = (events_of(&events, "connected"), events_of(&events, "ended"));
    assert!((3..=6).contains(&connected.len()) && ended.len() == connected.len());
    assert!(connected.iter().all(|event| event.body["data"]["person"] == HOSTED));
    assert!(connected[0].body["data"]["from"]["phone"].is_string());
    for (index, (connected, ended)) in connected.iter().zip(&ended).enumerate() {
        let seconds = ended.time().duration_since(connected.time()).as_secs();
        assert!(seconds <= 601 && (seconds >= 359 || index == events_of(&events, "ended").len() - 1));
    }
    assert!(connected.iter().skip(1).zip(&ended).all(|(next, last)| next.time() > last.time()));
    let codes = events_of(&events, "code_entered");
    assert!(codes.len() >= connected.len() - 1 && codes.iter().all(|event| event.body["data"]["code"] == CODE));
    for (connected, code) in connected.iter().zip(&codes) {
        let waited = code.time().duration_since(connected.time()).as_millis();
        assert!((2_000..=4_600).contains(&waited), "{waited}");
    }
}

#[test]
fn phones_take_signed_codes_only() {
    let phones = Phones::listen("127.0.0.1:0", COURIER_SECRET, |_, _| {}).unwrap();
    let code = json!({"type": "code.deliver", "data": {"interaction": "call-1", "code": "123456"}}).to_string();
    let other = json!({"type": "code.other", "data": {"interaction": "call-1", "code": "123456"}}).to_string();
    assert_eq!(post_signed(&phones.url(), EVENT_SECRET, &code), 401);
    assert_eq!(post_signed(&phones.url(), COURIER_SECRET, &other), 400);
    assert_eq!(post_signed(&phones.url(), COURIER_SECRET, "{}"), 400);
    // One for the customer's own page is nothing to enter in the conversation.
    let data = json!({"interaction": "call-1", "code": "123456789012", "to": "+447400123456", "page": "http://a/me"});
    let own = json!({"type": "code.own_page", "data": data}).to_string();
    assert_eq!(post_signed(&phones.url(), COURIER_SECRET, &own), 204);
    assert!(phones.next(Duration::ZERO).is_none());
    assert_eq!(post_signed(&phones.url(), COURIER_SECRET, &code), 204);
    let delivered = phones.next(Duration::from_secs(5)).unwrap();
    assert_eq!((delivered.interaction.as_str(), delivered.code.as_str()), ("call-1", "123456"));
}

#[test]
fn a_player_can_move_to_a_thread_of_its_own() {
    fn assert_send<T: Send>() {}
    assert_send::<Player<'static>>();
}

#[test]
fn bad_secrets_are_named() {
    assert!(
        Phones::listen("127.0.0.1:0", "whsec_!", |_, _| {})
            .is_err_and(|error| error.to_string().contains("courier secret"))
    );
    let phones = Phones::listen("127.0.0.1:0", COURIER_SECRET, |_, _| {}).unwrap();
    let sleep = |_| {};
    let mut config = config("http://127.0.0.1:1".to_owned(), &sleep, stepped_clock);
    config.event_secret = "whsec_!".to_owned();
    assert!(Player::new(config, phones).is_err_and(|error| error.to_string().contains("event_secret")));
}

#[test]
fn a_ringfence_that_is_away_is_counted_and_the_day_goes_on() {
    let phones = Phones::listen("127.0.0.1:0", COURIER_SECRET, |_, _| {}).unwrap();
    let sleep = |_| {};
    // Nothing listens on port 1.
    let mut config = config("http://127.0.0.1:1".to_owned(), &sleep, stepped_clock);
    config.warm_up_acts = 60;
    let tally = Player::new(config, phones).unwrap().warm_up();
    assert_eq!(tally.acts, 60);
    assert!(tally.unreachable > 0);
    assert_eq!(tally.unreachable + tally.skipped, 60);
}
