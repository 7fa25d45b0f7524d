//! How long the rig waits: for a busy machine without hardware's help, where a boot takes most of one.
//! Promises: what never comes ends as an error.
//! Must not know: what is waited for.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// For anything that comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// For a guest to boot, on a machine that builds something beside it.
pub(crate) const BOOT: Duration = Duration::from_secs(400);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// Asks until there is an answer; says after which time.
///
/// # Errors
/// Of the question, or if it is never answered.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<(T, Duration)> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(answer) = ask().with_context(|| what.to_owned())? {
            return Ok((answer, began.elapsed()));
        }
        std::thread::sleep(LOOK);
    }
    anyhow::bail!("{what}: not within {} s", PATIENCE.as_secs())
}

/// The socket, as soon as somebody listens there.
///
/// # Errors
/// If nobody ever does.
pub(crate) fn until_connected(socket: &Path) -> Result<UnixStream> {
    let (stream, _) =
        until(&format!("connecting to {}", socket.display()), || Ok(UnixStream::connect(socket).ok()))?;
    Ok(stream)
}
