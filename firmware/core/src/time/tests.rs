use super::*;
use proptest::prelude::*;

/// 2026-11-21 12:00 in UTC+8.
const NOON: u64 = 1_795_233_600;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn at(unix: u64) -> Timestamp {
    Timestamp::from_unix(unix).unwrap()
}

fn seconds(s: u64) -> Millis {
    Millis(s * 1000)
}

fn person(number: u8) -> Subject {
    Subject::from_bytes([number; 12])
}

fn healthy(time: u64) -> Option<RtcReading> {
    Some(RtcReading { time: at(time), health: RtcHealth::Healthy, set_from: ClockTrust::Confirmed })
}

/// A clock that a healthy RTC confirmed at `time`; its floor is a day before.
fn confirmed(time: u64) -> TrustedTime {
    TrustedTime::at_boot(at(time - DAY), healthy(time), Millis(0))
}

fn unconfirmed(floor: u64) -> TrustedTime {
    TrustedTime::at_boot(at(floor), None, Millis(0))
}

fn trust(clock: &TrustedTime, mono: Millis) -> ClockTrust {
    clock.now(mono).trust
}

/// Shows a screen code of 15 minutes as the passage does: where it stands is asked first, then it bears witness.
fn show(clock: &mut TrustedTime, who: u8, issued: u64, mono: Millis) -> Currency {
    let (issued, expires) = (at(issued), at(issued + 900));
    clock.witness(person(who), issued, clock.currency(issued, expires, mono), mono);
    clock.currency(issued, expires, mono)
}

#[test]
fn only_a_healthy_rtc_set_from_a_confirmed_clock_and_not_below_the_floor_confirms_at_boot() {
    use ClockTrust::{Confirmed, Unconfirmed};
    use RtcHealth::{Healthy, Suspect};
    for (time, health, set_from, expected) in [
        (NOON, Healthy, Confirmed, Confirmed),
        (NOON + DAY, Healthy, Confirmed, Confirmed),
        (NOON - 1, Healthy, Confirmed, Unconfirmed),
        (0, Healthy, Confirmed, Unconfirmed),
        (NOON + DAY, Suspect, Confirmed, Unconfirmed),
        (NOON + DAY, Healthy, Unconfirmed, Unconfirmed),
        (NOON + DAY, Suspect, Unconfirmed, Unconfirmed),
    ] {
        let rtc = RtcReading { time: at(time), health, set_from };
        let clock = TrustedTime::at_boot(at(NOON), Some(rtc), Millis(77));
        let shown = if expected == Confirmed { time } else { NOON };
        let now = TimeReading { time: at(shown), trust: expected };
        assert_eq!(clock.now(Millis(77)), now, "{rtc:?}");
    }
    assert_eq!(trust(&unconfirmed(NOON), Millis(0)), Unconfirmed, "no RTC at all");
}

#[test]
fn time_passes_with_the_monotonic_clock_alone() {
    let clock = confirmed(NOON);
    assert_eq!(clock.now(Millis(61_999)).time, at(NOON + 61));
    assert_eq!(clock.floor(Millis(61_999)), at(NOON - DAY + 61));
    assert_eq!(
        unconfirmed(NOON).now(seconds(DAY)).time,
        at(NOON + DAY),
        "an unconfirmed clock shows its floor"
    );
}

#[test]
fn a_code_is_current_from_two_minutes_before_its_issue_to_the_second_before_its_expiry() {
    let clock = confirmed(NOON);
    let current = |issued: u64| clock.currency(at(issued), at(issued + 900), Millis(0));
    for (issued, expected) in [
        (NOON - 901, Currency::Expired),
        (NOON - 900, Currency::Expired),
        (NOON - 899, Currency::Current),
        (NOON, Currency::Current),
        (NOON + 60, Currency::Current),
        (NOON + 120, Currency::Current),
        (NOON + 121, Currency::Ahead),
        (NOON + 180, Currency::Ahead),
    ] {
        assert_eq!(current(issued), expected, "issued {} s from now", issued as i64 - NOON as i64);
    }
}

#[test]
fn an_unconfirmed_clock_takes_long_lived_credentials_and_no_short_lived_one() {
    let clock = unconfirmed(NOON);
    let stands = |issued: u64, life: u64| clock.currency(at(issued), at(issued + life), Millis(0));
    assert_eq!(stands(NOON, 900), Currency::Unknown);
    assert_eq!(stands(NOON, DAY), Currency::Unknown);
    assert_eq!(stands(NOON, DAY + 1), Currency::Current);
    assert_eq!(stands(NOON + 5 * DAY, 30 * DAY), Currency::Current, "the floor may lie far behind");
    assert_eq!(stands(NOON - 31 * DAY, 30 * DAY), Currency::Unknown, "outlived, but never called expired");
}

