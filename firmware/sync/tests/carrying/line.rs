//! What a line can do to one file: every kind of cut, lie and delay. The file comes whole or not at all, and never more than
//! was announced is written.

use std::fs;
use std::time::{Duration, Instant};

use crate::mirror::PATIENT;
use crate::toxic::{Act, Asked, Authority, Hub, cut, served, text};
use gate_proof::digest::sha256;
use gate_sync::fetch::{Brought, FetchFault, Wanted, bring};
use gate_sync::line::{Line, LineFault};
use gate_sync::patience::Patience;
use gate_sync::{Spool, SpoolFault};

/// For what never comes.
const HASTE: Patience = Patience {
    answer: Duration::from_millis(400),
    window: Duration::from_millis(200),
    least_rate: 1024,
    ..PATIENT
};
const PATH: &str = "targets/file";

/// A folder to serve, with one file of a hundred thousand bytes; a spool.
struct Case {
    folder: tempfile::TempDir,
    spool: Spool,
    wanted: Wanted,
}

impl Case {
    fn new() -> Case {
        let folder = tempfile::tempdir().unwrap();
        let content: Vec<u8> = (0..100_000_u32).map(|at| (at.wrapping_mul(at) >> 7) as u8).collect();
        fs::create_dir_all(folder.path().join("served/trust/targets")).unwrap();
        fs::write(folder.path().join("served/trust").join(PATH), &content).unwrap();
        let spool = Spool::open(&folder.path().join("spool"), 1 << 20).unwrap();
        let wanted = Wanted { path: PATH.into(), length: 100_000, sha256: *sha256(&[&content]).as_bytes() };
        Case { folder, spool, wanted }
    }

    /// A hub that answers as `act` does with what a good one would say.
    fn hub(&self, act: impl Fn(&Asked, Vec<u8>) -> Act + Send + Sync + 'static) -> Hub {
        let folder = self.folder.path().join("served");
        Hub::new(move |asked| act(asked, served(&folder, asked)))
    }

    fn bring(&self, hub: &Hub) -> Result<u64, FetchFault> {
        self.bring_with(hub, PATIENT)
    }

    fn bring_with(&self, hub: &Hub, patience: Patience) -> Result<u64, FetchFault> {
        let until = Instant::now() + patience.slice;
        bring(&line(hub, patience), &self.spool, "trust", &self.wanted, until).map(Brought::bytes)
    }

    fn is_there(&self) -> bool {
        self.spool.path().join("trust").join(PATH).exists()
    }

    /// It fails like this, nothing is there, and the spool holds no more than the file could be.
    #[track_caller]
    fn refuses(&self, hub: &Hub, is_it: impl Fn(&LineFault) -> bool) {
        self.refuses_with(hub, PATIENT, is_it);
    }

    #[track_caller]
    fn refuses_with(&self, hub: &Hub, patience: Patience, is_it: impl Fn(&LineFault) -> bool) {
        match self.bring_with(hub, patience).unwrap_err() {
            FetchFault::Line(fault) => assert!(is_it(&fault), "{fault}"),
            other => panic!("{other}"),
        }
        assert!(!self.is_there());
        assert!(self.spool.used().unwrap() <= self.wanted.length);
        // The same spool and a good hub: the file comes.
        self.bring(&self.hub(|_, good| Act::Say(good))).unwrap();
        assert!(self.is_there());
    }
}

fn line(hub: &Hub, patience: Patience) -> Line {
    Line::open(&hub.address, hub.authority.pem.as_bytes(), patience).unwrap()
}

#[test]
fn a_file_that_is_cut_off_at_any_point_goes_on_from_that_byte() {
    let case = Case::new();
    // In the head, at its end, in the first bytes, in the middle, before the last.
    let points = [0, 1, 40, 120, 180, 181, 500, 70_000, 99_990];
    let hub = case.hub(move |asked, good| match points.get(asked.number) {
        Some(point) => cut(good, *point),
        None => Act::Say(good),
    });
    let mut rounds = 0;
    while case.bring(&hub).is_err() {
        rounds += 1;
        assert!(rounds <= points.len());
    }
    assert!(case.is_there());
    let asked: Vec<Option<u64>> = hub.asked().iter().map(|asked| asked.from).collect();
    assert_eq!(asked[0], None);
    assert!(asked.is_sorted(), "never further back than before: {asked:?}");
    assert!(asked.last().unwrap().unwrap() > 70_000, "{asked:?}");
}

#[test]
fn a_file_that_comes_in_two_halves_costs_its_bytes_once() {
    let case = Case::new();
    let hub = case.hub(|asked, good| {
        let (head, half) = (good.len() - 100_000 * usize::from(asked.number == 0), 50_000);
        if asked.number == 0 { cut(good, head + half) } else { Act::Say(good) }
    });
    case.bring(&hub).unwrap_err();
    assert_eq!(case.bring(&hub).unwrap(), 50_000);
    assert_eq!(hub.asked()[1].from, Some(50_000));
}

