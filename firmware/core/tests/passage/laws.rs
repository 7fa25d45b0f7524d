//! What holds over every combination of evidence and facts, whatever the policy of the day says.
//! The laws are written from DOMAIN §2, §6, §8 and §20 and share no line with `decide`.

use gate_core::alleged::Verified;
use gate_core::case::{Case, Dimension, Temperature};
use gate_core::decide::{Decision, DocumentBy, DocumentSeen, DocumentValidity, Evidence, decide, replay};
use gate_core::facts::{Facts, ListAnswer, Persons, Revoked};
use gate_core::screen::Opens;
use gate_core::time::{ClockTrust, Currency, TimeReading, TrustedTime};
use gate_core::verdict::{Direction, PlaceKind, Reason, RiskLevel, Verdict};
use gate_wire::credential::{Certifier, Colour, Condition, Credential, Role, Statement, TestResult};
use gate_wire::time::{Millis, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use crate::world::{By, DAY, Draft, HOSPITAL, NOON, STATION, at, clock_at, draft, unconfirmed_clock};

const STALE_S: u64 = 7 * DAY;

/// What a person has in hand.
#[derive(Clone, Debug)]
enum Hand {
    Code(Verified<Credential>),
    Document(DocumentSeen),
    Both(Verified<Credential>, DocumentSeen),
    Refused(Reason),
}

impl Hand {
    fn evidence(&self) -> Evidence<'_> {
        match self {
            Hand::Code(code) => Evidence::Code(code),
            Hand::Document(document) => Evidence::Document(*document),
            Hand::Both(code, document) => Evidence::Both(code, *document),
            Hand::Refused(reason) => Evidence::Refused(*reason),
        }
    }

    fn decide(&self, facts: &Facts) -> Decision {
        let policy = if facts.place == PlaceKind::Hospital { &*HOSPITAL } else { &*STATION };
        decide(&self.evidence(), facts, Some(policy))
    }
}

/// How the newest proven word of one issuer on the person stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Newest {
    Red,
    /// Red, but from a list past the limit of policy, or of no known age.
    OldRed,
    Other,
}

/// The newest colour statement of code and list (DOMAIN §8); in a tie a red one, of two reds the code's, which is
/// current while the list may be old. A test or certificate is none.
fn newest(code: Option<&Verified<Credential>>, answer: ListAnswer, facts: &Facts) -> Newest {
    let list = match (answer, facts.list_as_of) {
        (ListAnswer::Listed(colour), Some(as_of)) => Some((as_of, colour == Colour::Red)),
        (ListAnswer::NotAnException, Some(as_of)) => Some((as_of, false)),
        _ => None,
    };
    let said = code.map(Verified::get).and_then(|claims| match claims.statement {
        Statement::Screen(condition) | Statement::Paper(condition) => {
            Some((claims.issued, condition == Condition::Colour(Colour::Red)))
        }
        _ => None,
    });
    let stale = list.is_some_and(|(as_of, _)| facts.time.time.since(as_of) > STALE_S);
    match (list, said) {
        (Some(list), said) if list.1 && said.is_none_or(|said| list > said) => {
            if stale {
                Newest::OldRed
            } else {
                Newest::Red
            }
        }
        (list, Some(said)) if said.1 && list.is_none_or(|list| said >= list) => Newest::Red,
        _ => Newest::Other,
    }
}

/// A code that is current and not revoked, and no badge. Where revocations were lost, minutes of life are good enough.
fn good<'a>(code: &'a Verified<Credential>, facts: &Facts) -> Option<&'a Verified<Credential>> {
    let badge = matches!(code.get().statement, Statement::Badge(_));
    let screen = matches!(code.get().statement, Statement::Screen(_));
    let stands = facts.revoked == Revoked::No || facts.revoked == Revoked::Unknown && screen;
    (code.currency() == Currency::Current && stands && !badge).then_some(code)
}

/// The newest proven words on the person: one an issuer.
fn words(hand: &Hand, facts: &Facts) -> [Newest; 2] {
    match hand {
        Hand::Refused(_) => [Newest::Other; 2],
        Hand::Document(_) => [newest(None, facts.of_document, facts), Newest::Other],
        Hand::Code(code) => match good(code, facts) {
            Some(code) => [newest(Some(code), facts.of_code, facts), Newest::Other],
            None => [Newest::Other; 2],
        },
        Hand::Both(_, _) if facts.persons == Persons::Different => [Newest::Other; 2],
        Hand::Both(code, _) => match (good(code, facts), facts.persons) {
            (Some(code), Persons::Same) => [newest(Some(code), facts.of_code, facts), Newest::Other],
            (Some(code), _) => {
                [newest(Some(code), facts.of_code, facts), newest(None, facts.of_document, facts)]
            }
            (None, _) => [newest(None, facts.of_document, facts), Newest::Other],
        },
    }
}

