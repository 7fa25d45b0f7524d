//! Automatic signers of `status` in two authorities: what each signs alone, and what it leaves to two people.

use std::fs;
use std::path::PathBuf;

use gate_core::verdict::Verdict;
use gate_proof::digest::sha256;
use gate_signing::repo::automatic::{Ledger, LedgerFault, NotAutomatic, Reader, Rules};
use gate_signing::repo::{Content, Signed};
use gate_tuf::Role;
use gate_wire::time::Timestamp;

use super::authority::{DAY_S, entry, hex, key};
use super::journey::Round;

const CAPS: &str = "green-to-yellow = 10\ngreen-to-red = 4\nyellow-to-green = 10\n";

/// The province's side, and an automatic signer in each of two authorities.
pub(crate) struct Office {
    pub(crate) round: Round,
    folder: tempfile::TempDir,
    rules: [Rules; 2],
    /// What the clocks of the signers are ahead of the world's.
    ahead: i64,
}

impl Office {
    /// The first publication was made by people.
    pub(crate) fn new() -> Office {
        let mut round = Round::new();
        round.bring_out();
        round.carry();
        assert!(!round.terminal.keep().has_refusals());
        let root = fs::read(round.status.path.join("public/metadata/1.root.json")).unwrap();
        let digest = hex(sha256(&[&root]).as_bytes());
        let rules = |caps: &str| {
            let text =
                format!("format = 1\nroot = \"{digest}\"\nred-at-once = 2\nlife-days = 90\n[caps]\n{caps}");
            Rules::read(&text).unwrap()
        };
        let rules = [rules(CAPS), rules(CAPS)];
        Office { round, folder: tempfile::tempdir().unwrap(), rules, ahead: 0 }
    }

    pub(crate) fn ledger(&self, of: usize) -> PathBuf {
        self.folder.path().join(format!("ledger-{of}.json"))
    }

    /// The ledger of one authority's signer; a new one where it never looked.
    fn opened(&self, of: usize) -> Result<Ledger, LedgerFault> {
        let path = self.ledger(of);
        if path.exists() { Ledger::open(&path) } else { Ledger::begin(&path) }
    }

    fn now(&self) -> Timestamp {
        let unix = self.round.terminal.stage.time().unix().checked_add_signed(self.ahead).unwrap();
        Timestamp::from_unix(unix).unwrap()
    }

    /// The signer of one authority looks at what waits.
    pub(crate) fn signs(&self, of: usize) -> Result<Signed, NotAutomatic> {
        let mut ledger = self.opened(of)?;
        let status = &self.round.status;
        // The keys of the list, as a device of this authority has them.
        let mut reader = Reader::new(&status.repo, &self.round.terminal.to.data, &mut ledger, self.now())?;
        let judged = reader.judge(Some(&self.rules[of].root))?;
        let number = status.roster.targets[of];
        let sign = |message: &[u8]| Ok(key(number).sign(message)?);
        reader.sign(&judged, &self.rules[of], (&entry(number), &sign))
    }

    fn summary(&self) -> Vec<String> {
        let mut ledger = self.opened(0).unwrap();
        let repo = &self.round.status.repo;
        let mut reader = Reader::new(repo, &self.round.terminal.to.data, &mut ledger, self.now()).unwrap();
        reader.judge(None).unwrap().words
    }

    pub(crate) fn both_sign(&self) -> Result<(), NotAutomatic> {
        self.signs(0)?;
        self.signs(1).map(drop)
    }

    pub(crate) fn publish(&self) {
        self.round.status.publish(self.round.terminal.stage.time()).unwrap();
    }

    pub(crate) fn people_sign(&self) {
        self.round.status.sign(Role::Targets, &[0, 1]);
        self.publish();
    }

    /// Both sign, and it is published, carried and believed: what the gate then tells these people.
    fn comes_into_force(&mut self, people: [u16; 3]) -> [Verdict; 3] {
        self.both_sign().unwrap();
        self.publish();
        self.round.carry();
        assert!(!self.round.terminal.keep().has_refusals());
        self.round.terminal.stage.run_until_renewed().unwrap();
        people.map(|one| self.round.terminal.verdict(one))
    }