#[test]
fn endless_data_end_at_the_announced_length() {
    let case = Case::new();
    let endless = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nx".to_vec();
    case.refuses(&case.hub(move |_, _| Act::Endless(endless.clone())), |fault| {
        matches!(fault, LineFault::Bound { .. })
    });
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffff\r\nx".to_vec();
    let case = Case::new();
    case.refuses(&case.hub(move |_, _| Act::Endless(chunked.clone())), |fault| {
        matches!(fault, LineFault::Bound { .. })
    });
}

#[test]
fn a_longer_file_than_announced_is_refused_before_its_first_byte() {
    let case = Case::new();
    let hub = case.hub(|_, _| Act::Say(text("200 OK", &[], &vec![7; 100_001])));
    case.refuses(&hub, |fault| matches!(fault, LineFault::Bound { most: 100_000 }));
}

#[test]
fn a_slow_loris_is_given_up_in_the_head_in_the_body_and_in_silence() {
    let slow = |fault: &LineFault| matches!(fault, LineFault::Wait(_));
    let pause = Duration::from_millis(20);
    let case = Case::new();
    case.refuses_with(&case.hub(move |_, good| Act::Drip(good, pause)), HASTE, slow);
    let case = Case::new();
    let body = |_: &Asked, mut good: Vec<u8>| {
        // The head and some bytes, then nothing.
        good.truncate(good.len() - 99_990);
        Act::Stall(good)
    };
    case.refuses_with(&case.hub(body), HASTE, slow);
    let case = Case::new();
    case.refuses_with(&case.hub(|_, _| Act::Stall(Vec::new())), HASTE, slow);
}

#[test]
fn data_that_trickle_below_the_least_rate_are_given_up_and_what_came_stays() {
    let case = Case::new();
    let hub = case.hub(|asked, good| match asked.number {
        0 => Act::Drip(good, Duration::from_millis(1)),
        _ => Act::Say(good),
    });
    let patience = Patience { window: Duration::from_millis(300), least_rate: 50_000, ..PATIENT };
    let fault = case.bring_with(&hub, patience).unwrap_err();
    assert!(matches!(fault, FetchFault::Line(LineFault::Wait("the data trickle"))), "{fault}");
    let came = case.spool.used().unwrap();
    assert!(came > 0);
    case.bring(&hub).unwrap();
    assert_eq!(hub.asked()[1].from, Some(came), "it goes on from that byte");
}

#[test]
fn a_portals_page_is_no_file_whatever_it_says() {
    let page = b"<html>Welcome to the station's network".as_slice();
    let case = Case::new();
    let hub = case.hub(move |_, _| Act::Say(text("200 OK", &[("content-type", "text/html")], page)));
    case.refuses(&hub, |fault| matches!(fault, LineFault::MatchLength { said: 38, .. }));
    // A page of just that length.
    let case = Case::new();
    let hub = case.hub(move |_, _| Act::Say(text("200 OK", &[], &vec![b' '; 100_000])));
    assert!(matches!(case.bring(&hub).unwrap_err(), FetchFault::Change));
    assert_eq!((case.is_there(), case.spool.used().unwrap()), (false, 0));
}

#[test]
fn a_redirect_elsewhere_is_not_followed() {
    let other = Case::new();
    let elsewhere = other.hub(|_, good| Act::Say(good));
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let case = Case::new();
        let to = format!("{}/trust/{PATH}", elsewhere.address);
        let hub = case.hub(move |_, _| Act::Say(text(status, &[("location", &to)], b"")));
        case.refuses(&hub, |fault| matches!(fault, LineFault::Redirect(_)));
    }
    assert!(elsewhere.asked().is_empty());
}

#[test]
fn a_gzip_bomb_is_not_unpacked() {
    let case = Case::new();
    let hub = case.hub(|_, _| Act::Say(text("200 OK", &[("content-encoding", "gzip")], &[0x1f; 900])));
    case.refuses(&hub, |fault| matches!(fault, LineFault::Encode(_)));
    assert!(hub.asked()[0].head.to_ascii_lowercase().contains("accept-encoding: identity"));
}

#[test]
fn another_authoritys_certificate_is_nobodys() {
    let case = Case::new();
    let hub = case.hub(|_, good| Act::Say(good));
    let stranger = Authority::new();
    let line = Line::open(&hub.address, stranger.pem.as_bytes(), PATIENT).unwrap();
    let fault = bring(&line, &case.spool, "trust", &case.wanted, Instant::now()).unwrap_err();
    assert!(matches!(fault, FetchFault::Line(LineFault::Reach(_))), "{fault}");
    assert!(hub.asked().is_empty(), "nothing was asked of it");
    // The right authority, another name.
    let by_number = hub.address.replace("localhost", "127.0.0.1");
    let line = Line::open(&by_number, hub.authority.pem.as_bytes(), PATIENT).unwrap();
    assert!(bring(&line, &case.spool, "trust", &case.wanted, Instant::now()).is_err());
    assert!(hub.asked().is_empty());
}

