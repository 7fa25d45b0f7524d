//! `gate run`: the loop in real time.
//! Promises: a turn at least every 20 ms while nothing is heavier than that; what turns left of people in this thread's stack
//! is wiped within half a second.
//! Must not know: anything about a turn.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use gate_core::screen::OutOfService;
use gate_hal_linux::process::EndOrder;
use gate_hal_linux::supervisor::Pulse;
use zeroize::Zeroize;

use crate::config::Config;
use crate::gate::{Gate, Leaving};
use crate::startup::{Lane, Looked, Startup, Turned};
use crate::wiring::{self, Obstacle};

/// Looked for keys and data this often while the terminal cannot serve without them.
const LOOK: Duration = Duration::from_millis(500);
const TURN: Duration = Duration::from_millis(20);
/// Half a second's.
const TURNS_TO_A_WIPE: u64 = 25;
/// Bytes of stack that a turn may use and that are wiped after it.
const STACK_WIPED: usize = 256 << 10;

/// Runs a terminal until the process is told to end, out of service until its keys and data are there; `turns` limits it, for tries by
/// hand, which wait for neither. At the end whoever stands in the gate is let
/// through, for seconds; then the latch is closed, then the journal. A service manager hears of it first.
///
/// # Errors
/// If the terminal cannot be put together; with `turns`, if it cannot serve.
pub fn run(config: &Path, turns: Option<u64>) -> anyhow::Result<()> {
    let config = Config::load(config)?;
    let order = EndOrder::heard().context("hearing an order to end")?;
    let devices = wiring::devices(&config)?;
    let mut startup = Box::new(Startup::new(config, devices)?);
    // The screen tells people what is the matter from here on: that is a service, too.
    let pulse = Pulse::begin();
    let mut left = turns;
    while let Some(lane) = serving(startup, turns, &pulse, &order)? {
        match turn(lane, &mut left, &pulse, &order)? {
            Turned::BeginsAnew(again) => startup = again,
            Turned::Serves(mut lane) => {
                pulse.stopping();
                leave(&mut lane.gate, &pulse);
                lane.gate.end();
                return Ok(());
            }
        }
    }
    pulse.stopping();
    Ok(())
}

/// Turns until the process is told to end, `left` is used up, or the lane begins anew.
fn turn(
    mut lane: Box<Lane>,
    left: &mut Option<u64>,
    pulse: &Pulse,
    order: &EndOrder,
) -> anyhow::Result<Turned> {
    let mut count = 0;
    while *left != Some(0) && !order.is_given() {
        let began = Instant::now();
        lane = match lane.turn()? {
            Turned::Serves(lane) => lane,
            anew @ Turned::BeginsAnew(_) => return Ok(anew),
        };
        pulse.beat();
        #[cfg(debug_assertions)]
        fail_point::pass();
        *left = left.map(|left| left - 1);
        count += 1;
        if count % TURNS_TO_A_WIPE == 0 {
            wipe_stack();
        }
        std::thread::sleep(TURN.saturating_sub(began.elapsed()));
    }
    Ok(Turned::Serves(lane))
}

/// Whoever stands in the gate goes on.
fn leave(gate: &mut Gate, pulse: &Pulse) {
    while gate.leave() == Leaving::Waits {
        pulse.beat();
        std::thread::sleep(TURN);
    }
}

/// A terminal that serves; none if it is told to end before. What it held is let go of then: the latch closes.
fn serving(
    mut startup: Box<Startup>,
    turns: Option<u64>,
    pulse: &Pulse,
    order: &EndOrder,
) -> anyhow::Result<Option<Box<Lane>>> {
    while !order.is_given() {
        pulse.beat();
        #[cfg(debug_assertions)]
        fail_point::pass();
        match startup.look()? {
            Looked::Serves(lane) => return Ok(Some(lane)),
            Looked::Waits(waiting, Obstacle { why: OutOfService::Starting, .. }) => {
                startup = waiting;
                std::thread::sleep(TURN);
            }
            Looked::Waits(_, obstacle) if turns.is_some() => return Err(obstacle.cause),
            Looked::Waits(waiting, _) => {
                startup = waiting;
                wipe_stack();
                std::thread::sleep(LOOK);
            }
        }
    }
    Ok(None)
}

/// For tests of the watchdog: programs built for release have none of it.
#[cfg(debug_assertions)]
pub(crate) mod fail_point {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Turns that are taken before.
    const TURNS: u32 = 4;

    static PASSED: AtomicU32 = AtomicU32::new(0);
    static LOCK: Mutex<()> = Mutex::new(());

    fn is(name: &str) -> bool {
        std::env::var_os("GATE_FAIL_POINT").is_some_and(|point| point == name)
    }

    /// With `GATE_FAIL_POINT=data` the data lie on a disk that never answers.
    pub(crate) fn read() {
        while is("data") {
            std::thread::park();
        }
    }

    /// With `GATE_FAIL_POINT=deadlock` the loop waits here for a lock that it holds itself.
    pub(super) fn pass() {
        if is("deadlock") && PASSED.fetch_add(1, Ordering::Relaxed) == TURNS {
            let _held = LOCK.lock();
            let _never = LOCK.lock();
        }
    }
}

/// Overwrites what returned calls left below this frame: a number that was moved leaves copies that nobody owns.
#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "it is the stack that is to be wiped")]
fn wipe_stack() {
    let mut room = [0_u8; STACK_WIPED];
    room.zeroize();
}