#[test]
fn three_agreeing_codes_of_different_people_confirm_the_clock() {
    let mut clock = unconfirmed(NOON - DAY);
    assert_eq!(show(&mut clock, 1, NOON, Millis(0)), Currency::Unknown);
    assert_eq!(show(&mut clock, 2, NOON + 60, Millis(0)), Currency::Unknown);
    assert_eq!(show(&mut clock, 3, NOON + 120, Millis(0)), Currency::Current);
    assert_eq!(clock.now(Millis(0)), TimeReading { time: at(NOON + 120), trust: ClockTrust::Confirmed });
}

#[test]
fn what_does_not_confirm_a_clock() {
    for (rule, codes) in [
        ("two codes", &[(1, NOON), (2, NOON)][..]),
        ("one person three times", &[(1, NOON), (1, NOON + 1), (1, NOON + 2)]),
        ("two people, one of them twice", &[(1, NOON), (2, NOON), (1, NOON + 1)]),
        ("121 s apart", &[(1, NOON), (2, NOON + 60), (3, NOON + 121)]),
        (
            "one of the three a second below the floor",
            &[(1, NOON - HOUR), (2, NOON - HOUR + 1), (3, NOON - HOUR - 1)],
        ),
        ("all below the floor", &[(1, NOON - 2 * DAY), (2, NOON - 2 * DAY), (3, NOON - 2 * DAY)]),
        ("1970", &[(1, 0), (2, 0), (3, 0)]),
    ] {
        let mut clock = unconfirmed(NOON - HOUR);
        for &(who, issued) in codes {
            assert_eq!(show(&mut clock, who, issued, Millis(0)), Currency::Unknown, "{rule}");
        }
        assert_eq!(trust(&clock, Millis(0)), ClockTrust::Unconfirmed, "{rule}");
    }
}

#[test]
fn three_codes_at_the_floor_confirm() {
    let mut clock = unconfirmed(NOON);
    for who in 1..=3 {
        show(&mut clock, who, NOON, Millis(0));
    }
    assert_eq!(trust(&clock, Millis(0)), ClockTrust::Confirmed);
}

#[test]
fn in_a_quiet_lane_codes_agree_by_the_time_they_give_now() {
    let mut clock = unconfirmed(NOON - DAY);
    show(&mut clock, 1, NOON, seconds(0));
    show(&mut clock, 2, NOON + 10 * 60, seconds(10 * 60));
    assert_eq!(show(&mut clock, 3, NOON + 20 * 60, seconds(20 * 60)), Currency::Current);
    assert_eq!(clock.now(seconds(20 * 60)).time, at(NOON + 20 * 60));
}

#[test]
fn screenshots_of_one_moment_shown_minutes_apart_do_not_agree() {
    let mut clock = unconfirmed(NOON - DAY);
    for (who, minute) in [(1, 0), (2, 5), (3, 10)] {
        show(&mut clock, who, NOON, seconds(minute * 60));
    }
    assert_eq!(trust(&clock, seconds(600)), ClockTrust::Unconfirmed);
}

#[test]
fn a_persons_newer_code_counts_in_place_of_the_older() {
    let mut clock = unconfirmed(NOON - DAY);
    show(&mut clock, 1, NOON - 10 * 60, Millis(0));
    show(&mut clock, 2, NOON, Millis(0));
    show(&mut clock, 1, NOON, Millis(0));
    show(&mut clock, 3, NOON, Millis(0));
    assert_eq!(trust(&clock, Millis(0)), ClockTrust::Confirmed);
}

#[test]
fn an_older_screenshot_of_a_person_does_not_replace_their_newer_code() {
    let mut clock = unconfirmed(NOON - DAY);
    for (who, issued) in [(1, NOON), (1, NOON - HOUR), (2, NOON), (3, NOON)] {
        show(&mut clock, who, issued, Millis(0));
    }
    assert_eq!(trust(&clock, Millis(0)), ClockTrust::Confirmed);
}

#[test]
fn any_order_of_the_same_witnesses_gives_the_same_time() {
    let codes = [(1, NOON), (2, NOON + 50), (3, NOON + 110)];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut clock = unconfirmed(NOON - DAY);
        for index in order {
            let (who, issued): (u8, u64) = codes[index];
            show(&mut clock, who, issued, Millis(0));
        }
        assert_eq!(clock.now(Millis(0)).time, at(NOON + 110), "{order:?}");
    }
}

#[test]
fn the_third_code_in_a_row_that_contradicts_shakes_a_clock_that_is_a_day_ahead() {
    let mut clock = confirmed(NOON + DAY);
    assert_eq!(show(&mut clock, 1, NOON, Millis(0)), Currency::Expired);
    assert_eq!(show(&mut clock, 2, NOON, Millis(0)), Currency::Expired);
    assert_eq!(show(&mut clock, 3, NOON, Millis(0)), Currency::Unknown);
    assert_eq!(trust(&clock, Millis(0)), ClockTrust::Unconfirmed);
}

