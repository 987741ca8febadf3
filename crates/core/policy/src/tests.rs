use crate::{
    Act, Approvals, Asker, BUILT_IN, DEAREST, Decision, Denial, Device, Facts, Ground, Needs, Rules, RulesError,
    Situation,
};
use domain::{Binding, Channel, Channels, Cure, FieldKind, Purpose, Refusal, Role};

const ANA: Asker<'static> =
    Asker { role: Role::Agent, probation: false, team: "Orders", device: Device::Page, hour: 9 };

fn rules() -> Rules {
    Rules::built_in().unwrap()
}

fn with(text: &str) -> Result<Rules, RulesError> {
    let mut files = BUILT_IN.to_vec();
    files.push(("planted.cedar", text));
    Rules::load(&files)
}

/// Every situation in which a rule could say something else.
fn situations() -> Vec<Situation> {
    let mut all = Vec::new();
    for bits in 0..8_u8 {
        for binding in Binding::ALL {
            for (left, channel) in
                [0, 1, 2, 3, DEAREST].into_iter().flat_map(|left| Channel::ALL.map(|one| (left, one)))
            {
                let ground =
                    Ground { live: bits & 1 != 0, customer: bits & 2 != 0, talking: bits & 4 != 0, binding, channel };
                all.push(Situation { ground, left, ..Situation::best(channel) });
                if left == DEAREST {
                    let more = [(true, false), (false, true), (true, true)];
                    all.extend(more.map(|(guarded, many)| Situation {
                        ground,
                        left,
                        guarded,
                        many,
                        ..Situation::best(channel)
                    }));
                }
            }
        }
    }
    all
}

#[test]
fn every_rule_is_told_in_its_order_with_its_words_and_its_text() {
    let rules = rules();
    let told = rules.told();
    assert_eq!(told.len(), rules.policies().policies().count());
    assert_eq!(told[0].id, "agents-and-leaders-help");
    for one in told {
        let effect = if one.forbids { "forbid" } else { "permit" };
        assert!(one.text.starts_with(effect) && !one.text.contains('@'), "{one:?}");
        assert!(!one.says.is_empty());
        assert_eq!((one.forbids, one.forbids), (one.why.is_some(), one.next.is_some()), "{one:?}");
    }
}

const BY_TICKET: &str = r#"
    @id("no-date-of-birth-by-ticket") @refusal("channel-not-allowed") @says("Not by ticket") @why("Nobody is on the line.")
    @next("Ask the customer to ring.") @cure("ask")
    forbid (principal, action == Action::"reveal", resource == Field::"date_of_birth")
    when { context.interaction.channel == Channel::"ticket" };"#;

#[test]
fn a_channel_is_told_like_any_other_ground_and_becomes_a_condition() {
    let rules = with(BY_TICKET).unwrap();
    let act = Act::Reveal(FieldKind::DateOfBirth, Purpose::Verification);
    let on = |channel| rules.decide(&Facts { asker: ANA, act, situation: Situation::best(channel) });
    assert_eq!(on(Channel::Call), Decision::Permit);
    assert!(matches!(on(Channel::Ticket), Decision::Refuse(denial) if denial.refusal() == Refusal::ChannelNotAllowed));
    let channels = rules.needs(&ANA, act).unwrap().channels;
    assert_eq!(channels.each().collect::<Vec<_>>(), [Channel::Call, Channel::Chat]);
    let other = rules.needs(&ANA, Act::Reveal(FieldKind::Name, Purpose::Delivery)).unwrap().channels;
    assert_eq!(other, Channels::ALL);
    // No interaction at all: that is said first, as in every act.
    let nothing = Situation {
        ground: Ground { live: false, ..Situation::best(Channel::Ticket).ground },
        ..Situation::best(Channel::Ticket)
    };
    let Decision::Refuse(denial) = rules.decide(&Facts { asker: ANA, act, situation: nothing }) else { panic!() };
    assert_eq!(denial.refusal(), Refusal::NoLiveInteraction);
}