    /// These people get this colour in a step of its own, drafted.
    pub(crate) fn step(&mut self, people: std::ops::RangeInclusive<u16>, colour: &str) {
        self.round.step_of(people, colour);
        self.round.stage_list();
    }

    /// The one long delta that an honest desk makes of the steps so far.
    fn ladder(&self) -> PathBuf {
        let stage = &self.round.terminal.stage;
        let files: Vec<Vec<u8>> = self.round.steps.iter().map(|path| fs::read(path).unwrap()).collect();
        let mut list = stage.province.province().open_list(&stage.directory().join("status.db")).unwrap();
        let ladder = stage.province.province().build_ladder(&mut list, &files).unwrap();
        assert_eq!(ladder.len(), 1, "from the base over all");
        let path = self.folder.path().join("long.tfd");
        fs::write(&path, &ladder[0].file).unwrap();
        path
    }

    fn drafted(&self) -> PathBuf {
        self.round.status.path.join("draft/targets.json")
    }
}

pub(crate) fn refused(result: Result<impl Sized, NotAutomatic>) -> String {
    format!("{:#}", anyhow::Error::from(result.map(drop).unwrap_err()))
}

#[test]
fn a_small_change_is_signed_by_two_automatic_signers_and_is_the_gates_next_verdict() {
    let mut office = Office::new();
    office.step(1..=2, "red");
    assert_eq!(office.comes_into_force([1, 2, 3]), [Verdict::Stop, Verdict::Stop, Verdict::Pass]);
}

#[test]
fn one_automatic_signer_alone_changes_no_colour() {
    let mut office = Office::new();
    office.step(1..=1, "red");
    office.signs(0).unwrap();
    // An insider who runs it once more gets the same signature, not a second one.
    assert_eq!(office.signs(0).unwrap().signatures, 1);
    let refused = office.round.status.publish(office.round.terminal.stage.time()).unwrap_err();
    assert!(format!("{:#}", anyhow::Error::from(refused)).contains("1 of the 2 signatures"));
}

#[test]
fn a_bulk_change_to_red_is_for_two_people_however_high_the_cap() {
    let mut office = Office::new();
    office.step(1..=3, "red");
    let told = refused(office.signs(0));
    assert!(told.contains("3 people would turn red at once, the rules let 2"), "{told}");
    assert!(office.summary()[0].contains("绿转红 3 人"), "{:?}", office.summary());
    office.people_sign();
}

#[test]
fn a_cap_is_of_a_class_and_of_a_day_and_many_small_steps_are_one_change() {
    let mut office = Office::new();
    for first in [1, 5] {
        office.step(first..=first + 3, "yellow");
        office.both_sign().unwrap();
        office.publish();
    }
    // Eight of ten are spent. Three more, one by one in three steps of one draft, are too many all the same.
    for one in 9..=11 {
        office.round.step_of(one..=one, "yellow");
    }
    office.round.stage_list();
    let told = refused(office.signs(0));
    assert!(told.contains("绿转黄 green-to-yellow: 3 asked, 8 signed for today, cap 10"), "{told}");
    // There and back again is twice a change; nothing is left of it in the end.
    office.step(9..=11, "green");
    assert!(refused(office.signs(0)).contains("3 asked, 8 signed"));
    // Another class has a cap of its own, and a class that no rule names has none.
    office.people_sign();
    office.step(1..=2, "red");
    let told = refused(office.signs(1));
    assert!(told.contains("yellow-to-red: 2 asked, 0 signed for today, cap 0"), "{told}");
}

