//! The latch over the files that the kernel's trigger has, without its timer.

use super::*;

fn led(trigger: &str) -> (tempfile::TempDir, PulsedLatch) {
    let directory = tempfile::tempdir().unwrap();
    for (name, value) in [("trigger", trigger), ("activate", "1\n"), ("state", "0\n"), ("duration", "0\n")] {
        std::fs::write(directory.path().join(name), value).unwrap();
    }
    let (latch, _) = PulsedLatch::start(directory.path());
    (directory, latch)
}

fn said(directory: &tempfile::TempDir, name: &str) -> String {
    std::fs::read_to_string(directory.path().join(name)).unwrap().trim().to_owned()
}

fn put(directory: &tempfile::TempDir, name: &str, value: &str) {
    std::fs::write(directory.path().join(name), value).unwrap();
}

#[test]
fn an_opening_is_a_pulse_of_its_length_by_the_kernels_timer() {
    let (directory, mut latch) = led("none [transient] heartbeat\n");
    latch.open_for(Millis(5_000)).unwrap();
    let told = ["trigger", "activate", "state", "duration"].map(|name| said(&directory, name));
    assert_eq!(told, ["none [transient] heartbeat", "1", "1", "5000"]);
    latch.close().unwrap();
    assert_eq!(said(&directory, "activate"), "0");
}

#[test]
fn a_pulse_that_a_run_before_left_ends_at_the_start_and_a_running_one_when_the_latch_is_dropped() {
    let (directory, latch) = led("[transient]");
    assert_eq!(said(&directory, "activate"), "0");
    latch.open_for(Millis(5_000)).unwrap();
    drop(latch);
    assert_eq!(said(&directory, "activate"), "0");
}

#[test]
fn the_trigger_is_set_where_it_is_another_and_looking_at_it_changes_nothing() {
    let (directory, _latch) = led("[none] transient\n");
    assert_eq!(said(&directory, "trigger"), "transient");
    put(&directory, "trigger", "[none] transient\n");
    put(&directory, "activate", "1");
    assert!(trigger(directory.path()).is_ok());
    assert_eq!([said(&directory, "trigger"), said(&directory, "activate")], ["[none] transient", "1"]);
}

#[test]
fn a_running_pulse_is_prolonged_and_never_shortened() {
    let (directory, mut latch) = led("[transient]");
    latch.open_for(Millis(600_000)).unwrap();
    latch.open_for(Millis(1_000)).unwrap();
    latch.hold(Millis(1_000)).unwrap();
    assert_eq!(said(&directory, "duration"), "600000");
    latch.hold(Millis(1_800_000)).unwrap();
    assert_eq!(said(&directory, "duration"), "1800000");
}

#[test]
fn holding_does_nothing_to_a_closed_latch() {
    let (directory, mut latch) = led("[transient]");
    latch.hold(Millis(1_000)).unwrap();
    assert_eq!((said(&directory, "activate"), said(&directory, "duration")), ("0".into(), "0".into()));
    // Its time was over, or the kernel closed it.
    latch.open_for(Millis(10)).unwrap();
    put(&directory, "activate", "0");
    latch.hold(Millis(100_000)).unwrap();
    assert_eq!(said(&directory, "duration"), "10");
}

#[test]
fn no_check_is_pulses_of_seconds_begun_anew_when_half_has_passed_or_somebody_ended_one() {
    let (directory, latch) = led("[transient]");
    let stay = || latch.shared.pulses().keep_open(STAY_OPEN).unwrap();
    stay();
    assert_eq!([said(&directory, "activate"), said(&directory, "duration")], ["1", "10000"]);
    put(&directory, "duration", "marked");
    stay();
    assert_eq!(said(&directory, "duration"), "marked", "as long as half is left nothing is written");
    latch.shared.pulses().running = Some(Instant::now() + Duration::from_millis(4_000));
    stay();
    assert_eq!(said(&directory, "duration"), "10000");
    put(&directory, "activate", "0");
    stay();
    assert_eq!(said(&directory, "activate"), "1", "a latch that was shut meanwhile is opened again");
}

#[test]
fn fire_keeps_it_open_whoever_closes_it_and_its_end_closes_it() {
    let (directory, mut latch) = led("[transient]");
    let release = latch.fire_release();
    release.heed(Level::Active);
    latch.close().unwrap();
    assert_eq!([said(&directory, "activate"), said(&directory, "duration")], ["1", "10000"]);
    // The kernel's timer ended it: the next reading of the inputs begins it anew.
    put(&directory, "activate", "0");
    release.heed(Level::Active);
    assert_eq!(said(&directory, "activate"), "1");
    release.heed(Level::Inactive);
    assert_eq!(said(&directory, "activate"), "0");
}

#[test]
fn a_permit_outlives_the_fire_in_which_it_was_given() {
    let (directory, latch) = led("[transient]");
    let release = latch.fire_release();
    release.heed(Level::Active);
    latch.open_for(Millis(600_000)).unwrap();
    release.heed(Level::Inactive);
    assert_eq!(said(&directory, "activate"), "1");
    assert!(said(&directory, "duration").parse::<u64>().unwrap() > 500_000);
}

#[test]
fn a_latch_that_is_dropped_in_a_fire_stays_open_until_the_kernel_ends_its_pulse() {
    let (directory, latch) = led("[transient]");
    latch.fire_release().heed(Level::Active);
    drop(latch);
    assert_eq!([said(&directory, "activate"), said(&directory, "duration")], ["1", "10000"]);
}

#[test]
fn an_led_that_is_not_there_is_not_connected() {
    let (mut latch, why) = PulsedLatch::start(Path::new("/sys/class/leds/gate-no-such-latch"));
    assert_eq!(why, Err(NoTimer::ReachLed(DeviceFault::NotConnected)));
    assert_eq!(latch.open_for(Millis(1)), Err(DeviceFault::NotConnected));
    assert_eq!(latch.close(), Err(DeviceFault::NotConnected));
}

#[test]
fn a_latch_that_rests_is_told_that_it_is_shut_and_one_that_is_open_is_left_so() {
    let (directory, mut latch) = led("[transient]");
    put(&directory, "activate", "1");
    latch.health().unwrap();
    assert_eq!(said(&directory, "activate"), "0");
    latch.open_for(Millis(600_000)).unwrap();
    latch.health().unwrap();
    assert_eq!(said(&directory, "activate"), "1");
    std::fs::remove_file(directory.path().join("activate")).unwrap();
    assert_eq!(latch.health(), Err(DeviceFault::NotConnected));
    latch.shared.pulses().running = None;
    assert_eq!(latch.health(), Err(DeviceFault::NotConnected));
}

#[test]
fn an_led_that_something_else_switches_is_left_alone_and_one_without_a_trigger_is_taken() {
    let (directory, mut latch) = led("none transient [heartbeat]\n");
    let why = PulsedLatch::start(directory.path()).1;
    assert_eq!(why, Err(NoTimer::OwnLed("heartbeat".into())));
    assert!(why.unwrap_err().to_string().contains("linux,default-trigger"), "and what to do");
    let refused = Err(DeviceFault::Refusing);
    assert_eq!([latch.open_for(Millis(5_000)), latch.health()], [refused; 2]);
    assert_eq!(said(&directory, "trigger"), "none transient [heartbeat]");
    assert_eq!(PulsedLatch::start(led("[none] transient").0.path()).1, Ok(()));
    assert_eq!(PulsedLatch::start(led("[none] timer").0.path()).1, Err(NoTimer::FindTransient));
}