#[test]
fn what_is_needed_is_what_is_decided_in_every_situation() {
    let rules = rules();
    let situations = situations();
    for role in Role::ALL {
        let asker = Asker { role, ..ANA };
        for act in Act::all() {
            let entities = rules.entities(&asker, act).unwrap();
            let needs = rules.needs(&asker, act);
            let ways = rules.ways(&asker, act);
            // One hour stands for all, and one device for all but approving and what has to do with broken glass: no other rule
            // speaks of them, which a test of this file holds.
            for situation in &situations {
                let decided = |situation| rules.ask(&Facts { asker, act, situation }, &entities).is_ok();
                let met = needs.as_ref().is_ok_and(|needs| needs.met_by(situation));
                assert_eq!(decided(*situation), met, "{role:?} {act:?} {situation:?} {needs:?}");
                // Where an approval opens no way it changes nothing; one situation in five is enough to see that.
                if ways.approved.is_some() || situation.left == DEAREST {
                    let second = ways.approved.is_some_and(|needs| needs.met_by(situation));
                    assert_eq!(decided(situation.approved()), met || second, "{role:?} {act:?} {situation:?} {ways:?}");
                }
            }
        }
    }
}

#[test]
fn todays_roles_are_decided_as_ever() {
    let rules = rules();
    let serves = |role| matches!(role, Role::Agent | Role::TeamLeader);
    for role in Role::ALL {
        let asker = Asker { role, ..ANA };
        let refused = |act| rules.needs(&asker, act).map_err(|denial| denial.refusal());
        for field in FieldKind::ALL {
            for purpose in Purpose::ALL {
                let expected = match field {
                    _ if !serves(role) => Err(Refusal::RoleNotAllowed),
                    FieldKind::Card => Err(Refusal::NeverShown),
                    _ if !Purpose::for_field(field).contains(&purpose) => Err(Refusal::PurposeNotAllowed),
                    FieldKind::BankAccount => Err(Refusal::ApprovalNeeded),
                    _ => {
                        let binding = match field {
                            FieldKind::PostalAddress | FieldKind::Phone | FieldKind::Email => Binding::Matched,
                            FieldKind::DateOfBirth => Binding::Proven,
                            _ => Binding::Claimed,
                        };
                        let cost = if binding == Binding::Proven { 3 } else { 1 };
                        let case = match field {
                            FieldKind::DateOfBirth => Refusal::NobodyOnTheLine,
                            _ => Refusal::Casework,
                        };
                        Ok(Needs {
                            live: true,
                            customer: true,
                            talking: true,
                            binding,
                            channels: Channels::ALL,
                            on_the_line: Some(case),
                            cost,
                            unguarded: true,
                            few: true,
                        })
                    }
                };
                assert_eq!(refused(Act::Reveal(field, purpose)), expected, "{role:?} {field:?} {purpose:?}");
            }
            let expected = match field {
                _ if !serves(role) => Err(Refusal::RoleNotAllowed),
                FieldKind::Card | FieldKind::BankAccount | FieldKind::Note => Err(Refusal::PurposeNotAllowed),
                _ => Ok(Needs {
                    live: true,
                    customer: true,
                    talking: false,
                    binding: Binding::Claimed,
                    channels: Channels::ALL,
                    on_the_line: Some(Refusal::NobodyOnTheLine),
                    cost: 1,
                    unguarded: false,
                    few: false,
                }),
            };
            assert_eq!(refused(Act::Verify(field)), expected, "{role:?} {field:?}");
        }
        for act in [Act::View, Act::Search, Act::Claim, Act::SendCode, Act::WriteNote, Act::FollowUp] {
            assert_eq!(refused(act).is_ok(), serves(role), "{role:?} {act:?}");
            let in_a_case = refused(act).is_ok_and(|needs| needs.on_the_line.is_none());
            assert_eq!(in_a_case, serves(role) && matches!(act, Act::View | Act::WriteNote), "{role:?} {act:?}");
        }
        assert_eq!(refused(Act::AssignCase).is_ok(), role == Role::TeamLeader, "{role:?}");
        let watches = [Role::SecurityOfficer, Role::SecurityAnalyst, Role::Auditor].contains(&role);
        assert_eq!(refused(Act::ReadLog).is_ok(), watches, "{role:?}");
        assert_eq!(refused(Act::ReadPeople).is_ok(), watches, "{role:?}");
        assert_eq!(refused(Act::ReadBudgets).is_ok(), watches, "{role:?}");
        assert_eq!(refused(Act::ReadAlarms).is_ok(), watches || role == Role::BoardMember, "{role:?}");
        assert_eq!(refused(Act::ReadTeam).is_ok(), role == Role::TeamLeader, "{role:?}");
        assert_eq!(refused(Act::ChangePower).is_ok(), role == Role::SecurityOfficer, "{role:?}");
        assert_eq!(refused(Act::Enrol).is_ok(), role == Role::SecurityOfficer, "{role:?}");
        let guards = [Role::SecurityOfficer, Role::SecurityAnalyst].contains(&role);
        assert_eq!(refused(Act::PlanPeopleDrill).is_ok(), guards, "{role:?}");
        let answers = watches || [Role::BoardMember, Role::TeamLeader].contains(&role);
        assert_eq!(refused(Act::ReadCulture).is_ok(), answers, "{role:?}");
        for act in [Act::TellDrill, Act::BuildPack] {
            assert_eq!(refused(act).is_ok(), guards, "{role:?} {act:?}");
        }
        assert_eq!(refused(Act::TellDrill).is_ok(), guards, "{role:?}");
        assert_eq!(refused(Act::UseBoardLine).is_ok(), role == Role::BoardMember, "{role:?}");
        assert_eq!(refused(Act::AnswerBoard).is_ok(), role == Role::SecurityOfficer, "{role:?}");
        assert_eq!(refused(Act::HandleReport).is_ok(), guards, "{role:?}");
        let outside = [Role::DataProtectionOfficer, Role::Auditor].contains(&role);
        assert_eq!(refused(Act::HandleReportOutside).is_ok(), outside, "{role:?}");
        assert_eq!(refused(Act::OverseeCases).is_ok(), guards || role == Role::TeamLeader, "{role:?}");
        for act in [Act::ReadSessions, Act::EndSession] {
            assert_eq!(refused(act).is_ok(), guards, "{role:?} {act:?}");
        }
        for act in [Act::Erase, Act::GiveStatement] {
            assert_eq!(refused(act).is_ok(), role == Role::DataProtectionOfficer, "{role:?} {act:?}");
        }
        let protects = role == Role::DataProtectionOfficer;
        assert_eq!(refused(Act::FileRequest).is_ok(), protects || role == Role::Integrator, "{role:?}");
        assert_eq!(refused(Act::HandleRequest).is_ok(), protects, "{role:?}");
        assert_eq!(refused(Act::AgreeToAnswer).is_ok(), protects || role == Role::SecurityOfficer, "{role:?}");
        assert_eq!(refused(Act::KeepDirectory).is_ok(), role == Role::Integrator, "{role:?}");
        assert_eq!(refused(Act::DecideProposal).is_ok(), role == Role::SecurityOfficer, "{role:?}");
        let enrols = [Role::TeamLeader, Role::SecurityOfficer].contains(&role);
        assert_eq!(refused(Act::EnrolDevice).is_ok(), enrols, "{role:?}");
        assert_eq!(refused(Act::Guard).is_ok(), guards, "{role:?}");
        let program = Asker { device: Device::Program, ..asker };
        for field in FieldKind::ALL {
            let ways = rules.ways(&asker, Act::BreakGlass(field));
            let finds =
                [FieldKind::Name, FieldKind::PostalAddress, FieldKind::Phone, FieldKind::Email, FieldKind::DateOfBirth];
            let two = role == Role::SecurityOfficer && finds.contains(&field);
            assert!(ways.alone.is_err() && ways.approved.is_some() == two, "{role:?} {field:?} {ways:?}");
            assert!(rules.ways(&program, Act::BreakGlass(field)).approved.is_none(), "{role:?} {field:?}");
        }
        let reviews = [Role::BoardMember, Role::SecurityOfficer].contains(&role);
        assert_eq!(refused(Act::ReviewGlass).is_ok(), reviews, "{role:?}");
        assert!(rules.needs(&program, Act::ReviewGlass).is_err(), "{role:?}");
        assert_eq!(refused(Act::Approve).is_ok(), role == Role::TeamLeader || guards, "{role:?}");
        assert!(rules.needs(&program, Act::Approve).is_err(), "{role:?}");
    }
}