fn statement() -> impl Strategy<Value = Statement> {
    let colour = select(vec![Colour::Green, Colour::Yellow, Colour::Red]);
    let condition = prop_oneof![
        4 => colour.prop_map(Condition::Colour),
        1 => Just(Condition::NoAbnormality),
        1 => Just(Condition::Abnormal),
    ];
    let result = select(vec![TestResult::Negative, TestResult::Positive]);
    prop_oneof![
        3 => condition.clone().prop_map(Statement::Screen),
        3 => condition.prop_map(Statement::Paper),
        2 => (0_u16..14_400, result)
            .prop_map(|(minutes_since_sampling, result)| Statement::Test { minutes_since_sampling, result }),
        1 => Just(Statement::Certificate(Certifier::Community)),
        1 => select(vec![Role::Attendant, Role::Technician, Role::Auditor]).prop_map(Statement::Badge),
    ]
}

/// The issuers that may say this: ours first, then others.
fn signers(statement: Statement) -> &'static [By] {
    match statement {
        Statement::Screen(_) => &[By::Ours, By::Nation, By::Elsewhere],
        Statement::Paper(_) => &[By::Ours, By::Elsewhere],
        Statement::Test { .. } => &[By::Laboratory, By::LaboratoryElsewhere],
        Statement::Certificate(_) => &[By::Community, By::CommunityElsewhere],
        Statement::Badge(_) => &[By::StaffOffice],
    }
}

/// A moment near the few that matter, so that ties are common.
fn moment() -> impl Strategy<Value = u64> {
    let base = select(vec![NOON, NOON - 3600, NOON - STALE_S, NOON - 8 * DAY, NOON - 20 * DAY]);
    (base, -1_i64..=1).prop_map(|(base, step)| base.saturating_add_signed(step))
}

fn clock() -> impl Strategy<Value = TrustedTime> {
    prop_oneof![
        4 => Just(NOON).prop_map(clock_at),
        1 => moment().prop_map(clock_at),
        1 => moment().prop_map(unconfirmed_clock),
    ]
}

/// A code as each of its possible issuers would have signed it.
fn codes() -> impl Strategy<Value = Vec<Draft>> {
    (statement(), moment()).prop_map(|(statement, issued)| {
        signers(statement).iter().map(|by| draft(*by, statement).issued(issued)).collect()
    })
}

fn document() -> impl Strategy<Value = DocumentSeen> {
    let by = select(vec![DocumentBy::Card, DocumentBy::Typing]);
    let validity = select(vec![DocumentValidity::Valid, DocumentValidity::Expired]);
    (by, validity).prop_map(|(by, validity)| DocumentSeen { by, validity })
}

fn code() -> impl Strategy<Value = Verified<Credential>> {
    (codes(), any::<prop::sample::Index>(), clock())
        .prop_map(|(codes, which, clock)| codes[which.index(codes.len())].prove(&clock).unwrap())
}

fn hand() -> impl Strategy<Value = Hand> {
    prop_oneof![
        5 => code().prop_map(Hand::Code),
        2 => document().prop_map(Hand::Document),
        6 => (code(), document()).prop_map(|(code, document)| Hand::Both(code, document)),
        1 => select(Reason::ALL).prop_map(Hand::Refused),
    ]
}

fn answer() -> impl Strategy<Value = ListAnswer> {
    select(vec![
        ListAnswer::NotAsked,
        ListAnswer::Missing,
        ListAnswer::Damaged,
        ListAnswer::NotListed,
        ListAnswer::NotAnException,
        ListAnswer::Listed(Colour::Green),
        ListAnswer::Listed(Colour::Yellow),
        ListAnswer::Listed(Colour::Red),
        ListAnswer::Listed(Colour::Red),
    ])
}