#[test]
fn plain_http_is_no_line() {
    let authority = Authority::new();
    for address in ["http://localhost", "localhost", "https://", "https://a@b", "https://a?b", "https://a b"]
    {
        let opened = Line::open(address, authority.pem.as_bytes(), HASTE);
        assert!(matches!(opened, Err(LineFault::Configure(_))), "{address}");
    }
    assert!(matches!(Line::open("https://a", b"no pem", HASTE), Err(LineFault::Configure(_))));
}

#[test]
fn heads_have_a_bound() {
    for (count, length) in [(1, 1 << 20), (10_000, 10), (1, 1 << 15)] {
        let case = Case::new();
        let hub = case.hub(move |_, good| {
            let more = format!("x-more: {}\r\n", "y".repeat(length)).repeat(count);
            let good = String::from_utf8_lossy(&good[..40]).into_owned();
            let first = good.find("\r\n").unwrap() + 2;
            Act::Say(format!("{}{more}\r\n", &good[..first]).into_bytes())
        });
        case.refuses(&hub, |fault| matches!(fault, LineFault::Reach(_) | LineFault::Wait(_)));
    }
    let case = Case::new();
    let endless = b"HTTP/1.1 200 OK\r\nx-more: y".to_vec();
    case.refuses(&case.hub(move |_, _| Act::Endless(endless.clone())), |fault| {
        matches!(fault, LineFault::Reach(_) | LineFault::Wait(_))
    });
}

#[test]
fn lies_about_ranges_cost_one_beginning_anew() {
    let lies: [(&str, &str, usize); 7] = [
        ("206 Partial Content", "bytes 0-99999/100000", 50_000),
        ("206 Partial Content", "bytes 50000-99999/200000", 50_000),
        ("206 Partial Content", "bytes 50000-199999/200000", 50_000),
        ("206 Partial Content", "bytes 50000-60000/100000", 50_000),
        ("206 Partial Content", "bytes 18446744073709551615-18446744073709551615/0", 0),
        ("206 Partial Content", "none", 50_000),
        ("416 Range Not Satisfiable", "bytes */10", 0),
    ];
    for (status, range, count) in lies {
        let case = Case::new();
        let hub = case.hub(move |asked, good| match asked.number {
            0 => {
                let head = good.len() - 100_000;
                cut(good, head + 50_000)
            }
            1 => Act::Say(text(status, &[("content-range", range)], &vec![7; count])),
            _ => Act::Say(good),
        });
        case.bring(&hub).unwrap_err();
        assert!(matches!(case.bring(&hub).unwrap_err(), FetchFault::Line(_)), "{range}");
        case.bring(&hub).unwrap();
        assert_eq!(hub.asked()[2].from, None, "{range}: begun anew");
    }
}

#[test]
fn a_resumed_file_whose_beginning_is_another_files_is_found_and_fetched_anew() {
    let case = Case::new();
    let hub = case.hub(|asked, mut good| {
        let head = good.len() - 100_000 * usize::from(asked.number == 0);
        if asked.number == 0 {
            good[head + 5] ^= 1;
            return cut(good, head + 50_000);
        }
        Act::Say(good)
    });
    case.bring(&hub).unwrap_err();
    assert!(matches!(case.bring(&hub).unwrap_err(), FetchFault::Change));
    case.bring(&hub).unwrap();
    assert!(case.is_there());
}

#[test]
fn a_server_that_knows_no_ranges_sends_the_whole_and_that_is_taken() {
    let case = Case::new();
    let folder = case.folder.path().join("served");
    let hub = case.hub(move |asked, good| {
        let whole = served(&folder, &Asked { from: None, ..asked.clone() });
        if asked.number == 0 { cut(good, 60_000) } else { Act::Say(whole) }
    });
    case.bring(&hub).unwrap_err();
    case.bring(&hub).unwrap();
    assert!(case.is_there());
}

#[test]
fn a_refusal_says_how_long_to_wait() {
    let case = Case::new();
    let hub = case.hub(|_, _| Act::Say(text("503 Service Unavailable", &[("retry-after", "7")], b"")));
    case.refuses(&hub, |fault| fault.asked() == Some(Duration::from_secs(7)));
}

#[test]
fn a_file_for_which_the_spool_has_no_room_is_not_begun() {
    let case = Case::new();
    let hub = case.hub(|_, good| Act::Say(good));
    let spool = Spool::open(&case.folder.path().join("small"), 99_999).unwrap();
    let fault = bring(&line(&hub, PATIENT), &spool, "trust", &case.wanted, Instant::now()).unwrap_err();
    assert!(matches!(fault, FetchFault::Spool(SpoolFault::Bound { .. })), "{fault}");
    assert!(hub.asked().is_empty());
}
