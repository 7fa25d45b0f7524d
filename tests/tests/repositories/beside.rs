//! What the gate decides while its carrier is at work, whoever is at the line's other end.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use gate_core::screen::Told;
use gate_core::verdict::Verdict;
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::people::{Person, VALID};
use gate_sim::stage::{Issue, Setting, Stage, province, terminal_number};
use gate_trust::{Directories, Repository};
use gate_wire::credential::{Colour, Condition};

use super::hostile::Server;
use super::journey::Round;
use super::toxic::{Act, Asked, Hub, served};
use super::way::Way;

/// Between two passages of a gate that goes on until something is so.
const PAUSE: Duration = Duration::from_millis(50);
const PASSAGES_MOST: usize = 1_000;
const GIVEN_UP: &str = "too slow, given up (the data trickle)";

/// A terminal whose list has a person of each colour, and what its authorities publish.
pub(crate) fn round() -> Round {
    let province = province().unwrap();
    let listed = [(1, Colour::Green), (2, Colour::Yellow), (3, Colour::Red)].map(|(serial, colour)| {
        (vec![province.subject(&Person::new(serial).unwrap().document).unwrap()], colour)
    });
    Round::of(Setting { listed: listed.into(), ..Setting::default() }, province)
}

/// What a person gets, a while after the one before, and how often the gate was opened by then.
fn passage(stage: &mut Stage, present: impl FnOnce(&mut Stage)) -> (Told, usize) {
    stage.run(11_000).unwrap();
    let since = stage.screens_shown();
    present(stage);
    stage.run(3_000).unwrap();
    stage.reader.pad.remove();
    stage.hold_nothing();
    stage.run(11_000).unwrap();
    (stage.told_since(since).unwrap(), stage.pulses().len())
}

/// Cards and codes of every colour, a code that is too old, a card of somebody whom nobody listed.
fn sequence(stage: &mut Stage) -> Vec<(Told, usize)> {
    let mut all = Vec::new();
    for serial in [1, 2, 3, 4] {
        let card = Person::new(serial).unwrap().card(VALID).unwrap();
        stage.gate().hurry_records();
        all.push(passage(stage, |stage| stage.reader.pad.insert(card)));
    }
    for (colour, age_s) in
        [(Colour::Green, 60), (Colour::Yellow, 60), (Colour::Red, 60), (Colour::Green, 3_600)]
    {
        let claim = Claim::Screen(Condition::Colour(colour));
        let person = Person::new(5).unwrap();
        let code = stage.issue(DemoIssuer::Province, &person, Issue { claim, age_s, life_s: 900 }).unwrap();
        stage.gate().hurry_records();
        all.push(passage(stage, |stage| stage.hold_phone(&code.text).unwrap()));
    }
    all
}

/// The same sequence while a carrier asks this server again and again; what stands in the carrier's log.
fn beside(server: Server) -> (Vec<(Told, usize)>, String) {
    let mut round = round();
    round.bring_out();
    let served = tempfile::tempdir().unwrap();
    round.carry_to(served.path());
    let way = Way::to(served.path(), server.hub(served.path()));
    let (asked, to, over) = (way.asked(), round.terminal.to.clone(), AtomicBool::new(false));
    thread::scope(|scope| {
        let over = &over;
        let carrier = scope.spawn(move || {
            let mut said = String::new();
            loop {
                way.mirror(&to, terminal_number());
                said += &way.said();
                if over.load(Ordering::Relaxed) {
                    return said;
                }
                // Everything anew in each round: a carrier that is never done.
                let _ = std::fs::remove_dir_all(to.spool.join("trust"));
            }
        });
        while asked.lock().unwrap().is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
        let told = sequence(&mut round.terminal.stage);
        over.store(true, Ordering::Relaxed);
        (told, carrier.join().unwrap())
    })
}

#[test]
fn the_gate_decides_beside_a_hostile_server_as_it_does_alone() {
    let alone = sequence(&mut round().terminal.stage);
    let verdicts: Vec<Verdict> = alone.iter().map(|(told, _)| told.verdict).collect();
    for verdict in [Verdict::Pass, Verdict::Limit, Verdict::Stop, Verdict::Assist] {
        assert!(verdicts.contains(&verdict), "the sequence has every verdict: {verdicts:?}");
    }
    for (server, words) in Server::HOSTILE {
        let (told, said) = beside(server);
        assert_eq!(told, alone, "{server:?}");
        assert!(said.contains(words), "{server:?}: {said}");
    }
}