prop_compose! {
    /// Every combination of facts; only that one person has one answer is kept.
    fn any_facts()(
        place in select(vec![PlaceKind::Station, PlaceKind::Hospital]),
        risk in select(RiskLevel::ALL),
        direction in select(Direction::ALL),
        now in prop_oneof![3 => Just(NOON), 1 => moment()],
        trust in select(ClockTrust::ALL),
        (of_code, of_document) in (answer(), answer()),
        list_as_of in prop::option::weighted(0.9, moment()),
        persons in select(vec![Persons::NotComparable, Persons::Same, Persons::Different]),
        revoked in prop_oneof![4 => Just(Revoked::No), 1 => Just(Revoked::Yes), 1 => Just(Revoked::Unknown)],
        uses in prop_oneof![Just(0), any::<u16>()],
        temperature in prop_oneof![3 => Just(Temperature::NotMeasured), 1 => select(Temperature::ALL)],
    ) -> Facts {
        Facts {
            place, risk, direction, uses, temperature, persons, revoked, of_document,
            time: TimeReading { time: at(now), trust },
            of_code: if persons == Persons::Same { of_document } else { of_code },
            list_as_of: list_as_of.map(at),
            too_old: false,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_person_whose_newest_proven_current_colour_is_red_never_passes_an_in_lane(
        hand in hand(), facts in any_facts(),
    ) {
        let facts = Facts { direction: Direction::In, ..facts };
        if words(&hand, &facts).contains(&Newest::Red) {
            prop_assert_eq!(hand.decide(&facts).opens(), Opens::No);
        }
    }

    #[test]
    fn nobody_passes_or_is_stopped_by_data_that_policy_calls_too_old(hand in hand(), facts in any_facts()) {
        let facts = Facts { direction: Direction::In, too_old: true, ..facts };
        let decision = hand.decide(&facts);
        prop_assert_eq!((decision.verdict(), decision.opens()), (Verdict::Assist, Opens::No));
    }

    #[test]
    fn nobody_else_is_stopped(hand in hand(), facts in any_facts()) {
        let decision = hand.decide(&facts);
        if !words(&hand, &facts).contains(&Newest::Red) {
            prop_assert_ne!(decision.verdict(), Verdict::Stop);
        }
    }

    #[test]
    fn an_old_red_alone_neither_stops_nor_passes(hand in hand(), facts in any_facts()) {
        if words(&hand, &facts) == [Newest::OldRed, Newest::Other] {
            prop_assert_eq!(hand.decide(&facts).verdict(), Verdict::Assist);
        }
    }

    #[test]
    fn the_same_is_decided_again_and_replayed_from_the_record(hand in hand(), facts in any_facts()) {
        let decision = hand.decide(&facts);
        prop_assert_eq!(hand.decide(&facts), decision);
        let policy = if facts.place == PlaceKind::Hospital { &*HOSPITAL } else { &*STATION };
        if let Some((case, row)) = decision.basis() {
            let recorded = Case::from_indices(case.indices()).unwrap();
            prop_assert_eq!(replay(&recorded, policy), decision);
            prop_assert_eq!(policy.decide(&recorded).unwrap().0, *row);
        } else if !matches!(hand, Hand::Refused(_)) {
            prop_assert_eq!(decision.verdict(), Verdict::Assist);
            prop_assert_ne!(decision.reason(), Reason::PolicyMissing, "a loaded policy covers every case");
        }
    }

    #[test]
    fn the_reason_has_the_letter_of_the_verdict_unless_it_was_handed_in(hand in hand(), facts in any_facts()) {
        let decision = hand.decide(&facts);
        if !matches!(hand, Hand::Refused(_)) {
            prop_assert_eq!(decision.reason().verdict(), decision.verdict());
        }
    }

    #[test]
    fn an_exit_lane_always_opens(hand in hand(), facts in any_facts()) {
        let out = Facts { direction: Direction::Out, ..facts };
        prop_assert_eq!(hand.decide(&out).opens(), Opens::Yes);
        prop_assert_eq!(decide(&hand.evidence(), &out, None).opens(), Opens::Yes);
        let within = Facts { direction: Direction::In, ..facts };
        prop_assert_eq!(hand.decide(&out).verdict(), hand.decide(&within).verdict());
    }

    #[test]
    fn an_in_lane_opens_for_pass_alone(hand in hand(), facts in any_facts()) {
        let within = Facts { direction: Direction::In, ..facts };
        let decision = hand.decide(&within);
        prop_assert_eq!(decision.opens() == Opens::Yes, decision.verdict() == Verdict::Pass);
        prop_assert_eq!(decide(&hand.evidence(), &within, None).opens(), Opens::No);
    }

    #[test]
    fn a_revoked_expired_or_foreign_thing_passes_nobody_alone(hand in hand(), facts in any_facts()) {
        if let Hand::Code(code) = &hand && good(code, &facts).is_none() {
            prop_assert_eq!(hand.decide(&facts).verdict(), Verdict::Assist);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn one_issuers_code_is_as_good_as_anothers(
        codes in codes(), clock in clock(), card in prop::option::of(document()), facts in any_facts(),
    ) {
        let hands = codes.iter().map(|code| {
            let code = code.prove(&clock).unwrap();
            card.map_or(Hand::Code(code.clone()), |card| Hand::Both(code, card))
        });
        let verdicts: Vec<Verdict> = hands.map(|hand| hand.decide(&facts).verdict()).collect();
        prop_assert!(verdicts.windows(2).all(|two| two[0] == two[1]), "{:?}", verdicts);
    }
}

#[test]
fn the_laws_meet_reds_of_every_kind() {
    // A law that no generated case falls under would hold for nothing.
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut red, mut old, mut two, mut passes) = (0, 0, 0, 0);
    for _ in 0..6000 {
        let (hand, facts) = (hand(), any_facts()).new_tree(&mut runner).unwrap().current();
        let words = words(&hand, &facts);
        red += usize::from(words.contains(&Newest::Red));
        old += usize::from(words == [Newest::OldRed, Newest::Other]);
        two += usize::from(words == [Newest::Red; 2]);
        passes += usize::from(hand.decide(&facts).verdict() == Verdict::Pass);
    }
    assert!(red > 200 && old > 20 && two > 2 && passes > 20, "{red} {old} {two} {passes}");
}

#[test]
fn the_currency_of_a_code_is_that_of_the_clock_that_proved_it() {
    let code = draft(By::Ours, crate::world::GREEN).prove(&clock_at(NOON + 1000)).unwrap();
    assert_eq!(code.currency(), Currency::Expired);
    let (issued, expires): (Timestamp, Timestamp) = (code.get().issued, code.get().expires);
    assert_eq!(clock_at(NOON).currency(issued, expires, Millis(0)), Currency::Current);
}
