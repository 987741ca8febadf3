use super::{MailServer, MailSetupError, MailTls, SmtpMailer};
use domain::{Declined, FieldKind, Millis, Right};
use plan::Language;
use std::fs;
use testkit::Authority;
use vault::{Letter, Mail, MailError, Mailer as _, RequestId, RequestNews};
use zeroize::Zeroizing;

const PLAIN: MailServer<'_> = MailServer {
    server: "127.0.0.1",
    port: 1,
    tls: MailTls::None,
    authority: None,
    credentials: None,
    from: "Example Retail <no-reply@example.com>",
};

fn mail<'a>(letter: &'a Letter, language: Language) -> Mail<'a> {
    Mail {
        to: "Ana.Diaz@example.org",
        letter,
        language,
        company: "Example Retail",
        contact: "privacy@example.org",
        at: Millis(1_700_000_000_123),
        id: [7; 16],
    }
}

fn code() -> Letter {
    Letter::Code(Zeroizing::new("4839206155".to_owned()))
}

#[test]
fn a_letter_arrives_at_a_server_of_another_make() {
    let server = testkit::MailServer::start();
    let mailer = SmtpMailer::new(&MailServer { port: server.port, ..PLAIN }).unwrap();
    mailer.deliver(&mail(&code(), Language::English)).unwrap();
    let letter = server.next();
    assert_eq!(letter["to"], serde_json::json!(["Ana.Diaz@example.org"]));
    assert_eq!(letter["from"], "no-reply@example.com");
    assert_eq!(letter["subject"], "Your code for Example Retail");
    assert_eq!(letter["id"], format!("<{}@example.com>", "07".repeat(16)));
    let text = letter["text"].as_str().unwrap();
    assert_eq!(text.lines().next(), Some("Your code is 48392 06155"));
    assert!(text.contains("privacy@example.org"), "{text}");
    assert!(!text.contains("http") && !text.contains("Ana"), "neither a link nor a name: {text}");

    mailer.deliver(&mail(&code(), Language::German)).unwrap();
    let german = server.next();
    assert_eq!(german["subject"], "Ihr Code für Example Retail");
    assert!(german["text"].as_str().unwrap().contains("zehn Minuten"));

    let link = format!("https://desk.example.com/me/acme/en/objection/{}", "ab".repeat(62));
    let corrected = Letter::Corrected { field: FieldKind::Phone, link: Zeroizing::new(link.clone()) };
    for (language, says) in [(Language::English, "your phone number"), (Language::German, "Ihre Telefonnummer")] {
        mailer.deliver(&mail(&corrected, language)).unwrap();
        let letter = server.next();
        let text = letter["text"].as_str().unwrap();
        assert!(text.lines().any(|line| line == link) && text.contains(says), "{text}");
        assert!(!text.contains("Ana"), "no name: {text}");
    }
}

#[test]
fn letters_about_requests_name_the_request_and_hold_no_link_and_no_name() {
    let news = [
        RequestNews::Code(Zeroizing::new("48392061".to_owned())),
        RequestNews::Longer(Millis(1_700_000_000_123)),
        RequestNews::Withdrawn,
        RequestNews::Refused(Declined::MustBeKept),
        RequestNews::Ready,
        RequestNews::Done,
        RequestNews::Ends,
        RequestNews::Erased(Millis(1_700_000_000_123)),
    ];
    let number = RequestId([7; 16]);
    for news in news {
        let letter = Letter::Request { number, right: Right::Access, news };
        for language in Language::ALL {
            let written = super::letters::write(&mail(&letter, language));
            let (subject, text) = (written.subject, written.text);
            assert!(subject.contains("Example Retail") && !subject.contains("dsr_"), "{subject}");
            assert!(text.contains(&number.to_string()) && text.contains("privacy@example.org"), "{text}");
            assert!(!text.contains("http") && !text.contains("Ana"), "{text}");
        }
    }
}

