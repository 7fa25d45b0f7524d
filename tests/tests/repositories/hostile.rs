//! Servers that a terminal's line may lead to, and what each does with whatever it is asked.
//! Must not know: the carrier, the gate.

use std::path::Path;
use std::time::Duration;

use super::toxic::{Act, Hub, cut, served, text};

/// Zeros of this length make a file of a thousandth.
const BOMB: usize = 16 << 20;

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// As it should be.
    Honest,
    /// What is asked for, head and all, a byte at a time: 200 bytes a second.
    SlowLoris,
    /// Data without an end.
    Endless,
    /// The page of whoever owns this network.
    Portal,
    /// A few bytes that would be a thousand times as many.
    GzipBomb,
    /// What is asked for, cut off somewhere.
    Cuts,
}

impl Server {
    /// Those that mean no good, with the words in the carrier's log.
    pub(crate) const HOSTILE: [(Server, &'static str); 5] = [
        (Server::SlowLoris, "too slow, given up (the data trickle)"),
        (Server::Endless, "more than the 65536 bytes that were to come"),
        (Server::Portal, "other bytes came than were announced"),
        (Server::GzipBomb, "the answer is encoded as \"gzip\", which was not asked for"),
        (Server::Cuts, "未收到 not fetched: "),
    ];

    /// By its name, as `Debug` writes it.
    pub(crate) fn named(name: &str) -> Server {
        let all = Server::HOSTILE.iter().map(|(server, _)| *server);
        all.chain([Server::Honest]).find(|server| format!("{server:?}") == name).unwrap()
    }

    /// One that is up, and has this folder to serve.
    pub(crate) fn hub(self, folder: &Path) -> Hub {
        let folder = folder.to_path_buf();
        match self {
            Server::Honest => Hub::honest(&folder),
            Server::SlowLoris => {
                Hub::new(move |asked| Act::Drip(served(&folder, asked), Duration::from_millis(5)))
            }
            Server::Endless => Hub::new(|_| Act::Endless(b"HTTP/1.1 200 OK\r\n\r\n ".to_vec())),
            Server::Portal => {
                Hub::new(|_| Act::Say(text("200 OK", &[], b"<html>Please log in to this network</html>")))
            }
            Server::GzipBomb => {
                let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
                bomb.extend(miniz_oxide::deflate::compress_to_vec(&vec![0; BOMB], 9));
                Hub::new(move |_| Act::Say(text("200 OK", &[("content-encoding", "gzip")], &bomb)))
            }
            Server::Cuts => Hub::new(move |asked| {
                let answer = served(&folder, asked);
                let at = asked.number * 131 % answer.len();
                cut(answer, at)
            }),
        }
    }
}
