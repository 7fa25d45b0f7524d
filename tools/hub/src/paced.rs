//! A connection that must move: who neither sends nor takes enough bytes in a window is not waited for.
//! Promises: what trickles, in either direction, ends; what moves is not touched.
//! Must not know: what the bytes are.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How slow is too slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Over which bytes are counted.
    pub window: Duration,
    /// Bytes of both directions that a window must bring.
    pub least: u64,
}

impl Pace {
    /// Half of what a terminal takes for too slow (60 s below 1 KiB/s): terminals give up first.
    pub const USUAL: Pace = Pace { window: Duration::from_secs(60), least: 30 << 10 };
}

/// A stream that is watched.
#[derive(Debug)]
pub struct Paced<S> {
    stream: S,
    pace: Pace,
    window: Pin<Box<Sleep>>,
    moved: u64,
}

impl<S> Paced<S> {
    /// From now on.
    #[must_use]
    pub fn new(stream: S, pace: Pace) -> Paced<S> {
        Paced { stream, pace, window: Box::pin(sleep(pace.window)), moved: 0 }
    }

    /// At the end of a window, whether it brought enough; wakes the connection at that moment.
    fn keeps_up(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        while self.window.as_mut().poll(context).is_ready() {
            if self.moved < self.pace.least {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.moved = 0;
            self.window.as_mut().reset(Instant::now() + self.pace.window);
        }
        Ok(())
    }

    fn count(&mut self, bytes: usize) {
        self.moved = self.moved.saturating_add(bytes as u64);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = room.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, room);
        self.count(room.filled().len() - before);
        self.keeps_up(context)?;
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = &written {
            self.count(*count);
        }
        self.keeps_up(context)?;
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.keeps_up(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    /// Seconds after which somebody who sends `each` bytes a second is given up, of 200.
    async fn ends(each: usize) -> Option<u64> {
        let (mut client, server) = duplex(1 << 20);
        let mut server = Paced::new(server, Pace::USUAL);
        let began = Instant::now();
        let sending = tokio::spawn(async move {
            for _ in 0..200 {
                client.write_all(&vec![0; each]).await.ok()?;
                sleep(Duration::from_secs(1)).await;
            }
            Some(())
        });
        let mut room = [0; 4096];
        loop {
            match server.read(&mut room).await {
                Ok(0) => return None,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        sending.abort();
        Some(began.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_a_byte_a_second_is_given_up_and_who_sends_a_kibibyte_is_not() {
        assert_eq!(ends(1).await, Some(60));
        assert_eq!(ends(500).await, Some(60));
        assert_eq!(ends(1024).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_nobody_reads_ends() {
        let (_client, server) = duplex(64);
        let mut server = Paced::new(server, Pace::USUAL);
        let began = Instant::now();
        assert!(server.write_all(&vec![0; 1 << 20]).await.is_err());
        assert_eq!(began.elapsed().as_secs(), 60);
    }
}
