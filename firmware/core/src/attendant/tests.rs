use super::*;

extern crate std;

use Key::{Accept, Back, Companion, Digit, Emergency, Letter, Logout, Ok as Confirm, Temperature};

fn before(verdict: Option<Verdict>, place: PlaceKind) -> Situation {
    Situation { verdict, reason: None, place }
}

fn station(verdict: Verdict) -> Situation {
    before(Some(verdict), PlaceKind::Station)
}

/// Presses the keys on a closed panel and gives what each came to.
fn pressed<const N: usize>(keys: [Key; N], situation: Situation) -> [Pressed; N] {
    let mut panel = Panel::default();
    keys.map(|key| panel.press(key, situation))
}

fn last<const N: usize>(keys: [Key; N], situation: Situation) -> Pressed {
    pressed(keys, situation)[N - 1].clone()
}

/// Every opening that at most `presses` keys can reach from a closed panel, with the number of presses it takes.
fn openings(presses: usize, situation: Situation) -> std::vec::Vec<(usize, Act)> {
    let keys = (0..10).map(Digit).chain([Confirm, Accept, Companion, Emergency, Key::Document, Temperature]);
    let keys: std::vec::Vec<Key> = keys.collect();
    let mut found = std::vec![];
    let mut paths: std::vec::Vec<std::vec::Vec<Key>> = std::vec![std::vec![]];
    for length in 1..=presses {
        let mut longer = std::vec![];
        for path in &paths {
            for &key in &keys {
                let mut panel = Panel::default();
                path.iter().for_each(|&key| drop(panel.press(key, situation)));
                match panel.press(key, situation) {
                    Pressed::Open(act) => found.push((length, act)),
                    _ => longer.push(path.iter().copied().chain([key]).collect()),
                }
            }
        }
        paths = longer;
    }
    found
}

#[test]
fn after_assist_every_proof_opens_within_three_presses() {
    for verdict in [Some(Verdict::Assist), Some(Verdict::Pass), None] {
        let found = openings(3, before(verdict, PlaceKind::Station));
        for act in Act::PROOFS.into_iter().chain([Act::Companion, Act::Override(Cause::Emergency)]) {
            assert!(found.iter().any(|(_, opened)| *opened == act), "{act:?} after {verdict:?}");
        }
    }
}

#[test]
fn the_digit_names_the_proof_that_was_seen() {
    for (digit, act) in [
        (1, Act::PaperCertificate),
        (2, Act::TestReport),
        (3, Act::TravelCardSeen),
        (4, Act::PhonePageSeen),
        (5, Act::DocumentRegistered),
        (6, Act::HealthDeclaration),
    ] {
        let [asked, opened] = pressed([Accept, Digit(digit)], station(Verdict::Assist));
        assert_eq!((asked, opened), (Pressed::Step(StaffStep::ChooseProof), Pressed::Open(act)));
    }
}

#[test]
fn against_red_and_yellow_nothing_opens_without_a_cause_and_a_second_step() {
    for verdict in [Verdict::Stop, Verdict::Limit] {
        let found = openings(3, station(verdict));
        assert!(
            found.iter().all(|(presses, act)| matches!(act, Act::Override(_)) && *presses >= 2),
            "{found:?}"
        );
        for cause in Cause::ALL {
            assert!(found.iter().any(|(_, act)| *act == Act::Override(cause)), "{cause:?} after {verdict:?}");
        }
    }
}

#[test]
fn a_cause_is_chosen_and_then_confirmed() {
    for (digit, cause) in [
        (1, Cause::MedicalVisit),
        (2, Cause::Emergency),
        (3, Cause::PoliceOrDiseaseControl),
        (4, Cause::MisjudgedVerified),
        (5, Cause::Evacuation),
    ] {
        let steps = pressed([Accept, Digit(digit), Confirm], station(Verdict::Stop));
        assert_eq!(
            steps,
            [
                Pressed::Step(StaffStep::ChooseCause),
                Pressed::Step(StaffStep::ConfirmOpening),
                Pressed::Open(Act::Override(cause)),
            ]
        );
    }
    for unconfirmed in [Digit(1), Accept, Emergency, Companion, Letter(b'A')] {
        let steps = last([Accept, Digit(1), unconfirmed], station(Verdict::Stop));
        assert_eq!(steps, Pressed::Step(StaffStep::ConfirmOpening), "{unconfirmed:?}");
    }
}

#[test]
fn a_red_that_arrives_while_the_proofs_are_shown_still_needs_a_cause() {
    for verdict in [Verdict::Stop, Verdict::Limit] {
        let mut panel = Panel::default();
        panel.press(Accept, station(Verdict::Assist));
        assert_eq!(panel.press(Digit(1), station(verdict)), Pressed::Step(StaffStep::ChooseCause));
        panel.press(Digit(4), station(verdict));
        let opened = panel.press(Confirm, station(verdict));
        assert_eq!(opened, Pressed::Open(Act::Override(Cause::MisjudgedVerified)));
    }
}