#[test]
fn the_words_of_what_the_commit_refuses_are_the_refusals_own() {
    let rules = rules();
    let at_the_commit = [
        Refusal::NoLiveInteraction,
        Refusal::OnHold,
        Refusal::WrongCustomer,
        Refusal::BindingTooWeak,
        Refusal::BudgetExhausted,
        Refusal::NeverShown,
        Refusal::Casework,
        Refusal::NobodyOnTheLine,
    ];
    for refusal in at_the_commit {
        let speaking: Vec<_> = rules.forbidding().into_iter().filter(|rule| rule.refusal == refusal).collect();
        assert!(!speaking.is_empty(), "no rule says {refusal:?}");
        for rule in speaking {
            let said = [rule.says.as_str(), &rule.why, &rule.next];
            assert_eq!(said, [refusal.title(), refusal.why(), refusal.next()], "{}", rule.id);
        }
    }
    for rule in rules.forbidding() {
        assert!(rule.why.ends_with('.') && rule.next.ends_with('.') && !rule.says.ends_with('.'), "{}", rule.id);
    }
}

#[test]
fn a_second_person_can_stand_in_for_proof_and_not_for_oneself() {
    let rules = rules();
    let act = Act::Reveal(FieldKind::DateOfBirth, Purpose::Verification);
    let matched = Situation {
        ground: Ground { binding: Binding::Matched, ..Situation::best(Channel::Call).ground },
        ..Situation::best(Channel::Call)
    };
    let decide = |situation| rules.decide(&Facts { asker: ANA, act, situation });
    let Decision::NeedsApproval(denial) = decide(matched) else { panic!("{:?}", decide(matched)) };
    assert_eq!(denial.refusal(), Refusal::BindingTooWeak);
    assert_eq!(decide(matched.approved()), Decision::Permit);
    let own = Situation { approvals: Approvals { own: true, others: 1 }, ..matched };
    let Decision::Refuse(Denial::Rule(rule)) = decide(own) else { panic!("{:?}", decide(own)) };
    assert_eq!((rule.id.as_str(), rule.cure), ("nobody-approves-their-own", Cure::Approval));
}