#[test]
fn a_clock_set_back_gives_no_day_twice_and_the_next_day_gives_the_cap_again() {
    let mut office = Office::new();
    office.step(1..=10, "yellow");
    office.both_sign().unwrap();
    office.publish();
    office.step(11..=11, "yellow");
    for ahead in [0, -86_400, -40 * 86_400] {
        office.ahead = ahead;
        assert!(refused(office.signs(0)).contains("cap 10"), "{ahead}");
    }
    // Midnight, UTC+8, within the life of the timestamp.
    office.ahead = 5 * 3_600;
    office.both_sign().unwrap();
    // A clock far ahead finds a published repository that is over: no day after day out of nothing.
    office.publish();
    office.step(12..=12, "yellow");
    office.ahead = 2 * 86_400;
    assert!(refused(office.signs(0)).contains("not to be believed"));
    // Further ahead than that, a person says whether the clock is right.
    office.ahead = 3 * 86_400;
    assert!(refused(office.signs(0)).contains("--clock-confirmed"));
}

/// Six million of them would be two hundred megabytes of memory in every terminal, and no colour's.
#[test]
fn removals_and_colours_that_change_nothing_have_a_cap_like_any_other() {
    let mut office = Office::new();
    office.step(1..=2, "green");
    assert!(refused(office.signs(0)).contains("写明而未变 unchanged: 2 asked, 0 signed for today, cap 0"));
    assert!(office.summary()[0].contains("写明而未变 2 人"), "{:?}", office.summary());
    for rules in &mut office.rules {
        let text = format!("format = 1\nroot = \"{}\"\nred-at-once = 2\nlife-days = 90\n", hex(&rules.root));
        *rules = Rules::read(&format!("{text}[caps]\nunchanged = 2\n")).unwrap();
    }
    office.both_sign().unwrap();
}

/// One such step and every timestamp would be over for every terminal: the as-of time is the floor of its clock.
#[test]
fn a_step_that_is_as_of_a_time_to_come_is_signed_by_no_machine() {
    for (ahead, signed) in [(601, false), (300 * DAY_S, false), (600, true)] {
        let mut office = Office::new();
        let now = office.round.terminal.stage.time();
        office.round.step_as_of(1, now.plus(ahead));
        office.round.stage_list();
        match signed {
            true => office.both_sign().unwrap(),
            false => assert!(refused(office.signs(0)).contains("says that it is as of"), "{ahead}"),
        }
    }
}

#[test]
fn a_timestamp_that_is_good_for_longer_than_the_rules_let_lends_no_days() {
    let mut office = Office::new();
    office.step(1..=1, "yellow");
    office.rules[0].timestamp_days = 0;
    assert!(refused(office.signs(0)).contains("the rules let a timestamp be good for 0 days"));
    office.rules[0].timestamp_days = 1;
    office.signs(0).unwrap();
}

#[test]
fn a_ledger_that_was_taken_away_gives_nothing_back() {
    let mut office = Office::new();
    office.step(1..=10, "yellow");
    office.both_sign().unwrap();
    office.publish();
    office.step(11..=11, "yellow");
    let path = office.ledger(0);
    let kept = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(matches!(Ledger::open(&path), Err(LedgerFault::Missing(_))));
    // What it believed is not readable any more: no first look, and nothing signed.
    let mut ledger: serde_json::Value = serde_json::from_slice(&kept).unwrap();
    ledger["trusted"] = "".into();
    fs::write(&path, ledger.to_string()).unwrap();
    assert!(refused(office.signs(0)).contains("台账读不出"));
    fs::write(&path, kept).unwrap();
    assert!(refused(office.signs(0)).contains("1 asked, 10 signed"));
}

#[test]
fn the_base_that_is_counted_is_the_one_that_was_hashed_whatever_becomes_of_the_repositorys() {
    let mut office = Office::new();
    office.step(1..=2, "yellow");
    office.signs(0).unwrap();
    // An insider puts another base under the name: the signer has its own copy, and hashes that.
    let targets = office.round.status.path.join("public/targets");
    let is_base = |path: &PathBuf| path.to_string_lossy().contains("base-");
    let mut files = fs::read_dir(targets).unwrap().map(|entry| entry.unwrap().path());
    let base = files.find(is_base).unwrap();
    let mut other = fs::read(&base).unwrap();
    *other.last_mut().unwrap() ^= 1;
    fs::write(&base, &other).unwrap();
    office.signs(0).unwrap();
    // Who has no copy yet, and who has lost it, takes no other.
    assert!(refused(office.signs(1)).contains("is not what the draft says of it"));
    let own = office.folder.path().join("ledger-0.json.base");
    fs::write(&own, &other).unwrap();
    assert!(refused(office.signs(0)).contains("is not what the draft says of it"));
    assert!(!own.exists());
}