#[test]
fn emergency_is_one_press_in_a_hospital_and_two_at_a_station() {
    for verdict in [Verdict::Assist, Verdict::Limit, Verdict::Stop] {
        let opened = Pressed::Open(Act::Override(Cause::Emergency));
        assert_eq!(last([Emergency], before(Some(verdict), PlaceKind::Hospital)), opened);
        assert_eq!(
            pressed([Emergency, Confirm], station(verdict)),
            [Pressed::Step(StaffStep::ConfirmOpening), opened]
        );
    }
}

#[test]
fn a_companion_without_evidence_is_one_press_and_one_with_red_needs_a_cause() {
    assert_eq!(last([Companion], station(Verdict::Assist)), Pressed::Open(Act::Companion));
    assert_eq!(last([Companion], station(Verdict::Pass)), Pressed::Open(Act::Companion));
    assert_eq!(last([Companion], station(Verdict::Stop)), Pressed::Step(StaffStep::ChooseCause));
}

#[test]
fn after_an_opening_the_panel_is_closed_again() {
    let mut panel = Panel::default();
    let assist = station(Verdict::Assist);
    panel.press(Accept, assist);
    panel.press(Digit(1), assist);
    assert_eq!(panel.press(Digit(1), assist), Pressed::Nothing);
    let steps = pressed([Accept, Digit(1), Confirm, Confirm], station(Verdict::Stop));
    assert_eq!(steps[3], Pressed::Step(StaffStep::Menu), "a cause opens once");
}

#[test]
fn back_closes_whatever_is_shown() {
    let at_a_menu: [&[Key]; 6] = [
        &[Accept],
        &[Emergency],
        &[Key::Document],
        &[Key::Document, Digit(1)],
        &[Key::Document, Digit(1), Letter(b'E')],
        &[Temperature, Digit(3)],
    ];
    for keys in at_a_menu {
        let mut panel = Panel::default();
        keys.iter().for_each(|&key| drop(panel.press(key, station(Verdict::Assist))));
        assert_eq!(panel.press(Back, station(Verdict::Assist)), Pressed::Closed, "{keys:?}");
        assert_eq!(panel.press(Digit(1), station(Verdict::Assist)), Pressed::Nothing, "{keys:?}");
    }
}

#[test]
fn keys_without_a_meaning_do_nothing() {
    for key in [Digit(1), Letter(b'A')] {
        assert_eq!(last([key], station(Verdict::Stop)), Pressed::Nothing);
    }
    for digit in [0, 7, 8, 9] {
        let shown = last([Accept, Digit(digit)], station(Verdict::Assist));
        assert_eq!(shown, Pressed::Step(StaffStep::ChooseProof), "no proof has the digit {digit}");
    }
    for digit in [0, 6, 9] {
        let shown = last([Accept, Digit(digit)], station(Verdict::Stop));
        assert_eq!(shown, Pressed::Step(StaffStep::ChooseCause), "no cause has the digit {digit}");
    }
}

#[test]
fn a_digit_of_the_menu_is_the_key_that_it_stands_for() {
    assert_eq!(last([Confirm], station(Verdict::Assist)), Pressed::Step(StaffStep::Menu));
    for (digit, key) in (1..).zip(MENU) {
        let (by_menu, by_key) = ([Confirm, Digit(digit)], [key]);
        for verdict in [Verdict::Stop, Verdict::Assist] {
            assert_eq!(last(by_menu, station(verdict)), last(by_key, station(verdict)), "{key:?}");
        }
        let mut panel = Panel::default();
        panel.press(Confirm, station(Verdict::Assist));
        assert_eq!(panel.meaning(Digit(digit)), key, "asked before it is pressed");
    }
    assert_eq!(last([Confirm, Digit(9)], station(Verdict::Stop)), Pressed::Nothing);
    assert_eq!(last([Confirm, Back], station(Verdict::Stop)), Pressed::Closed);
}

#[test]
fn the_last_words_can_be_said_again() {
    assert_eq!(last([Key::SayAgain], station(Verdict::Assist)), Pressed::SayAgain);
}

#[test]
fn logout_ends_the_session() {
    assert_eq!(last([Logout], before(None, PlaceKind::Station)), Pressed::Logout);
}

/// Types a document of the kind with this digit.
fn typed(kind: u8, number: &str) -> Pressed {
    let mut panel = Panel::default();
    let none = before(None, PlaceKind::Station);
    panel.press(Key::Document, none);
    panel.press(Digit(kind), none);
    for c in number.bytes() {
        let key = if c.is_ascii_digit() { Digit(c - b'0') } else { Letter(c) };
        panel.press(key, none);
    }
    panel.press(Confirm, none)
}

#[test]
fn the_five_typed_documents_are_looked_up() {
    for (digit, kind, number) in [
        (1, DocumentKind::Passport, "E12345678"),
        (2, DocumentKind::HmtTravelPermit, "H12345678"),
        (3, DocumentKind::TaiwanTravelPermit, "12345678"),
        (4, DocumentKind::TemporaryId, "51010019900307109X"),
        (5, DocumentKind::HouseholdRegister, "51010019900307109X"),
    ] {
        let number = if number.len() == 18 { with_check_digit(&number[..17]) } else { number.into() };
        let expected = Document::parse(kind, &number).unwrap();
        assert_eq!(typed(digit, &number), Pressed::LookUp(expected), "{kind:?}");
    }
}