#[test]
fn a_bank_account_takes_two_people_however_sure_it_is_who_is_on_the_line() {
    let rules = rules();
    let act = Act::Reveal(FieldKind::BankAccount, Purpose::Payment);
    let decide = |situation| rules.decide(&Facts { asker: ANA, act, situation });
    for binding in [Binding::Matched, Binding::Proven] {
        let ground = Ground { binding, ..Situation::best(Channel::Call).ground };
        let alone = Situation { ground, ..Situation::best(Channel::Call) };
        let Decision::NeedsApproval(denial) = decide(alone) else { panic!("{:?}", decide(alone)) };
        assert_eq!(denial.refusal(), Refusal::ApprovalNeeded);
        assert_eq!(decide(alone.approved()), Decision::Permit);
    }
    let ways = rules.ways(&ANA, act);
    assert_eq!(ways.approved.unwrap().binding, Binding::Matched);
    // Where an approval wouldn't help either, nobody is sent to ask for one.
    let delivery = rules.ways(&ANA, Act::Reveal(FieldKind::BankAccount, Purpose::Delivery));
    assert_eq!(delivery.alone.as_ref().unwrap_err().refusal(), Refusal::PurposeNotAllowed);
    assert_eq!(delivery.approved, None);
}

#[test]
fn in_a_case_a_second_person_opens_an_address_and_nobody_an_account() {
    let rules = rules();
    let decide =
        |field, purpose, situation| rules.decide(&Facts { asker: ANA, act: Act::Reveal(field, purpose), situation });
    let case = Situation::best(Channel::Case);
    // Whatever binding a row says: a case proves nothing.
    for binding in Binding::ALL {
        let case = Situation { ground: Ground { binding, ..case.ground }, ..case };
        for field in [FieldKind::Name, FieldKind::PostalAddress, FieldKind::Order] {
            let alone = decide(field, Purpose::Delivery, case);
            assert!(matches!(alone, Decision::NeedsApproval(denial) if denial.refusal() == Refusal::Casework));
            assert_eq!(decide(field, Purpose::Delivery, case.approved()), Decision::Permit, "{field:?} {binding:?}");
        }
        for field in [FieldKind::BankAccount, FieldKind::DateOfBirth] {
            let two = decide(field, Purpose::Correction, case.approved());
            assert!(matches!(two, Decision::Refuse(denial) if denial.refusal() == Refusal::NobodyOnTheLine));
        }
    }
}