#[test]
fn who_shook_a_clock_does_not_also_set_it() {
    let mut clock = confirmed(NOON);
    let old = NOON - 7_200;
    (1..=3).for_each(|who| {
        show(&mut clock, who, old, Millis(0));
    });
    assert_eq!(trust(&clock, Millis(0)), ClockTrust::Unconfirmed);
    (1..=3).for_each(|who| {
        show(&mut clock, who, old, Millis(0));
    });
    assert_eq!(trust(&clock, Millis(0)), ClockTrust::Unconfirmed, "three screenshots set no clock");
    (4..=6).for_each(|who| {
        show(&mut clock, who, NOON, Millis(0));
    });
    assert_eq!(trust(&clock, Millis(0)), ClockTrust::Confirmed);
}

#[test]
fn a_clock_set_back_is_shaken_by_three_codes_from_ahead() {
    let mut clock = TrustedTime::at_boot(at(NOON - 40 * DAY), healthy(NOON - 30 * DAY), Millis(0));
    for (who, expected) in [(1, Currency::Ahead), (2, Currency::Ahead), (3, Currency::Unknown)] {
        assert_eq!(show(&mut clock, who, NOON, Millis(0)), expected);
    }
}

#[test]
fn what_does_not_shake_a_confirmed_clock() {
    let old = NOON - 2 * HOUR;
    for (rule, codes) in [
        ("two contradicting codes", &[(1, old), (2, old)][..]),
        ("codes that contradict each other too", &[(1, old), (2, old + 60), (3, old + 121)]),
        ("a fitting code in between", &[(1, old), (2, old), (4, NOON), (3, old)]),
        ("a fitting code in between, then two", &[(1, old), (2, old), (4, NOON), (3, old), (1, old)]),
        ("fitting codes", &[(1, NOON), (2, NOON), (3, NOON)]),
    ] {
        let mut clock = confirmed(NOON);
        for &(who, issued) in codes {
            show(&mut clock, who, issued, Millis(0));
        }
        assert_eq!(clock.now(Millis(0)).time, at(NOON), "{rule}");
        assert_eq!(trust(&clock, Millis(0)), ClockTrust::Confirmed, "{rule}");
    }
}

#[test]
fn many_old_screenshots_of_one_person_neither_shake_nor_confirm_a_clock() {
    let (mut sure, mut unsure) = (confirmed(NOON), unconfirmed(NOON - DAY));
    for n in 0..200 {
        show(&mut sure, 1, NOON - HOUR + n % 60, Millis(n));
        show(&mut unsure, 1, NOON - HOUR + n % 60, Millis(n));
    }
    assert_eq!(trust(&sure, Millis(200)), ClockTrust::Confirmed);
    assert_eq!(trust(&unsure, Millis(200)), ClockTrust::Unconfirmed);
}

#[test]
fn one_persons_old_screenshots_do_not_keep_a_clock_unconfirmed() {
    let mut clock = unconfirmed(NOON - DAY);
    for who in 2..=6 {
        show(&mut clock, 1, NOON - 5 * HOUR, Millis(0));
        show(&mut clock, who, NOON, Millis(0));
    }
    assert_eq!(trust(&clock, Millis(0)), ClockTrust::Confirmed);
}

#[test]
fn a_jump_of_more_than_two_minutes_against_the_monotonic_clock_is_a_doubt() {
    for (wall, expected) in [
        (NOON + 60, ClockTrust::Confirmed),
        (NOON + 60 + 120, ClockTrust::Confirmed),
        (NOON + 60 + 121, ClockTrust::Unconfirmed),
        (NOON + 60 - 120, ClockTrust::Confirmed),
        (NOON + 60 - 121, ClockTrust::Unconfirmed),
        (0, ClockTrust::Unconfirmed),
    ] {
        let mut clock = confirmed(NOON);
        clock.compare(at(wall), seconds(60));
        assert_eq!(trust(&clock, seconds(60)), expected, "{wall}");
    }
    let mut unsure = unconfirmed(NOON - DAY);
    unsure.compare(at(NOON), Millis(0));
    assert_eq!(trust(&unsure, Millis(0)), ClockTrust::Unconfirmed, "the system's clock confirms nothing");
}

#[test]
fn data_from_more_than_ten_minutes_after_a_confirmed_clock_is_refused_and_moves_nothing() {
    let mut clock = confirmed(NOON);
    assert_eq!(
        clock.raise_floor(at(NOON + 601), Timestamp::MAX, Millis(0)),
        Err(FromTheFuture { ahead_s: 601 })
    );
    assert_eq!(clock.floor(Millis(0)), at(NOON - DAY));
    assert_eq!(clock.now(Millis(0)), TimeReading { time: at(NOON), trust: ClockTrust::Confirmed });
    assert_eq!(clock.raise_floor(at(NOON + 600), Timestamp::MAX, Millis(0)), Ok(()));
    assert_eq!(clock.floor(Millis(0)), at(NOON + 600));
}

