//! What starts the keeper at a terminal: its path unit, played by a thread that looks at what a visit asks.
//! Promises: as the unit does, it looks at no file but for its change, hears nothing while the keeper is at work, and ends with what it is
//! played for.
//! Must not know: what the keeper does.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Plays it for `spool` as long as `visit` lasts.
pub(crate) fn started<T>(spool: &Path, keeper: impl Fn() + Send, visit: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let mut seen = stamp(spool);
        scope.spawn({
            let over = &over;
            move || {
                while !over.load(Ordering::Relaxed) {
                    if stamp(spool) != seen {
                        keeper();
                        seen = stamp(spool);
                    }
                    thread::sleep(Duration::from_millis(2));
                }
            }
        });
        let _over = Over(&over);
        visit()
    })
}

/// It ends also where a test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn stamp(spool: &Path) -> Option<(u64, i64, i64)> {
    let about = fs::symlink_metadata(spool.join("ask")).ok()?;
    Some((about.ino(), about.mtime(), about.mtime_nsec()))
}
