use super::{UrlError, WebhookCourier};
use domain::{EntryId, FieldKind, Millis};
use plan::Language;
use standardwebhooks::Webhook;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;
use vault::{Courier as _, CourierError, SendCode, ValueChanged};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn message() -> SendCode<'static> {
    SendCode {
        reference: "call-\"8812",
        code: "483920",
        to: "+447400123456",
        page: None,
        at: Millis(1_700_000_000_123),
        id: EntryId([7; 16]),
    }
}

/// Answers one request with `status` and gives what was sent.
fn once(status: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/codes", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut sent = Vec::new();
        while !sent.ends_with(b"}}") {
            let mut part = [0; 1024];
            let count = stream.read(&mut part).unwrap();
            assert!(count > 0, "the request ended early");
            sent.extend_from_slice(&part[..count]);
        }
        write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-length: 0\r\nlocation: http://127.0.0.1:9/\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        String::from_utf8(sent).unwrap()
    });
    (url, served)
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let line = request.lines().find(|line| line.to_lowercase().starts_with(name)).unwrap();
    line.split_once(": ").unwrap().1
}

#[test]
fn a_signed_message_arrives() {
    let (url, served) = once("204 No Content");
    WebhookCourier::new(&url, SECRET).unwrap().deliver(&message()).unwrap();
    let request = served.join().unwrap();
    let body = request.split_once("\r\n\r\n").unwrap().1;
    let signed = Webhook::new(SECRET)
        .unwrap()
        .sign("ent_07070707070707070707070707070707", 1_700_000_000, body.as_bytes())
        .unwrap();
    assert!(request.starts_with("POST /codes HTTP/1.1\r\n"));
    assert_eq!(header(&request, "webhook-signature"), signed);
    assert_eq!(header(&request, "webhook-id"), "ent_07070707070707070707070707070707");
    assert_eq!(header(&request, "webhook-timestamp"), "1700000000");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let expected = serde_json::json!({
        "type": "code.deliver", "timestamp": "2023-11-14T22:13:20.123Z",
        "data": {"interaction": "call-\"8812", "code": "483920", "to": "+447400123456"},
    });
    assert_eq!(body, expected);
}

#[test]
fn what_is_entered_on_the_customers_own_page_says_so_and_where() {
    let (url, served) = once("204 No Content");
    let page = Some("https://desk.example/me/acme/en/claim");
    WebhookCourier::new(&url, SECRET).unwrap().deliver(&SendCode { page, ..message() }).unwrap();
    let request = served.join().unwrap();
    let body: serde_json::Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["type"], "code.own_page");
    let data = serde_json::json!({
        "interaction": "call-\"8812", "code": "483920", "to": "+447400123456", "page": page,
    });
    assert_eq!(body["data"], data);
}

#[test]
fn a_number_is_told_of_what_is_replaced_without_a_code_or_a_link() {
    let (phone, account) = (FieldKind::Phone, FieldKind::BankAccount);
    for (field, kind, language, says) in [
        (phone, "number.changed", Language::English, "Your phone number at Example Retail"),
        (phone, "number.changed", Language::German, "Ihre Telefonnummer bei Example Retail"),
        (account, "account.changed", Language::English, "Your bank account at Example Retail"),
        (account, "account.changed", Language::German, "Ihr Bankkonto bei Example Retail"),
    ] {
        let (url, served) = once("204 No Content");
        let notice = ValueChanged {
            field,
            to: "+447400123456",
            company: "Example Retail",
            contact: "privacy@example.org",
            language,
            at: Millis(1_700_000_000_123),
            id: EntryId([7; 16]),
        };
        WebhookCourier::new(&url, SECRET).unwrap().warn(&notice).unwrap();
        let request = served.join().unwrap();
        let body: serde_json::Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        let (data, text) = (&body["data"], body["data"]["text"].as_str().unwrap());
        assert_eq!((&body["type"], &data["to"]), (&kind.into(), &"+447400123456".into()));
        assert_eq!((data["language"].as_str(), data.as_object().unwrap().len()), (Some(language.tag()), 3));
        assert!(text.starts_with(says) && text.ends_with(": privacy@example.org"), "{text}");
        assert!(!text.contains("http") && text.chars().count() <= 160, "{text}");
    }
}

#[test]
fn anything_but_success_is_a_failure() {
    for status in ["500 Internal Server Error", "401 Unauthorized", "302 Found"] {
        let (url, served) = once(status);
        assert_eq!(WebhookCourier::new(&url, SECRET).unwrap().deliver(&message()), Err(CourierError), "{status}");
        served.join().unwrap();
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(
        WebhookCourier::new(&format!("http://{nobody}/"), SECRET).unwrap().deliver(&message()),
        Err(CourierError)
    );
}

#[test]
fn codes_leave_this_machine_only_under_tls() {
    for url in ["https://sms.example.com/x", "http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost/"] {
        assert!(WebhookCourier::new(url, SECRET).is_ok(), "{url}");
    }
    for url in [
        "http://sms.example.com/",
        "http://127.0.0.1.example.com/",
        "http://10.0.0.1/",
        "ftp://localhost/",
        "https://a@b/",
        "sms",
        "",
    ] {
        assert_eq!(WebhookCourier::new(url, SECRET).err(), Some(UrlError::Url), "{url}");
    }
    assert_eq!(WebhookCourier::new("https://sms.example.com/", "letmein").err(), Some(UrlError::Secret));
}