/// Dishonest ones: `signing/src/repo/automatic/ways/tests.rs`.
#[test]
fn an_honest_ladders_long_deltas_are_signed_with_the_steps() {
    let mut office = Office::new();
    office.step(1..=2, "red");
    office.both_sign().unwrap();
    office.publish();
    office.round.step_of(3..=3, "yellow");
    let long = office.ladder();
    office.round.steps.push(long);
    office.round.stage_list();
    assert_eq!(office.comes_into_force([2, 3, 4]), [Verdict::Stop, Verdict::Limit, Verdict::Pass]);
}

#[test]
fn a_cut_after_spending_lends_nothing_and_asking_again_costs_nothing() {
    let mut office = Office::new();
    office.step(1..=6, "yellow");
    let unsigned = fs::read(office.drafted()).unwrap();
    office.signs(0).unwrap();
    // As if the power went before the draft was written: spent, and the signature is made again for nothing.
    fs::write(office.drafted(), unsigned).unwrap();
    office.both_sign().unwrap();
    office.publish();
    office.step(7..=10, "yellow");
    office.both_sign().unwrap();
    office.publish();
    office.step(11..=11, "yellow");
    assert!(refused(office.signs(0)).contains("1 asked, 10 signed"));
}

#[test]
fn what_a_draft_says_of_its_files_is_not_believed() {
    let mut office = Office::new();
    office.step(1..=2, "yellow");
    let good = fs::read_to_string(office.drafted()).unwrap();
    let mut draft: serde_json::Value = serde_json::from_str(&good).unwrap();
    let name = "delta-0000000001-0000000000-0000000001.tfd";
    let target = &mut draft["signed"]["targets"][name];
    // Another file under the name: its digest is that of a delta that turns a thousand red.
    let digest = target["hashes"]["sha256"].as_str().unwrap().to_owned();
    let file = office.round.status.path.join(format!("draft/targets/{digest}.{name}"));
    let bytes = fs::read(&file).unwrap();
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    fs::write(&file, &other).unwrap();
    assert!(refused(office.signs(0)).contains("is not what the draft says of it"));
    fs::write(&file, &bytes).unwrap();
    // The right file under a wrong time, a wrong version, a wrong name.
    for (field, value) in [("issued", 1_u64), ("version", 7)] {
        let mut lie = draft.clone();
        lie["signed"]["targets"][name]["custom"][field] = value.into();
        fs::write(office.drafted(), lie.to_string()).unwrap();
        assert!(refused(office.signs(0)).contains("is not what the draft says of it"), "{field}");
    }
    fs::write(office.drafted(), good.replace(name, "delta-0000000001-0000000000-0000000002.tfd")).unwrap();
    assert!(office.signs(0).is_err());
    fs::write(office.drafted(), good.replace(name, "software/gate")).unwrap();
    assert!(refused(office.signs(0)).contains("offers one base and its deltas, and nothing else"));
    fs::write(office.drafted(), &good).unwrap();
    office.signs(0).unwrap();
}

#[test]
fn a_draft_that_was_published_is_not_signed_again_nor_an_older_one() {
    let mut office = Office::new();
    office.step(1..=2, "yellow");
    let first = fs::read(office.drafted()).unwrap();
    office.both_sign().unwrap();
    office.publish();
    fs::write(office.drafted(), &first).unwrap();
    let told = refused(office.signs(0));
    assert!(told.contains("version 2, after the published one comes 3"), "{told}");
}