/// GB 11643: weights 2^(18-i) mod 11, check characters 10X98765432.
fn with_check_digit(first_17: &str) -> std::string::String {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 =
        first_17.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    std::format!("{first_17}{}", char::from(b"10X98765432"[(sum % 11) as usize]))
}

#[test]
fn a_wrong_number_says_so_and_is_typed_again() {
    let good = with_check_digit("51010019900307109");
    let last_digit = if good.ends_with('5') { '6' } else { '5' };
    let wrong = std::format!("{}{last_digit}", &good[..17]);
    assert_eq!(typed(4, &wrong), Pressed::Step(StaffStep::NumberWrong));
    assert_eq!(typed(1, ""), Pressed::Step(StaffStep::NumberWrong));
    let none = before(None, PlaceKind::Station);
    let steps = pressed([Key::Document, Digit(1), Digit(1), Confirm, Letter(b'E')], none);
    assert_eq!(
        steps[3..],
        [Pressed::Step(StaffStep::NumberWrong), Pressed::Step(StaffStep::TypeNumber { typed: 1 })]
    );
}

#[test]
fn a_nineteenth_character_is_not_taken() {
    let none = before(None, PlaceKind::Station);
    let mut panel = Panel::default();
    panel.press(Key::Document, none);
    assert_eq!(panel.press(Digit(4), none), Pressed::Step(StaffStep::TypeNumber { typed: 0 }));
    let number = with_check_digit("51010019900307109");
    let mut shown = Pressed::Nothing;
    for c in number.bytes().chain(*b"0") {
        let key = if c.is_ascii_digit() { Digit(c - b'0') } else { Letter(c) };
        shown = panel.press(key, none);
    }
    assert_eq!(shown, Pressed::Step(StaffStep::TypeNumber { typed: 18 }));
    assert!(matches!(panel.press(Confirm, none), Pressed::LookUp(_)));
}

#[test]
fn keys_that_are_no_character_of_a_number_are_not_taken() {
    let none = before(None, PlaceKind::Station);
    for key in [Digit(10), Digit(255), Letter(b'a'), Letter(b'*'), Letter(0xFF), Accept, Emergency] {
        let shown = last([Key::Document, Digit(1), key], none);
        assert_eq!(shown, Pressed::Step(StaffStep::TypeNumber { typed: 0 }), "{key:?}");
    }
}

#[test]
fn a_second_reading_has_three_digits_in_tenths_of_a_degree() {
    let assist = station(Verdict::Assist);
    let steps = pressed([Temperature, Digit(3), Digit(6), Confirm, Digit(8), Digit(9), Confirm], assist);
    assert_eq!(steps[3], Pressed::Step(StaffStep::TypeTemperature { typed: 2 }), "two digits are no reading");
    assert_eq!(steps[5], Pressed::Step(StaffStep::TypeTemperature { typed: 3 }), "a fourth is not taken");
    assert_eq!(steps[6], Pressed::SecondReading(368));
}

#[test]
fn each_act_has_its_own_code_in_the_record() {
    let overrides = Cause::ALL.map(Act::Override);
    let acts: std::vec::Vec<Act> = Act::PROOFS.into_iter().chain([Act::Companion]).chain(overrides).collect();
    for (i, act) in acts.iter().enumerate() {
        assert!(act.code() != 0 && acts[..i].iter().all(|other| other.code() != act.code()), "{act:?}");
    }
}

#[test]
fn where_the_reason_leaves_one_thing_accept_alone_opens() {
    for (reason, act) in
        [(Reason::DocumentExpired, Act::DocumentRegistered), (Reason::PlatformUnsigned, Act::PhonePageSeen)]
    {
        let situation = Situation { reason: Some(reason), ..station(Verdict::Assist) };
        assert_eq!(Panel::default().press(Accept, situation), Pressed::Open(act));
    }
    let red = Situation { reason: Some(Reason::DocumentExpired), ..station(Verdict::Stop) };
    assert_eq!(Panel::default().press(Accept, red), Pressed::Step(StaffStep::ChooseCause));
}

#[test]
fn in_a_hospital_nothing_open_on_the_panel_delays_an_emergency() {
    let hospital = before(Some(Verdict::Stop), PlaceKind::Hospital);
    let mut panel = Panel::default();
    panel.press(Key::Document, hospital);
    assert_eq!(panel.press(Emergency, hospital), Pressed::Open(Act::Override(Cause::Emergency)));
}

#[test]
fn a_reading_no_living_person_has_is_asked_for_again() {
    let mut panel = Panel::default();
    let situation = station(Verdict::Assist);
    panel.press(Temperature, situation);
    (0..3).for_each(|_| drop(panel.press(Digit(0), situation)));
    assert_eq!(panel.press(Confirm, situation), Pressed::Step(StaffStep::NumberWrong));
}
