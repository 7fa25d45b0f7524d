//! Rotation and compromise of an issuer's key, rehearsed: from the desk's register through what it publishes and the
//! terminal's own loader to what a gate answers, by the minute. The tables are asserted whole: a row a code, a column a moment.
#![expect(clippy::unwrap_used, reason = "a test ends at its first surprise")]

use std::fmt::Write as _;

use gate_core::case::Temperature;
use gate_core::facts::{Facts, ListAnswer};
use gate_core::keyset::{Holder, Region};
use gate_core::query::TerminalNumber;
use gate_core::time::{ClockTrust, RtcHealth, RtcReading, TrustedTime};
use gate_signing::demo::DemoProvince;
use gate_signing::inputs::Inputs;
use gate_signing::issue::{Claim, IssueRequest};
use gate_signing::publish::{Device, Publication};
use gate_signing::register::Terms;
use gate_sim::forge::{self, Claims};
use gate_sim::people::Person;
use gate_terminal::believed::{Believed, NothingSeen};
use gate_terminal::judge::{Judge, Proven, Shown, Station};
use gate_terminal::secrets::Secrets;
use gate_wire::cose::Kid;
use gate_wire::credential::{Colour, Condition, Kind, Statement};
use gate_wire::time::{Millis, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const MINUTE_S: u64 = 60;
const DAY_S: u32 = 86_400;
/// Minutes of a day.
const DAY: i64 = 1_440;
const OLD: Kid = Kid(*b"sc02");
const NEW: Kid = Kid(*b"sc03");
const GREEN: Condition = Condition::Colour(Colour::Green);
const SCREEN: (Claim, u32) = (Claim::Screen(GREEN), 900);
const PAPER: (Claim, u32) = (Claim::Paper(GREEN), 30 * DAY_S);

/// Minutes from the hour in which the desk acts.
fn at(minutes: i64) -> Timestamp {
    let zero = Timestamp::from_unix(1_795_104_000).unwrap();
    let distance = minutes.unsigned_abs() * MINUTE_S;
    if minutes < 0 { zero.minus(distance) } else { zero.plus(distance) }
}

/// A desk, the terminals' data from a minute on, and the codes that people hold.
struct Story {
    demo: DemoProvince,
    person: Person,
    terminals: Vec<(i64, Judge)>,
    codes: Vec<(&'static str, String)>,
}

impl Story {
    fn begin() -> Story {
        let demo = DemoProvince::from_seed([8; 32], at(-40 * DAY)).unwrap();
        let person = Person::new(1).unwrap();
        let mut story = Story { demo, person, terminals: Vec::new(), codes: Vec::new() };
        story.publish(-40 * DAY);
        story
    }

    /// From this minute on terminals have what the desk's register says now: published, and loaded by their own loader.
    fn publish(&mut self, minute: i64) {
        let directory = tempfile::tempdir().unwrap();
        let inputs = Inputs::demo();
        let publication = Publication {
            now: at(minute),
            terminal: TerminalNumber::new(1).unwrap(),
            inputs: &inputs,
            status: None,
            deltas: &[],
            device: Device::MadeHere,
            without: &[],
        };
        self.demo.publish(directory.path(), &publication).unwrap();
        let believed = Believed::load(directory.path(), &NothingSeen);
        assert!(believed.problems.is_empty(), "{:?}", believed.problems);
        let secrets = Secrets::load(directory.path()).unwrap();
        self.terminals.push((minute, Judge::new(believed, secrets, Station { place: 1, lane: 1 })));
    }

    fn add_new_key(&mut self, from: i64) {
        let terms = Terms {
            kid: NEW,
            region: Region::parse("510000").unwrap(),
            holder: Holder::Province,
            kinds: vec![(Kind::ScreenCode, 900), (Kind::PaperCode, 30 * DAY_S)],
            from: at(from),
            until: None,
        };
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        self.demo.province_mut().make_issuer(&terms, &mut rng).unwrap();
    }

    fn issue(&mut self, name: &'static str, kid: Kid, (claim, life_s): (Claim, u32), minute: i64) {
        let issued = at(minute);
        let (document, full_name) = (&self.person.document, self.person.name);
        let request = IssueRequest { document, full_name, claim, issued, life_s };
        let mut rng = ChaCha20Rng::from_seed([minute as u8; 32]);
        let issued = self.demo.province().issue(kid, &request, issued, &mut rng).unwrap();
        self.codes.push((name, issued.text));
    }

    /// What a thief signs with the old key, under any issue time: no desk is asked.
    fn steal(&mut self, name: &'static str, minute: i64) {
        let document = &self.person.document;
        let life_s = u64::from(30 * DAY_S);
        let claims = Claims { document, statement: Statement::Paper(GREEN), issued: at(minute), life_s };
        self.codes.push((name, forge::signed(&self.demo, OLD, &claims).unwrap()));
    }

    /// The reason that a gate gives at this minute, with the data that it has had since `behind` minutes ago at the latest.
    fn answer(&self, text: &str, (minute, behind): (i64, i64)) -> &'static str {
        let (_, judge) = self.terminals.iter().rev().find(|(from, _)| *from <= minute - behind).unwrap();
        let rtc =
            RtcReading { time: at(minute), health: RtcHealth::Healthy, set_from: ClockTrust::Confirmed };
        let mono = Millis(0);
        let time = TrustedTime::at_boot(at(-40 * DAY), Some(rtc), mono);
        let shown = match judge.prove(text.as_bytes(), &time, mono) {
            Proven::Person(verified, subject) => Shown::Code(verified, subject),
            Proven::Refused(reason) => Shown::Refused(reason),
            Proven::Badge(..) => unreachable!("nobody shows a badge here"),
        };
        let facts = judge.facts(&shown, time.now(mono), 0, Temperature::NotMeasured);
        // The list is not what is rehearsed: it is fresh, and says nothing of this person.
        let facts = Facts { of_code: ListAnswer::NotListed, list_as_of: Some(at(minute)), ..facts };
        judge.decide(&shown, &facts).reason().code()
    }

    /// A row a code, a column a minute.
    fn table(&self, minutes: &[i64], behind: i64) -> String {
        let mut table = format!("{:<38}", "minute");
        minutes.iter().for_each(|minute| write!(table, "{minute:>7}").unwrap());
        for (name, text) in &self.codes {
            write!(table, "\n{name:<38}").unwrap();
            minutes
                .iter()
                .for_each(|minute| write!(table, "{:>7}", self.answer(text, (*minute, behind))).unwrap());
        }
        println!("{table}\n");
        table
    }
}

fn same(table: &str, expected: &str) {
    let lines = |text: &str| -> Vec<String> {
        text.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(lines(table), lines(expected));
}

/// The new key is announced at minute 0 and signs from minute 60; the old one ends at 120. P01 passes, A01 is expired, A02
/// ahead of the clock, A05 signed outside the key's life.
#[test]
fn a_planned_rotation_locks_nobody_out() {
    let mut story = Story::begin();
    story.issue("paper, old key, day before", OLD, PAPER, -DAY);
    story.issue("screen, old key, minute 5", OLD, SCREEN, 5);
    story.issue("paper, old key, minute 110", OLD, PAPER, 110);
    story.add_new_key(60);
    story.demo.province_mut().register_mut().retire(OLD, at(120)).unwrap();
    story.publish(0);
    story.issue("screen, new key, minute 70", NEW, SCREEN, 70);
    story.issue("paper, new key, minute 125", NEW, PAPER, 125);
    story.steal("paper, old key, after its end", 130);
    let on_time = story.table(&[6, 21, 71, 112, 140, 20_000, 41_800, 43_320, 43_330], 0);
    same(
        &on_time,
        "minute                          6    21   71  112  140 20000 41800 43320 43330
         paper, old key, day before      P01  P01  P01  P01  P01  P01  A01  A01  A01
         screen, old key, minute 5       P01  A01  A01  A01  A01  A01  A01  A01  A01
         paper, old key, minute 110      A02  A02  A02  P01  P01  P01  P01  A01  A01
         screen, new key, minute 70      A02  A02  P01  A01  A01  A01  A01  A01  A01
         paper, new key, minute 125      A02  A02  A02  A02  P01  P01  P01  P01  A01
         paper, old key, after its end   A05  A05  A05  A05  A05  A05  A05  A05  A05",
    );
    // A terminal that is visited once a day knows the new key a day later: until then its codes are Assist (A04), and those of
    // the old one pass. So the overlap is longer than the longest time between visits.
    let late = story.table(&[71, 140, 1_439, 1_440, 1_600], DAY);
    same(
        &late,
        "minute                          71   140  1439 1440 1600
         paper, old key, day before      P01  P01  P01  P01  P01
         screen, old key, minute 5       A01  A01  A01  A01  A01
         paper, old key, minute 110      A02  P01  P01  P01  P01
         screen, new key, minute 70      A04  A04  A04  A01  A01
         paper, new key, minute 125      A04  A04  A04  P01  P01
         paper, old key, after its end   A02  P01  P01  A05  A05",
    );
}

/// The key was stolen at minute −200 and the theft is seen at 0. At 5 terminals have the cut-off −240; the thief backdates, so at 60
/// the cut-off goes back by the longest life. A06 is a revoked key: Assist, and the person gets a new code.
#[test]
fn a_stolen_key_is_cut_off_and_backdating_only_helps_until_the_cut_off_goes_back() {
    let mut story = Story::begin();
    story.issue("paper, honest, before the cut-off", OLD, PAPER, -1_000);
    story.issue("paper, honest, after the cut-off", OLD, PAPER, -100);
    story.steal("paper, thief, dated -100", -100);
    story.steal("paper, thief, backdated to -300", -300);
    story.steal("paper, thief, signed at 30", 30);
    story.demo.province_mut().register_mut().revoke(OLD, at(-240), at(0)).unwrap();
    story.add_new_key(5);
    story.publish(5);
    story.issue("paper, new key, minute 10", NEW, PAPER, 10);
    story.demo.province_mut().register_mut().revoke(OLD, at(-30 * DAY), at(0)).unwrap();
    // A later cut-off never brings back what an earlier one voided.
    story.demo.province_mut().register_mut().revoke(OLD, at(-10), at(0)).unwrap();
    story.publish(60);
    let table = story.table(&[-90, 4, 5, 31, 59, 60, 10_000], 0);
    same(
        &table,
        "minute                              -90  4    5    31   59   60   10000
         paper, honest, before the cut-off   P01  P01  P01  P01  P01  A06  A06
         paper, honest, after the cut-off    P01  P01  A06  A06  A06  A06  A06
         paper, thief, dated -100            P01  P01  A06  A06  A06  A06  A06
         paper, thief, backdated to -300     P01  P01  P01  P01  P01  A06  A06
         paper, thief, signed at 30          A02  A02  A06  A06  A06  A06  A06
         paper, new key, minute 10           A04  A04  A02  P01  P01  P01  P01",
    );
}