/// A hub that gives the list's files a byte at a time, until it is told to be honest.
fn slow_with_the_list(folder: &Path, honest: &Arc<AtomicBool>) -> Hub {
    let (folder, honest) = (folder.to_path_buf(), Arc::clone(honest));
    Hub::new(move |asked| {
        let (answer, good) = (served(&folder, asked), honest.load(Ordering::Relaxed));
        match asked.path.starts_with("status/targets/") && !good {
            true => Act::Drip(answer, Duration::from_millis(5)),
            false => Act::Say(answer),
        }
    })
}

/// What the gate's side and the carrier's tell each other.
#[derive(Default)]
struct Between {
    honest: Arc<AtomicBool>,
    given_up: AtomicUsize,
    whole: AtomicBool,
    over: AtomicBool,
}

/// Rounds until one from an honest hub brought everything.
fn carried(way: &Way, to: &Directories, between: &Between) {
    while !between.over.load(Ordering::Relaxed) && !between.whole.load(Ordering::Relaxed) {
        let good = between.honest.load(Ordering::Relaxed);
        let said = Repository::ALL.map(|repository| {
            way.mirror_of(repository, to, terminal_number());
            way.said()
        });
        let said = said.concat();
        between.given_up.fetch_add(said.matches(GIVEN_UP).count(), Ordering::Relaxed);
        between.whole.store(good && !said.contains("未收到"), Ordering::Relaxed);
    }
}

/// Passages until something is so, however long a busy machine takes; how many of them were over before it was.
fn passages(round: &mut Round, verdicts: &mut Vec<Verdict>, is_so: impl Fn() -> bool) -> usize {
    for before in 0..PASSAGES_MOST {
        if is_so() {
            return before;
        }
        verdicts.push(round.terminal.verdict(1));
        thread::sleep(PAUSE);
    }
    PASSAGES_MOST
}

#[test]
fn the_gate_decides_while_a_slow_server_is_given_up_and_the_list_goes_on_by_byte_from_an_honest_one() {
    let mut round = round();
    round.step_of(1..=1, "red");
    round.bring_out();
    let folder = tempfile::tempdir().unwrap();
    round.carry_to(folder.path());
    let between = Between::default();
    let way = Way::to(folder.path(), slow_with_the_list(folder.path(), &between.honest));
    let (asked, to) = (way.asked(), round.terminal.to.clone());
    let lists = || -> Vec<Asked> {
        let all = asked.lock().unwrap();
        all.iter().filter(|asked| asked.path.starts_with("status/targets/")).cloned().collect()
    };
    let mut verdicts = Vec::new();
    let (meanwhile, turned) = thread::scope(|scope| {
        let between = &between;
        scope.spawn(move || carried(&way, &to, between));
        passages(&mut round, &mut verdicts, || !lists().is_empty());
        let is_given_up = || between.given_up.load(Ordering::Relaxed) > 0;
        let meanwhile = passages(&mut round, &mut verdicts, is_given_up);
        let turned = asked.lock().unwrap().len();
        between.honest.store(true, Ordering::Relaxed);
        passages(&mut round, &mut verdicts, || between.whole.load(Ordering::Relaxed));
        between.over.store(true, Ordering::Relaxed);
        (meanwhile, turned)
    });
    assert!(between.given_up.into_inner() > 0 && between.whole.into_inner(), "{:?}", lists());
    assert!(meanwhile > 1, "passages were over while the carrier waited");
    assert!(
        verdicts.iter().all(|verdict| *verdict == Verdict::Pass),
        "the list is not in force: {verdicts:?}"
    );
    resumed(&lists(), turned);
    let report = round.terminal.keep();
    assert!(!report.has_refusals(), "{}", report.in_words());
    round.terminal.stage.run_until_renewed().unwrap();
    assert_eq!(round.terminal.verdict(1), Verdict::Stop, "and what came is whole");
}

/// From this answer on, files that were begun before it go on from their byte, and no byte of them comes twice.
fn resumed(lists: &[Asked], turned: usize) {
    let (before, after): (Vec<&Asked>, Vec<&Asked>) = lists.iter().partition(|asked| asked.number < turned);
    let begun: BTreeSet<&String> = before.into_iter().map(|asked| &asked.path).collect();
    let again: Vec<&Asked> = after.into_iter().filter(|asked| begun.contains(&asked.path)).collect();
    // One that was slow and small may be whole already.
    assert!(!again.is_empty(), "{lists:?}");
    assert!(again.iter().all(|asked| asked.from.is_some_and(|from| from > 0)), "{again:?}");
}
