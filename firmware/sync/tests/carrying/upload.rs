//! Batches to a hub and its word back: what is sent again, and what holds back nothing.

use std::fs;
use std::path::PathBuf;

use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::acknowledgement::Acknowledgement;
use gate_core::records::names::BatchName;
use gate_core::records::{JournalId, NOTHING_BEFORE};
use gate_proof::ed25519::SigningKey;
use gate_sync::{Identity, Line, Sender, Sent, Spool};
use gate_wire::cose::Kid;
use gate_wire::time::Timestamp;

use crate::mirror::PATIENT;
use crate::toxic::{Act, Asked, Hub, text};

const BATCHES: u64 = 3;

struct Case {
    folder: tempfile::TempDir,
    spool: Spool,
    sender: Sender,
}

impl Case {
    fn new(bound: u64) -> Case {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(&folder.path().join("spool"), bound).unwrap();
        fs::create_dir_all(spool.path().join("out")).unwrap();
        for at in 0..BATCHES {
            let (first, last) = (Sequence(at * 10 + 1), Sequence(at * 10 + 10));
            let name = BatchName { terminal: terminal(), journal: JournalId([3; 16]), first, last };
            fs::write(spool.path().join("out").join(name.print().as_str()), format!("batch {at}")).unwrap();
        }
        Case { folder, spool, sender: Sender::default() }
    }

    fn round(&mut self, hub: &Hub) -> Sent {
        let line = Line::open(&hub.address, hub.authority.pem.as_bytes(), PATIENT).unwrap();
        let identity = Identity::open(&self.folder.path().join("line"), terminal().value()).unwrap();
        self.sender.round(&line, &identity, &self.spool)
    }

    fn account(&self, words: &str) {
        fs::write(self.spool.path().join("out/000007.tfc"), words).unwrap();
    }

    fn words(&self) -> PathBuf {
        self.folder.path().join("words")
    }

    /// A hub that takes everything, and says what lies in [`Case::words`].
    fn hub(&self) -> Hub {
        let words = self.words();
        Hub::new(move |_| Act::Say(text("200 OK", &[], &fs::read(&words).unwrap_or_default())))
    }

    fn say(&self, epoch: u32, through: u64) {
        let hash = if through == 0 { NOTHING_BEFORE } else { gate_proof::digest::Digest([1; 32]) };
        let word = Acknowledgement {
            terminal: terminal(),
            journal: JournalId([3; 16]),
            watermark: Sequence(through),
            hash,
            epoch,
            issued: Timestamp::from_unix(1_000).unwrap(),
        };
        let word = word.sign(&SigningKey::from_seed(&[1; 32]), Kid(*b"hub1")).unwrap();
        let length = u16::try_from(word.len()).unwrap().to_be_bytes();
        fs::write(self.words(), [&length[..], &word].concat()).unwrap();
    }
}

fn terminal() -> TerminalNumber {
    TerminalNumber::new(7).unwrap()
}

fn records(asked: &[Asked]) -> usize {
    asked.iter().filter(|asked| asked.path.ends_with("records")).count()
}

#[test]
fn a_batch_is_sent_once_while_the_hub_says_the_same() {
    let mut case = Case::new(1 << 20);
    let hub = case.hub();
    case.say(0, 10);
    assert_eq!((case.round(&hub).batches, case.round(&hub).batches), (3, 0));
    let sent: Vec<Vec<u8>> = hub.asked().into_iter().take(3).map(|asked| asked.body).collect();
    assert_eq!(sent, [b"batch 0", b"batch 1", b"batch 2"], "each as it lies there, the oldest first");
    case.say(0, 20);
    assert_eq!(case.round(&hub).acknowledgements, 1);
    assert_eq!((case.round(&hub).batches, records(&hub.asked())), (0, 3));
}

#[test]
fn a_hub_that_was_restored_is_sent_everything_again() {
    let mut case = Case::new(1 << 20);
    let hub = case.hub();
    case.say(0, 20);
    assert_eq!(case.round(&hub).batches, 3);
    case.say(1, 5);
    assert!(case.round(&hub).more, "the next round is due at once");
    assert_eq!(case.round(&hub).batches, 3);
    assert_eq!(case.round(&hub).batches, 0);
}

#[test]
fn a_spool_that_takes_no_acknowledgement_holds_back_no_batch() {
    let mut case = Case::new(1 << 20);
    let hub = case.hub();
    case.say(0, 10);
    fs::write(case.spool.path().join("acks"), b"no folder").unwrap();
    let sent = case.round(&hub);
    assert_eq!((sent.batches, sent.faults.len()), (3, 1), "{:?}", sent.faults);
    assert_eq!(case.round(&hub).batches, 0);
}

#[test]
fn a_spool_full_of_downloads_takes_the_hubs_word() {
    let mut case = Case::new(100);
    let hub = case.hub();
    case.spool.place("trust/metadata/timestamp.json", &[1; 100]).unwrap();
    case.say(0, 10);
    let sent = case.round(&hub);
    assert_eq!((sent.batches, sent.acknowledgements), (3, 1), "{:?}", sent.faults);
}

#[test]
fn an_answer_that_is_no_acknowledgement_holds_back_no_batch() {
    let mut case = Case::new(1 << 20);
    let hub = case.hub();
    fs::write(case.words(), [0, 200, 1, 2, 3]).unwrap();
    let sent = case.round(&hub);
    assert_eq!((sent.batches, sent.faults.len()), (3, 1), "{:?}", sent.faults);
}

#[test]
fn a_hub_that_has_enough_batches_for_a_day_is_told_how_the_terminal_is() {
    let mut case = Case::new(1 << 20);
    case.account("seven");
    let hub = Hub::new(|asked| match asked.path.ends_with("records") {
        true => Act::Say(text("429 Too Many Requests", &[("retry-after", "900")], b"")),
        false => Act::Say(text("200 OK", &[], b"")),
    });
    let sent = case.round(&hub);
    assert_eq!((sent.batches, sent.faults.len(), records(&hub.asked())), (0, 1, 1), "{:?}", sent.faults);
    assert_eq!(sent.asked().map(|asked| asked.as_secs()), Some(900));
    assert!(hub.asked().last().unwrap().path.ends_with("account"));
    assert_eq!(case.round(&hub).faults.len(), 1, "the batches still wait");
}

#[test]
fn an_account_that_did_not_go_is_sent_again() {
    let mut case = Case::new(1 << 20);
    case.account("seven");
    let hub = Hub::new(|asked| match asked.path.ends_with("account") && asked.number < 4 {
        true => Act::Say(text("503 Service Unavailable", &[], b"")),
        false => Act::Say(text("200 OK", &[], b"")),
    });
    assert_eq!(case.round(&hub).faults.len(), 1);
    assert!(case.round(&hub).faults.is_empty());
    assert!(hub.asked().last().unwrap().path.ends_with("account"));
}
