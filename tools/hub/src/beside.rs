//! Work that waits for a disk or another machine, beside the threads that speak.
//! Promises: a database that hangs holds no file back, nor files the database; what waits for its turn is not stored up, and who
//! waits for the database longer than is worth while is told so.
//! Must not know: what the work is.

use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Works of one kind at once: each reader of the database may have a connection.
const AT_ONCE: usize = 16;
/// Threads that all of them need.
pub const THREADS: usize = 2 * AT_ONCE;
/// How long anybody is let wait for the database: a carrier comes again.
pub const DATABASE_ANSWERS: Duration = Duration::from_secs(20);

static DATABASE: Semaphore = Semaphore::const_new(AT_ONCE);
static FILES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Asks the database. `None`: it does not answer, or the work ended in a panic.
pub async fn database<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    timeout(DATABASE_ANSWERS, turn(&DATABASE, work)).await.ok().flatten()
}

/// Reads files, which have patience of their own. `None`: the work ended in a panic.
pub async fn files<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    turn(&FILES, work).await
}

async fn turn<T: Send + 'static>(
    of: &'static Semaphore,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let place = of.acquire().await.ok()?;
    let done = spawn_blocking(move || {
        // Kept by the work, whoever still waits for it.
        let _place = place;
        work()
    });
    done.await.ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn a_database_that_hangs_is_told_and_holds_no_file_back() {
        let (release, hangs) = channel::<()>();
        let hangs = std::sync::Arc::new(std::sync::Mutex::new(hangs));
        let hung: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let hangs = std::sync::Arc::clone(&hangs);
                tokio::spawn(turn(&DATABASE, move || hangs.lock().unwrap().recv().is_ok()))
            })
            .collect();
        while DATABASE.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(files(|| 7).await, Some(7));
        tokio::time::pause();
        let asked = tokio::spawn(database(|| 7));
        tokio::task::yield_now().await;
        tokio::time::advance(2 * DATABASE_ANSWERS).await;
        assert_eq!(asked.await.unwrap(), None);
        tokio::time::resume();
        drop(release);
        for one in hung {
            one.await.unwrap();
        }
        assert_eq!(database(|| 7).await, Some(7));
    }
}
