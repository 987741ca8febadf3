//! Digests by mail, to somebody who decides. They hold numbers and say where to look: no link, no name, nothing of anybody.

use super::SmtpMailer;
use super::letters::Written;
use domain::{Millis, PersonId};
use plan::Language;
use vault::{AlarmKind, DigestOutlet, DigestText, OutletError, Tallied, TenantConfig};

/// Sends digests to one reader.
pub struct MailDigest {
    /// Its words in the settings.
    pub name: String,
    /// For whom it is.
    pub person: PersonId,
    /// Their address.
    pub to: String,
    /// In which language.
    pub language: Language,
    /// The next moment at which one is due after a moment.
    pub due: Box<dyn Fn(Millis) -> Millis + Send + Sync>,
    /// Who takes it there.
    pub mailer: SmtpMailer,
}

impl DigestOutlet for MailDigest {
    fn name(&self) -> &str {
        &self.name
    }

    fn person(&self) -> PersonId {
        self.person
    }

    fn due(&self, after: Millis) -> Millis {
        (self.due)(after)
    }

    fn send(&self, tenant: &TenantConfig, text: &DigestText) -> Result<(), OutletError> {
        let written = write(tenant, text, self.language);
        self.mailer
            .send(&self.to, text.id, written, None)
            .map_err(|_| OutletError::Later("the mail server takes nothing"))
    }
}

/// A number's words.
fn words(what: Tallied, language: Language) -> &'static str {
    let (english, german) = match what {
        Tallied::Disclosed => ("values, masks and searches shown", "gezeigte Werte, Masken und Suchen"),
        Tallied::Refused => ("requests refused", "abgelehnte Anfragen"),
        Tallied::SecondAsked => ("second people asked", "gefragte Zweite"),
        Tallied::SecondDeclined => ("of these said no", "davon sagten nein"),
        Tallied::Cases => ("cases opened", "eröffnete Fälle"),
        Tallied::Reported => ("suspicions reported", "gemeldete Verdachtsfälle"),
        Tallied::RequestsFiled => ("customers' requests filed", "eingegangene Anträge von Kunden"),
        Tallied::RequestsAnswered => ("customers' requests answered", "beantwortete Anträge von Kunden"),
        Tallied::Erased => ("customers erased", "gelöschte Kunden"),
        Tallied::PowerChanged => ("changes of people, rights and rules", "Änderungen an Personen, Rechten und Regeln"),
        Tallied::AlarmsRaised => ("alarms raised", "ausgelöste Alarme"),
        Tallied::ProposalsWait => ("proposals wait", "Vorschläge warten"),
        Tallied::DevicesWait => ("devices wait", "Geräte warten"),
        Tallied::PasskeysWait => ("passkeys wait", "Passkeys warten"),
    };
    match language {
        Language::English => english,
        Language::German => german,
    }
}

/// Up to the minute, UTC.
fn minute(at: Millis) -> String {
    let text = at.to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

fn write(tenant: &TenantConfig, text: &DigestText, language: Language) -> Written {
    let counted: String =
        text.counts.iter().map(|(what, count)| format!("{count:>8}  {}\n", words(*what, language))).collect();
    let alarms: String = text.alarms.iter().map(|kind| format!("  ! {}\n", AlarmKind::slug(*kind))).collect();
    let (from, until, log) = (minute(text.from), minute(text.until), &tenant.slug);
    match language {
        Language::English => Written {
            subject: format!("Ringfence, {log}: {} alarms, and what happened", text.alarms.len()),
            text: format!(
                "{log}, from {from} to {until} UTC.\n\n{counted}\n{}\nSign in to Ringfence to see more. This mail holds no link, and \
                 nobody is named in it. Which mails are sent, security officers decide.\n",
                standing("Alarms that stand now:", "No alarm stands now.", &alarms)
            ),
        },
        Language::German => Written {
            subject: format!("Ringfence, {log}: {} Alarme, und was geschah", text.alarms.len()),
            text: format!(
                "{log}, von {from} bis {until} UTC.\n\n{counted}\n{}\nMehr zeigt Ringfence nach der Anmeldung. Diese Mail enthält keinen \
                 Link und nennt niemanden. Welche Mails verschickt werden, entscheiden die Sicherheitsbeauftragten.\n",
                standing("Alarme, die jetzt bestehen:", "Jetzt besteht kein Alarm.", &alarms)
            ),
        },
    }
}

fn standing(some: &str, none: &str, alarms: &str) -> String {
    if alarms.is_empty() { format!("{none}\n") } else { format!("{some}\n{alarms}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Role, TenantId};

    #[test]
    fn a_digest_is_numbers_in_either_language_and_holds_no_link() {
        let tenant = TenantConfig { id: TenantId(1), slug: "acme".to_owned(), origin: "log.example/acme".to_owned() };
        let counts = [(Tallied::Disclosed, 412), (Tallied::Refused, 3)].into();
        let text = DigestText {
            role: Role::SecurityOfficer,
            from: Millis(1_767_225_600_000),
            until: Millis(1_767_312_000_000),
            counts,
            alarms: vec![AlarmKind::OutletStalled],
            id: [1; 16],
        };
        let english = write(&tenant, &text, Language::English);
        assert!(english.text.contains("     412  values, masks and searches shown\n"), "{}", english.text);
        assert!(
            english.text.contains("2026-01-01 00:00") && english.text.contains("! outlet_stalled"),
            "{}",
            english.text
        );
        let german = write(&tenant, &DigestText { alarms: Vec::new(), ..text }, Language::German);
        assert!(german.text.contains("       3  abgelehnte Anfragen\n"), "{}", german.text);
        assert!(german.text.contains("kein Alarm"), "{}", german.text);
        for written in [english, german] {
            assert!(!written.text.contains("http") && !written.text.contains('@') && !written.subject.contains('@'));
        }
    }

    #[test]
    fn it_arrives_at_a_server_of_another_make_and_is_the_same_mail_if_it_is_sent_again() {
        let server = testkit::MailServer::start();
        let mailer = crate::MailServer {
            server: "127.0.0.1",
            port: server.port,
            tls: crate::MailTls::None,
            authority: None,
            credentials: None,
            from: "Ringfence <no-reply@ringfence.example>",
        };
        let outlet = MailDigest {
            name: "n".to_owned(),
            person: PersonId([1; 16]),
            to: "olga@example.com".to_owned(),
            language: Language::German,
            due: Box::new(|after| after),
            mailer: SmtpMailer::new(&mailer).unwrap(),
        };
        let tenant = TenantConfig { id: TenantId(1), slug: "acme".to_owned(), origin: "log.example/acme".to_owned() };
        let text = DigestText {
            role: Role::TeamLeader,
            from: Millis(0),
            until: Millis(1),
            counts: [(Tallied::Cases, 2)].into(),
            alarms: Vec::new(),
            id: [7; 16],
        };
        outlet.send(&tenant, &text).unwrap();
        outlet.send(&tenant, &text).unwrap();
        let (one, again) = (server.next(), server.next());
        assert_eq!(one["to"], serde_json::json!(["olga@example.com"]));
        assert!(one["text"].as_str().unwrap().contains("2  eröffnete Fälle"), "{one}");
        assert_eq!((&one["id"], &one["text"]), (&again["id"], &again["text"]));
        drop(server);
        assert!(matches!(outlet.send(&tenant, &text), Err(OutletError::Later(_))));
    }
}
