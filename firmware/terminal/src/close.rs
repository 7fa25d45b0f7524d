//! `gate close`: shuts the latch that a lane which was killed may have left open: what a line does when its process has ended is the
//! chip's choice, and the kernel's timer may have seconds to go.
//! Promises: shuts once, and ends; not while the fire input is active; waits seconds at most for somebody whom the sensors see in the gate.
//! Must not know: why the lane ended.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use gate_hal::inputs::{Input, Level};

use crate::config::Config;
use crate::gate::LEAVING_MS;
use crate::wiring;

/// Who stands in the gate has so long to leave it.
const LEAVING: Duration = Duration::from_millis(LEAVING_MS);
const LOOK: Duration = Duration::from_millis(20);

/// Shuts the latch of this configuration.
///
/// # Errors
/// If the configuration cannot be read, or the latch does not close: another program may have its line.
pub fn run(config: &Path) -> anyhow::Result<()> {
    let config = Config::load(config)?;
    let mut inputs = wiring::inputs(&config, None);
    let began = Instant::now();
    while inputs.levels().person() == Ok(Level::Active) && began.elapsed() < LEAVING {
        std::thread::sleep(LOOK);
    }
    if inputs.levels().of(Input::Fire) == Ok(Level::Active) {
        crate::say!("latch: left as it is: the fire input is active");
        return Ok(());
    }
    let (mut latch, _) = wiring::latch(&config)?;
    latch.close().map_err(|fault| anyhow!("latch: {fault}"))
}