#[test]
fn an_unconfirmed_clock_takes_data_of_any_time() {
    let mut clock = unconfirmed(0);
    assert_eq!(clock.raise_floor(at(NOON), Timestamp::MAX, Millis(0)), Ok(()));
    assert_eq!(clock.now(Millis(0)), TimeReading { time: at(NOON), trust: ClockTrust::Unconfirmed });
}

#[test]
fn the_floor_never_rises_above_the_end_of_the_root_in_force() {
    let mut clock = unconfirmed(NOON);
    clock.raise_floor(at(NOON + 90 * DAY), at(NOON + DAY), Millis(0)).unwrap();
    assert_eq!(clock.floor(Millis(0)), at(NOON + DAY));
    clock.raise_floor(at(NOON + 90 * DAY), at(NOON - DAY), Millis(0)).unwrap();
    assert_eq!(clock.floor(Millis(0)), at(NOON + DAY), "a root that ended does not lower it");
}

#[test]
fn a_floor_above_the_confirmed_time_by_less_than_ten_minutes_leaves_the_clock_confirmed() {
    let mut clock = confirmed(NOON);
    clock.raise_floor(at(NOON + 599), Timestamp::MAX, Millis(0)).unwrap();
    assert_eq!(trust(&clock, Millis(0)), ClockTrust::Confirmed);
    clock.raise_floor(at(NOON), Timestamp::MAX, seconds(HOUR)).unwrap();
    assert_eq!(trust(&clock, seconds(HOUR)), ClockTrust::Confirmed);
}

#[derive(Clone, Debug)]
enum Event {
    Data(u64, u64),
    Code(u8, u64),
    Wall(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let time = prop_oneof![0..2 * NOON, NOON - 1000..NOON + 1000];
    prop_oneof![
        (time.clone(), time.clone()).prop_map(|(issued, ceiling)| Event::Data(issued, ceiling)),
        (0_u8..5, time.clone()).prop_map(|(who, issued)| Event::Code(who, issued)),
        time.prop_map(Event::Wall),
    ]
}

fn clock() -> impl Strategy<Value = TrustedTime> {
    (NOON - DAY..NOON + DAY, proptest::option::of(NOON - DAY..NOON + DAY))
        .prop_map(|(floor, rtc)| TrustedTime::at_boot(at(floor), rtc.and_then(healthy), Millis(0)))
}

proptest! {
    #[test]
    fn the_floor_never_falls_and_only_signed_data_and_elapsed_time_raise_it(
        mut clock in clock(),
        events in proptest::collection::vec((event(), 0_u64..600), 0..40),
    ) {
        let mut mono = Millis(0);
        for (event, passed) in events {
            let elapsed = mono.plus(passed * 1000);
            let before = clock.floor(elapsed);
            mono = elapsed;
            let highest = match event {
                Event::Data(issued, ceiling) => {
                    let _ = clock.raise_floor(at(issued), at(ceiling), mono);
                    before.max(at(issued).min(at(ceiling)))
                }
                Event::Code(who, issued) => { show(&mut clock, who, issued, mono); before }
                Event::Wall(wall) => { clock.compare(at(wall), mono); before }
            };
            prop_assert!(clock.floor(mono) >= before);
            prop_assert!(clock.floor(mono) <= highest);
        }
    }

    #[test]
    fn an_unconfirmed_clock_never_says_expired_nor_ahead_and_passes_nothing_short_lived(
        floor in 0..2 * NOON, issued in 0..2 * NOON, life in 1..100 * DAY, mono in 0..100 * DAY,
    ) {
        let stands = unconfirmed(floor).currency(at(issued), at(issued + life), seconds(mono));
        prop_assert!(matches!(stands, Currency::Current | Currency::Unknown));
        prop_assert!(life > DAY || stands == Currency::Unknown);
    }
}

#[test]
fn a_clock_that_cannot_be_set_is_no_new_doubt_but_its_next_jump_is() {
    let mut clock = TrustedTime::at_boot(at(NOON), None, Millis(0));
    clock.confirm(at(NOON + 60), Millis(0));
    clock.wall_stays_wrong(at(0), Millis(0));
    clock.compare(at(5), seconds(5));
    assert_eq!(clock.now(seconds(5)).trust, ClockTrust::Confirmed);
    clock.compare(at(1_000), seconds(6));
    assert_eq!(clock.now(seconds(6)).trust, ClockTrust::Unconfirmed);
}