/// Two would be two valid lists: whoever holds the online keys could show some terminals the one and some the other.
#[test]
fn of_one_version_a_signer_signs_one_draft_and_people_are_the_way_out() {
    let mut office = Office::new();
    office.step(1..=1, "yellow");
    let first = fs::read(office.drafted()).unwrap();
    office.signs(0).unwrap();
    office.step(2..=2, "yellow");
    let second = fs::read(office.drafted()).unwrap();
    let told = refused(office.signs(0));
    assert!(told.contains("another draft of version 2 was signed here"), "{told}");
    // What was signed is signed again for nothing, and the other authority's signer is bound by what itself signed.
    fs::write(office.drafted(), &first).unwrap();
    assert_eq!(office.signs(0).unwrap().signatures, 1);
    fs::write(office.drafted(), &second).unwrap();
    assert_eq!(office.signs(1).unwrap().signatures, 1);
    fs::write(office.drafted(), &first).unwrap();
    assert!(refused(office.signs(1)).contains("another draft of version 2"));
    fs::write(office.drafted(), &second).unwrap();
    office.people_sign();
    office.step(3..=3, "yellow");
    office.both_sign().unwrap();
    office.publish();
}

/// The version went to another draft: the first one, signed by a machine, can still be shown as that version.
#[test]
fn of_one_step_a_signer_signs_one_history_whatever_the_version() {
    let mut office = Office::new();
    office.step(1..=1, "yellow");
    office.signs(0).unwrap();
    fs::remove_file(office.round.steps.pop().unwrap()).unwrap();
    let stage = &mut office.round.terminal.stage;
    let before = stage.list_now().unwrap().state();
    stage.province.province_mut().sign_step_again(&before).unwrap();
    office.round.stage_list();
    office.people_sign();
    office.step(2..=2, "yellow");
    let told = refused(office.signs(0));
    assert!(told.contains("another delta for step 1 of epoch 1 was signed here"), "{told}");
    // Once people have published a history, that is the one.
    office.people_sign();
    office.step(3..=3, "yellow");
    office.both_sign().unwrap();
}

#[test]
fn what_was_counted_is_not_counted_again_when_its_step_is_told_by_a_longer_delta_alone() {
    let mut office = Office::new();
    office.step(1..=2, "red");
    office.both_sign().unwrap();
    office.publish();
    office.round.step_of(3..=3, "red");
    let long = office.ladder();
    let short = std::mem::replace(&mut office.round.steps, vec![long]);
    office.round.steps.extend(short.clone());
    office.round.stage_list();
    office.signs(0).unwrap();
    office.people_sign();
    // Two people publish the long one alone: step 1, as far as was counted, is the end of nothing any more.
    let gone = [1, 2].map(|to| format!("delta-0000000001-{:010}-{to:010}.tfd", to - 1));
    let (status, now) = (&office.round.status, office.round.terminal.stage.time());
    status.repo.stage(&[], &gone, now.plus(30 * DAY_S)).unwrap();
    office.people_sign();
    office.round.step_of(4..=4, "red");
    office.round.steps.retain(|path| !short.contains(path));
    office.round.stage_list();
    office.summary();
    // The day after, published again as a desk does each day.
    fs::remove_file(office.drafted()).unwrap();
    office.round.terminal = office.round.terminal.after(DAY_S - 7_200);
    office.publish();
    office.round.stage_list();
    let words = office.summary();
    assert!(words[0].contains("前 1 日中位数 2"), "{words:?}");
}

#[test]
fn a_published_folder_that_was_rolled_back_hides_no_change() {
    let mut office = Office::new();
    office.step(1..=1, "yellow");
    office.both_sign().unwrap();
    let before = tempfile::tempdir().unwrap();
    let public = office.round.status.path.join("public");
    super::authority::copy_all(&public, before.path());
    office.publish();
    office.step(2..=2, "yellow");
    office.signs(0).unwrap();
    fs::remove_dir_all(&public).unwrap();
    super::authority::copy_all(before.path(), &public);
    assert!(refused(office.signs(0)).contains("not to be believed"));
}