#[test]
fn what_can_never_be_right_is_told_first() {
    let rules = rules();
    let nothing = Situation {
        ground: Ground { live: false, ..Situation::best(Channel::Call).ground },
        left: 0,
        ..Situation::best(Channel::Call)
    };
    let decide = |role, act| match rules.decide(&Facts { asker: Asker { role, ..ANA }, act, situation: nothing }) {
        Decision::Refuse(denial) => denial.refusal(),
        other => panic!("{other:?}"),
    };
    assert_eq!(decide(Role::Agent, Act::Reveal(FieldKind::Card, Purpose::Payment)), Refusal::NeverShown);
    assert_eq!(decide(Role::Agent, Act::Reveal(FieldKind::Email, Purpose::Payment)), Refusal::PurposeNotAllowed);
    assert_eq!(decide(Role::Agent, Act::Reveal(FieldKind::Email, Purpose::Delivery)), Refusal::NoLiveInteraction);
    assert_eq!(decide(Role::ItOperator, Act::View), Refusal::RoleNotAllowed);
}

#[test]
fn a_rule_may_speak_of_teams_hours_and_devices() {
    let at_night = r#"
        @id("nights-without-orders") @refusal("role-not-allowed") @says("Not at night") @why("W.") @next("N.") @cure("wait")
        forbid (principal in Team::"Orders", action in Action::"serve", resource)
        when { context.hour < 6 && context.device == Device::"program" };"#;
    let rules = with(at_night).unwrap();
    for (team, hour, device, allowed) in [
        ("Orders", 3, Device::Program, false),
        ("Orders", 3, Device::Page, true),
        ("Orders", 6, Device::Program, true),
        ("Payments", 3, Device::Program, true),
        ("", 3, Device::Program, true),
    ] {
        let needs = rules.needs(&Asker { team, hour, device, ..ANA }, Act::Search);
        assert_eq!(needs.is_ok(), allowed, "{team} {hour} {device:?} {needs:?}");
    }
}