#[test]
fn a_rectifications_answer_promises_nothing_that_nobody_does() {
    let written = |right, language| {
        let letter = Letter::Request { number: RequestId([7; 16]), right, news: RequestNews::Done };
        super::letters::write(&mail(&letter, language)).text
    };
    for (language, here, elsewhere, promise) in [
        (
            Language::English,
            "bank account, date of birth and wishes you correct yourself",
            "such as a card or an order",
            "was done, or",
        ),
        (
            Language::German,
            "Bankkonto, Geburtsdatum und Wünsche berichtigen Sie selbst",
            "etwa eine Karte oder eine Best",
            "wurde getan",
        ),
    ] {
        let rectified = written(Right::Rectification, language);
        assert!(rectified.contains(here) && rectified.contains(elsewhere), "{rectified}");
        assert!(!rectified.contains(promise), "{rectified}");
        for limited in [Right::Restriction, Right::Objection] {
            let text = written(limited, language);
            assert!(!text.contains(here) && !text.contains(promise), "{text}");
        }
    }
}

fn by(authority: &[u8]) -> MailServer<'_> {
    let credentials = Some(("ringfence", "open sesame"));
    MailServer { tls: MailTls::StartTls, authority: Some(authority), credentials, ..PLAIN }
}

#[test]
fn under_tls_only_a_server_that_the_authority_vouches_for_gets_a_letter() {
    let (right, wrong) = (Authority::new(), Authority::new());
    let server = right.server("localhost");
    let [certificate, key] = [&server.certificate, &server.key].map(|path| path.to_str().unwrap());
    let options = ["--tls", certificate, key, "--user", "ringfence:open sesame"];
    let there = testkit::MailServer::start_with(&options);
    let [right, wrong] = [right, wrong].map(|one| fs::read(one.certificate()).unwrap());
    let send = |server: MailServer<'_>| {
        let server = MailServer { port: there.port, server: "localhost", ..server };
        SmtpMailer::new(&server).unwrap().deliver(&mail(&code(), Language::English))
    };
    assert_eq!(send(by(&right)), Ok(()));
    let letter = there.next();
    assert_eq!((&letter["tls"], &letter["authenticated"]), (&true.into(), &true.into()));

    assert_eq!(send(by(&wrong)), Err(MailError), "another authority");
    let impostor = MailServer { credentials: Some(("ringfence", "guessed")), ..by(&right) };
    assert_eq!(send(impostor), Err(MailError), "a wrong password");
    assert_eq!(send(MailServer { tls: MailTls::Implicit, ..by(&right) }), Err(MailError));
    // A server that offers no TLS is given nothing.
    let clear = testkit::MailServer::start();
    let required = MailServer { port: clear.port, server: "localhost", ..by(&right) };
    assert_eq!(SmtpMailer::new(&required).unwrap().deliver(&mail(&code(), Language::English)), Err(MailError));
    assert!(there.is_empty() && clear.is_empty());
}

#[test]
fn letters_leave_this_machine_only_under_tls() {
    for here in ["127.0.0.1", "::1", "localhost"] {
        assert!(SmtpMailer::new(&MailServer { server: here, ..PLAIN }).is_ok(), "{here}");
    }
    for there in ["mail.example.com", "10.0.0.1", "localhost.example.com", ""] {
        let made = SmtpMailer::new(&MailServer { server: there, ..PLAIN });
        assert_eq!(made.err(), Some(MailSetupError::InTheClear), "{there}");
    }
    for from in ["", "no-reply", "Example <no-reply>", "a@b\r\nBcc: c@d"] {
        assert_eq!(SmtpMailer::new(&MailServer { from, ..PLAIN }).err(), Some(MailSetupError::From), "{from:?}");
    }
    let junk = MailServer { server: "mail.example.com", tls: MailTls::StartTls, authority: Some(b"junk"), ..PLAIN };
    assert_eq!(SmtpMailer::new(&junk).err(), Some(MailSetupError::Authority));
}