#[test]
fn another_base_another_root_and_a_first_publication_are_for_people() {
    let mut office = Office::new();
    // Another first root than the rules name.
    office.step(1..=1, "yellow");
    let root = office.rules[0].root;
    office.rules[0].root = [7; 32];
    assert!(refused(office.signs(0)).contains("not the root that the rules name"));
    office.rules[0].root = root;
    // A base of a new epoch: everybody's colour is written anew.
    let base = office.folder.path().join("next.db");
    let stage = &mut office.round.terminal.stage;
    let as_of = stage.time().minus(60);
    let scope = gate_status::Scope::Population;
    stage.province.build_list(&base, scope, as_of, std::iter::empty()).unwrap();
    let staged = gate_signing::repo::Staged {
        name: "base-0000000002.tfs".into(),
        version: 2,
        issued: as_of,
        content: Content::File(base),
    };
    let status = &office.round.status;
    let gone = ["base-0000000001.tfs", "delta-0000000001-0000000000-0000000001.tfd"].map(str::to_owned);
    status.repo.stage(&[staged], &gone, stage.time().plus(30 * DAY_S)).unwrap();
    assert!(refused(office.signs(0)).contains("a new epoch is for people"));
    // A root that waits.
    let mut office = Office::new();
    office.step(1..=1, "yellow");
    let expires = office.round.terminal.stage.time().plus(365 * DAY_S);
    office.round.status.repo.rotate_root(&office.round.status.roster.order(expires)).unwrap();
    assert!(refused(office.signs(0)).contains("a root waits"));
}

#[test]
fn the_usual_is_what_was_published_on_the_days_before() {
    let mut office = Office::new();
    for serial in 1..=4 {
        let round = &mut office.round;
        round.step_as_of(serial, round.terminal.stage.time().minus(60));
        round.stage_list();
        office.both_sign().unwrap();
        office.publish();
        office.round.terminal = office.round.terminal.after(DAY_S - 7_200);
    }
    // Published again, as a desk does each day: or nothing would be believed.
    office.publish();
    let now = office.round.terminal.stage.time();
    for serial in 5..=9 {
        office.round.step_as_of(serial, now.minus(60 - u64::from(serial)));
    }
    office.round.stage_list();
    let words = office.summary();
    assert!(words[0].starts_with("! 绿转红 5 人") && words[0].contains("前 4 日中位数 1"), "{words:?}");
}

/// Ten drafts just below the mark would be ten times a usual day, and none of them marked.
#[test]
fn what_was_published_today_counts_with_a_draft_against_the_usual_day() {
    let mut office = Office::new();
    for serial in 1..=4 {
        let round = &mut office.round;
        round.step_as_of(serial, round.terminal.stage.time().minus(60));
        round.stage_list();
        office.both_sign().unwrap();
        office.publish();
        office.round.terminal = office.round.terminal.after(DAY_S - 7_200);
    }
    office.publish();
    for serials in [[5, 6], [7, 8]] {
        let now = office.round.terminal.stage.time();
        for serial in serials {
            office.round.step_as_of(serial, now.minus(60 - u64::from(serial)));
        }
        office.round.stage_list();
        let words = office.summary();
        let expected = if serials[0] == 5 {
            "绿转红 2 人，前 4 日中位数 1"
        } else {
            "! 绿转红 2 人，今日已发布 2 人，前 4 日中位数 1"
        };
        assert!(words[0].starts_with(expected), "{words:?}");
        office.people_sign();
    }
}

/// Whoever can write to the folder writes a name of a megabyte: it was kept whole, and the ledger was not read again.
#[test]
fn a_name_that_a_draft_gives_a_file_does_not_reach_the_reader_whole() {
    let mut office = Office::new();
    office.step(1..=2, "yellow");
    let mut draft: serde_json::Value = serde_json::from_slice(&fs::read(office.drafted()).unwrap()).unwrap();
    let name = format!("\n\u{202e}{}", "x".repeat(3 << 10));
    draft["signed"]["targets"][&name] = draft["signed"]["targets"]["base-0000000001.tfs"].clone();
    fs::write(office.drafted(), draft.to_string()).unwrap();
    let told = refused(office.signs(0));
    assert!(told.contains("offers one base and its deltas, and nothing else"), "{told}");
    assert!(told.chars().count() < 500 && !told.contains(['\n', '\u{202e}']), "{told}");
}
