//! The latch over a line that records what it was told.

use super::*;

/// What the line was told, and whether it takes it.
#[derive(Clone, Default)]
struct Recorded(Arc<(Mutex<Tape>, Condvar)>);

#[derive(Default)]
struct Tape {
    told: Vec<Level>,
    broken: bool,
}

impl Output for Recorded {
    fn set(&mut self, level: Level) -> Result<(), DeviceFault> {
        let mut tape = self.0.0.lock().unwrap();
        if tape.broken {
            return Err(DeviceFault::NotConnected);
        }
        tape.told.push(level);
        self.0.1.notify_all();
        Ok(())
    }
}

impl Recorded {
    /// Waits until it was told this much: the timer is a thread.
    fn wait_for(&self, expected: &[Level]) {
        let tape = self.0.0.lock().unwrap();
        let most = Duration::from_secs(60);
        let (tape, _) =
            self.0.1.wait_timeout_while(tape, most, |tape| tape.told.len() < expected.len()).unwrap();
        assert_eq!(tape.told, expected);
    }

    fn break_it(&self, broken: bool) {
        self.0.0.lock().unwrap().broken = broken;
    }
}

const OPEN: Level = Level::Active;
const SHUT: Level = Level::Inactive;

/// A latch that tells its line nothing twice while a test lasts.
fn quiet<L: Output + 'static>(line: L) -> std::io::Result<TimedLatch<L>> {
    TimedLatch::start_telling(line, Duration::from_secs(600))
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn it_is_open_for_the_time_that_was_given_and_not_a_moment_longer() {
    let mut timer = Timer::closed();
    assert_eq!(timer.level(ms(0)), SHUT);
    timer.open(ms(100), Millis(5_000));
    assert_eq!((timer.level(ms(100)), timer.level(ms(5_099)), timer.level(ms(5_100))), (OPEN, OPEN, SHUT));
    assert_eq!((timer.closes_in(ms(5_000)), timer.closes_in(ms(6_000))), (Some(ms(100)), None));
}

#[test]
fn a_second_permit_prolongs_and_never_shortens() {
    let mut timer = Timer::closed();
    timer.open(ms(0), Millis(5_000));
    timer.open(ms(1_000), Millis(1_000));
    assert_eq!(timer.level(ms(4_999)), OPEN);
}

#[test]
fn holding_does_nothing_to_a_closed_latch() {
    let mut timer = Timer::closed();
    timer.hold(ms(0), Millis(1_000));
    assert_eq!(timer.level(ms(0)), SHUT);
    timer.open(ms(0), Millis(1_000));
    timer.hold(ms(1_000), Millis(1_000));
    assert_eq!(timer.level(ms(1_000)), SHUT, "its time was over");
}

#[test]
fn fire_opens_whatever_else_was_said_and_its_end_closes() {
    let mut timer = Timer::closed();
    timer.fire = Level::Active;
    timer.until = Until::Closed;
    assert_eq!(timer.level(ms(0)), OPEN);
    timer.fire = Level::Inactive;
    assert_eq!(timer.level(ms(0)), SHUT);
}

#[test]
fn the_timer_closes_the_latch_though_nobody_calls_it_again() {
    let line = Recorded::default();
    let latch = quiet(line.clone()).unwrap();
    line.wait_for(&[SHUT]);
    latch.open_for(Millis(30)).unwrap();
    line.wait_for(&[SHUT, OPEN, SHUT]);
}

#[test]
fn a_line_that_cannot_be_let_go_is_tried_again_until_it_can() {
    let line = Recorded::default();
    let latch = quiet(line.clone()).unwrap();
    line.wait_for(&[SHUT]);
    latch.open_for(Millis(60)).unwrap();
    line.break_it(true);
    while latch.shared.lock().applied == Some(OPEN) {
        thread::yield_now();
    }
    line.break_it(false);
    line.wait_for(&[SHUT, OPEN, SHUT]);
}

#[test]
fn a_line_at_rest_is_told_again_that_it_is_shut_for_its_chip_may_have_been_lost() {
    let line = Recorded::default();
    let latch = TimedLatch::start_telling(line.clone(), ms(10)).unwrap();
    let tape = line.0.0.lock().unwrap();
    let most = Duration::from_secs(60);
    let (tape, _) = line.0.1.wait_timeout_while(tape, most, |tape| tape.told.len() < 3).unwrap();
    assert_eq!(tape.told[..3], [SHUT; 3]);
    drop(tape);
    drop(latch);
}