#[test]
fn rules_that_can_not_be_used_say_why() {
    let words = r#"@says("S") @why("W.") @next("N.") @cure("ask")"#;
    let rule = |annotations: &str, body: &str| {
        with(&format!("{annotations} forbid (principal, action, resource) {body};")).err()
    };
    let refusal = r#"@refusal("role-not-allowed")"#;
    let named = |more: &str| format!(r#"@id("planted") {refusal} {more}"#);
    assert!(matches!(with("permit (").err(), Some(RulesError::Unreadable { .. })));
    assert!(matches!(rule(&format!("{refusal} {words}"), ""), Some(RulesError::Wordless { lacks: "id", .. })));
    assert!(matches!(rule(&named(r#"@says("S")"#), ""), Some(RulesError::Wordless { lacks: "cure", .. })));
    assert!(matches!(
        rule(&format!(r#"@id("planted") @refusal("made-up") {words}"#), ""),
        Some(RulesError::UnknownWord { what: "refusal", .. })
    ));
    assert!(matches!(
        rule(&named(r#"@says("S") @why("W.") @next("N.") @cure("pray")"#), ""),
        Some(RulesError::UnknownWord { what: "cure", .. })
    ));
    assert!(matches!(
        rule(&named(words), r#"when { principal == Person::"per_1" }"#),
        Some(RulesError::NamesAPerson { .. })
    ));
    assert!(matches!(rule(&format!(r#"@id("name-shown") {refusal} {words}"#), ""), Some(RulesError::SameName { .. })));
    for unfit in [r#"principal.role == Role::"janitor""#, "principal.salary > 3", "context.purpose == 1"] {
        let found = rule(&named(words), &format!("when {{ {unfit} }}"));
        assert!(matches!(found, Some(RulesError::Unfit { .. })), "{unfit}: {found:?}");
    }
}

/// A rule under which one condition can stand in for another has no weakest situation: it isn't guessed at.
#[test]
fn what_can_not_become_conditions_is_refused() {
    let either = r#"
        @id("either") @refusal("on-hold") @says("S") @why("W.") @next("N.") @cure("ask")
        forbid (principal, action == Action::"view", resource)
        unless { context.interaction.talking || context.interaction.binding == Binding::"proven" };"#;
    let rules = with(either).unwrap();
    assert_eq!(rules.needs(&ANA, Act::View), Err(Denial::Unpermitted(Refusal::RoleNotAllowed)));
}

#[test]
fn every_request_fits_the_schema() {
    let rules = rules();
    for act in Act::all() {
        let facts = Facts { asker: ANA, act, situation: Situation::best(Channel::Call).approved() };
        rules.words.request(&facts, Some(&rules.schema)).unwrap();
    }
    let entities = rules.entities(&ANA, Act::ReadLog).unwrap();
    let asker = entities.iter().filter(|entity| entity.uid().type_name().basename() == "Person").cloned();
    cedar_policy::Entities::from_entities(asker, Some(&rules.schema)).unwrap();
}

#[test]
fn no_built_in_rule_speaks_of_hours_teams_or_probation_and_few_of_devices() {
    for (file, text) in BUILT_IN {
        for word in ["context.hour", "Team::", "principal.probation"] {
            assert!(!text.contains(word), "{file}: {word}; then the tests above must go through its values too");
        }
    }
    let of_devices = |rule: &&crate::Told| rule.text.contains("context.device");
    let all = rules();
    let named: Vec<&str> = all.told().iter().filter(of_devices).map(|rule| rule.id.as_str()).collect();
    let glass = ["officers-break-glass", "only-officers-break-glass"];
    let reviews = ["board-and-officers-review-glass", "only-board-and-officers-review-glass"];
    assert_eq!(named, [["second-people-approve", "only-second-people-approve"], glass, reviews].concat());
    let asker = Asker { role: Role::Agent, probation: true, team: "Orders", device: Device::Page, hour: 9 };
    let plain = Asker { role: Role::Agent, probation: false, team: "", device: Device::Page, hour: 0 };
    assert_eq!(rules().speaks_of.of(&asker), plain);
    let all = r#"
        @id("all") @refusal("role-not-allowed") @says("S") @why("W.") @next("N.") @cure("wait")
        forbid (principal in Team::"Night", action == Action::"view", resource)
        when { context["hour"] < 6 && context.device == Device::"page" && principal.probation };"#;
    assert_eq!(with(all).unwrap().speaks_of.of(&asker), asker);
}
