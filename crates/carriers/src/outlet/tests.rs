use super::*;
use domain::{EntryId, Millis, PersonId, Purpose, Refusal, TenantId};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use vault::{AuditBody, DrillNote, Happening, Kind, Outlet as _, TenantConfig};

fn tenant() -> TenantConfig {
    TenantConfig { id: TenantId(1), slug: "acme".to_owned(), origin: "log.example/acme".to_owned() }
}

fn body(kind: Kind) -> AuditBody {
    let drill = DrillNote { drill: "old-row".to_owned(), verdict: 1, place: 1, expires: Millis(9) };
    AuditBody {
        at: Millis(1_767_225_600_123),
        kind,
        decision: Ok(()),
        purpose: Some(Purpose::Delivery),
        field: Some(2),
        person: Some(PersonId([1; 16])),
        power: 3,
        alias: Some(7),
        spent: Vec::new(),
        detail: Some(1),
        drawn: Vec::new(),
        allotted: None,
        upon: Some(PersonId([2; 16])),
        ceremony: None,
        drill: (kind == Kind::DrillTold).then(|| Box::new(drill)),
        pack: None,
        board: None,
        told: None,
    }
}

fn happening(body: Option<AuditBody>) -> Happening {
    Happening { entry: EntryId([4; 16]), place: 12, body, customer: Some([0xab; 8]) }
}

/// Every kind, done and refused, with as much and as little in it as may be.
fn everything() -> Vec<Happening> {
    let mut all = vec![happening(None)];
    for kind in Kind::ALL.iter().copied() {
        let full = body(kind);
        let refused = AuditBody { decision: Err(Refusal::RoleNotAllowed), ..full.clone() };
        let bare = AuditBody {
            purpose: None,
            field: None,
            person: None,
            upon: None,
            detail: None,
            drill: None,
            pack: None,
            ..full.clone()
        };
        all.extend([full, refused].map(|body| happening(Some(body))));
        all.push(Happening { customer: None, ..happening(Some(bare)) });
    }
    all
}

/// The schema's own text decides, by a library that others wrote.
#[test]
fn every_kind_of_entry_is_an_event_of_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    std::fs::write(&file, ocsf::lines(&tenant(), &everything())).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut python = Command::new(root.join("target/venv/bin/python"));
    let checked = python.arg(root.join("scripts/test/event_sink.py")).arg("--check").arg(&file).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&checked.stdout)
        .unwrap_or_else(|_| panic!("run ./test once: {}", String::from_utf8_lossy(&checked.stderr)));
    assert_eq!(told["problems"], serde_json::json!([]), "{told:#}");
    assert_eq!(told["events"], everything().len());
}

#[test]
fn nobody_is_told_who_reported_something() {
    let event = ocsf::event(&tenant(), &happening(Some(body(Kind::Report)))).to_string();
    assert!(!event.contains(&PersonId([1; 16]).to_string()), "{event}");
}

#[test]
fn webhooks_tell_what_was_done_and_their_types_are_sorted() {
    assert!(EVENT_TYPES.is_sorted(), "{EVENT_TYPES:?}");
    let all = EVENT_TYPES.to_vec();
    let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let made =
        |types| WebhookOutlet::new("n".to_owned(), "https://a.example/x", secret, types, Web::default()).unwrap();
    let (outlet, few) = (made(all), made(vec!["erasure.done"]));
    let told: Vec<Happening> = everything().into_iter().filter(|one| outlet.tells(one)).collect();
    assert!(told.iter().all(|one| one.body.as_ref().is_none_or(|body| body.decision.is_ok())));
    let edited = happening(None);
    assert!(outlet.tells(&edited) && few.tells(&edited), "it may have been of any type");
    let event = webhook::event(&tenant(), &edited).unwrap();
    assert_eq!((&event["type"], &event["data"]["place"]), (&"entry.damaged".into(), &12.into()));
    assert!(!outlet.tells(&happening(Some(body(Kind::Reveal)))) && !outlet.tells(&happening(Some(body(Kind::Report)))));
    let mut begun = body(Kind::Erasure);
    assert!(few.tells(&happening(Some(begun.clone()))) && !few.tells(&happening(Some(body(Kind::PlanChanged)))));
    begun.detail = None;
    assert!(!outlet.tells(&happening(Some(begun))), "values are used for it, and nobody is erased yet");
}

#[test]
fn webhooks_tell_of_no_question_that_was_put_to_nobody() {
    let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let types = vec!["approval.asked"];
    let outlet = WebhookOutlet::new("n".to_owned(), "https://a.example/x", secret, types, Web::default()).unwrap();
    let asked = body(Kind::ApprovalAsked);
    assert!(outlet.tells(&happening(Some(asked.clone()))));
    let nobody = happening(Some(AuditBody { upon: None, ..asked }));
    assert!(!outlet.tells(&nobody) && webhook::event(&tenant(), &nobody).is_none());
}

#[test]
fn a_file_is_its_owners_and_a_full_one_makes_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let place = FilePlace { path: path.clone(), rotate_bytes: 400, keep: 2 };
    let outlet = FileOutlet::new("n".to_owned(), place);
    let events = [happening(Some(body(Kind::Reveal)))];
    for _ in 0..9 {
        outlet.deliver(&tenant(), Millis(0), &events).unwrap();
    }
    let older = |number: u32| folder.path().join(format!("events.jsonl.{number}"));
    assert!(older(1).exists() && older(2).exists() && !older(3).exists());
    for file in [&path, &older(1), &older(2)] {
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_a_crash_left_of_a_line_spoils_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    std::fs::write(&path, "{\"half\":").unwrap();
    let outlet = FileOutlet::new("n".to_owned(), FilePlace { path: path.clone(), rotate_bytes: 1 << 20, keep: 1 });
    outlet.deliver(&tenant(), Millis(0), &[happening(Some(body(Kind::Reveal)))]).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() == 2 && serde_json::from_str::<serde_json::Value>(lines[1]).is_ok(), "{text}");
}

#[test]
fn a_place_that_cannot_be_written_takes_nothing() {
    // The second one is a disk that is always full.
    for path in ["/proc/nowhere/events.jsonl", "/dev/full"] {
        let place = FilePlace { path: path.into(), rotate_bytes: 1, keep: 1 };
        let taken = FileOutlet::new("n".to_owned(), place).deliver(&tenant(), Millis(0), &[happening(None)]);
        assert!(matches!(taken, Err(OutletError::Later(_))), "{path}");
    }
}