#[test]
fn a_line_that_does_not_open_is_a_fault_and_does_not_open_later() {
    let line = Recorded::default();
    let latch = quiet(line.clone()).unwrap();
    line.wait_for(&[SHUT]);
    line.break_it(true);
    assert_eq!(latch.open_for(Millis(60_000)), Err(DeviceFault::NotConnected));
    line.break_it(false);
    line.wait_for(&[SHUT, SHUT]);
}

#[test]
fn a_latch_that_is_dropped_is_closed() {
    let line = Recorded::default();
    let latch = quiet(line.clone()).unwrap();
    line.wait_for(&[SHUT]);
    latch.open_for(Millis(60_000)).unwrap();
    drop(latch);
    line.wait_for(&[SHUT, OPEN, SHUT]);
}

#[test]
fn fire_opens_the_line_and_closing_waits_for_its_end() {
    let line = Recorded::default();
    let mut latch = quiet(line.clone()).unwrap();
    let release = latch.fire_release();
    line.wait_for(&[SHUT]);
    release.heed(Level::Active);
    release.heed(Level::Active);
    latch.close().unwrap();
    line.wait_for(&[SHUT, OPEN]);
    release.heed(Level::Inactive);
    line.wait_for(&[SHUT, OPEN, SHUT]);
}

#[test]
fn no_check_is_asked_for_again_and_again_and_ends_by_itself_when_nobody_asks() {
    let mut timer = Timer::closed();
    timer.keep_open(ms(0), Millis(10_000));
    timer.keep_open(ms(4_000), Millis(10_000));
    assert_eq!(timer.closes_in(ms(4_000)), Some(ms(6_000)), "half of it is left: nothing is changed");
    timer.keep_open(ms(6_000), Millis(10_000));
    assert_eq!((timer.level(ms(15_999)), timer.level(ms(16_000))), (OPEN, SHUT));
}

/// A line that ends whoever switches it first: the timer's thread.
struct Deadly(Arc<Mutex<Vec<Level>>>, bool);

impl Output for Deadly {
    fn set(&mut self, level: Level) -> Result<(), DeviceFault> {
        if !std::mem::replace(&mut self.1, true) {
            panic!("a driver's mistake");
        }
        self.0.lock().unwrap().push(level);
        Ok(())
    }
}

#[test]
fn without_the_thread_that_closes_it_a_latch_does_not_open() {
    let told = Arc::default();
    let latch = quiet(Deadly(Arc::clone(&told), false)).unwrap();
    while !latch.timer.is_finished() {
        thread::yield_now();
    }
    let refused = Err(DeviceFault::NotAnswering);
    assert_eq!(
        [latch.open_for(Millis(5_000)), latch.hold_for(Millis(1_000)), latch.keep_open()],
        [refused; 3]
    );
    assert_eq!(*told.lock().unwrap(), [SHUT]);
}

#[test]
fn a_second_opening_is_told_to_the_line_though_it_is_open_for_its_chip_may_have_been_lost() {
    let line = Recorded::default();
    let latch = quiet(line.clone()).unwrap();
    line.wait_for(&[SHUT]);
    latch.open_for(Millis(60_000)).unwrap();
    line.break_it(true);
    assert_eq!(latch.open_for(Millis(60_000)), Err(DeviceFault::NotConnected));
}

/// Waits until the thread has told the line again, and it took it or not.
fn becomes(latch: &mut TimedLatch<Recorded>, health: Result<(), DeviceFault>) {
    while latch.health() != health {
        thread::yield_now();
    }
}

#[test]
fn a_line_that_is_lost_at_rest_is_known_before_anybody_is_to_pass() {
    let line = Recorded::default();
    let mut latch = TimedLatch::start_telling(line.clone(), ms(10)).unwrap();
    line.break_it(true);
    becomes(&mut latch, Err(DeviceFault::NotConnected));
    line.break_it(false);
    becomes(&mut latch, Ok(()));
}

#[test]
fn a_line_that_comes_back_is_not_shut_on_who_stands_in_the_gate() {
    let line = Recorded::default();
    let mut latch = TimedLatch::start_telling(line.clone(), ms(10)).unwrap();
    latch.open_for(Millis(600_000)).unwrap();
    line.break_it(true);
    becomes(&mut latch, Err(DeviceFault::NotConnected));
    assert_eq!(latch.hold_for(Millis(700_000)), Err(DeviceFault::NotConnected));
    line.break_it(false);
    becomes(&mut latch, Ok(()));
    assert_eq!(line.0.0.lock().unwrap().told.last(), Some(&OPEN));
}
