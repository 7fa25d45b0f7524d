//! Five tasks of five people, done with the real thing: the page of the virtual terminal in a browser, and the real programs.
//! What each takes is counted in the page and held against `docs/tasks.md`; seconds are printed, never asserted.

use std::time::Instant;

use gate_core::event::Event;

use crate::night::{self, Typed};
use crate::office;
use crate::visitor::Visitor;

/// Counts what people do: each thing shown, laid down or put in once, each press of a key of the panel.
const COUNT: &str = "window.done = new Set(); window.presses = 0; document.addEventListener('click', (event) => { \
    const e = event.target.closest('button'); if (!e) return; const thing = e.dataset.guest ?? e.dataset.stick; \
    if (thing) window.done.add(thing); if (e.dataset.key || e.dataset.digit) window.presses += 1; }, true); \
    document.addEventListener('drop', () => window.done.add('stick'), true);";
const TABLE: &str = include_str!("../../../docs/tasks.md");

/// Which of the table's two ways of doing a task.
#[derive(Clone, Copy, Debug)]
enum When {
    Before,
    After,
}

/// Somebody with a task, from now on counted.
struct Task {
    id: &'static str,
    visitor: Visitor,
    began: Instant,
}

impl Task {
    /// `None`, said by its name, where there is no browser.
    fn at(id: &'static str, place: &str) -> Option<Task> {
        let mut visitor = Visitor::comes(id, COUNT)?;
        if place != "station in" {
            visitor.click("#to-world");
            visitor.chooses("#tab-world select", 0, place);
            visitor.wait(&format!("view.place + ' ' + view.lane === '{place}' && view.screen === 'idle'"));
        }
        Some(Task { id, visitor, began: Instant::now() })
    }

    /// The attendant's shift began before the task did.
    fn with_attendant(mut self) -> Task {
        self.visitor.has_badge_and_pin("attendant");
        self.visitor.click("#leave");
        self.visitor.wait("view.held === null");
        self.visitor.read("window.done.clear(); window.presses = 0;");
        Task { began: Instant::now(), ..self }
    }

    fn ends(self) {
        self.ends_as(When::After);
    }

    fn ends_as(mut self, when: When) {
        let seconds = self.began.elapsed().as_secs_f64();
        let counted = self.visitor.read("[window.done.size, window.presses]");
        self.visitor.keep(self.id);
        let counted = [0, 1].map(|at| counted[at].as_u64().unwrap());
        told((self.id, when), counted, seconds);
    }
}

/// Says what a task took, and holds it against the table.
fn told((id, when): (&str, When), [steps, presses]: [u64; 2], seconds: f64) {
    println!("{id}, {when:?}: {steps} steps, {presses} presses, {seconds:.1} s");
    let row = TABLE.lines().find(|line| line.starts_with(&format!("| `{id}` "))).expect("a row of the table");
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let [.., steps_before, presses_before, _, steps_after, presses_after, _, _] = cells[..] else {
        panic!("{row}")
    };
    let held = match when {
        When::Before => (steps_before, presses_before),
        When::After => (steps_after, presses_after),
    };
    assert_eq!(held, (&*steps.to_string(), &*presses.to_string()), "{id}, {when:?}");
}

#[test]
fn somebody_without_a_phone_passes_by_laying_down_a_card() {
    let Some(mut task) = Task::at("no-phone", "station in") else { return };
    let invites = "view.says.some((line) => line.includes('没有手机'))";
    assert_eq!(task.visitor.read(invites), true, "the screen says what to do before anybody asks");
    task.visitor.is_judged("[data-guest='card-green']", "P");
    task.visitor.wait("view.latch.open || view.latch.occupied");
    task.ends();
}

#[test]
fn a_yellow_code_at_a_hospital_is_shown_the_way_and_let_in_by_the_attendant() {
    let Some(task) = Task::at("yellow-at-hospital", "hospital in") else { return };
    let mut task = task.with_attendant();
    task.visitor.is_judged("[data-guest='phone-yellow']", "L");
    task.visitor.wait("view.says.some((line) => line.includes('发热门诊'))");
    task.visitor.opens_by("an emergency", &["[data-key='emergency']"]);
    task.ends();
}

/// As the attendant's card had it: a needless key first, which opens the menu.
#[test]
fn a_yellow_code_at_a_hospital_took_two_presses_before() {
    let Some(task) = Task::at("yellow-at-hospital", "hospital in") else { return };
    let mut task = task.with_attendant();
    task.visitor.is_judged("[data-guest='phone-yellow']", "L");
    task.visitor.wait("view.says.some((line) => line.includes('发热门诊'))");
    task.visitor.opens_by("an emergency", &["[data-key='ok']", "[data-key='emergency']"]);
    task.ends_as(When::Before);
}

#[test]
fn an_unlisted_traveller_is_registered_by_the_attendant() {
    let Some(task) = Task::at("unlisted-traveller", "station in") else { return };
    let mut task = task.with_attendant();
    task.visitor.is_judged("[data-guest='card-unlisted']", "A");
    task.visitor.wait("view.why && view.why.reason === 'A25'");
    task.visitor.opens_by("registered", &["[data-key='accept']", "[data-digit='5']"]);
    task.visitor.wait("view.journal.some((row) => row.act === 5)");
    task.ends();
}

#[test]
fn the_technicians_stick_at_two_in_the_morning_makes_old_data_new() {
    let Some(mut task) = Task::at("stick-at-two", "station in") else { return };
    // Three nights without anybody, then the small hours of the fourth.
    task.visitor.click("#to-world");
    task.visitor.click("#days-3");
    task.visitor.wait("view.world.list_age_h >= 72 && view.screen === 'idle'");
    task.visitor.read("window.done.clear(); window.presses = 0;");
    let mut task = Task { began: Instant::now(), ..task };
    task.visitor.drags("[data-stick='new']", "#slot");
    task.visitor.wait("view.slot && view.slot.state === 'taken'");
    task.visitor.wait("view.world.list_age_h === 0");
    // Between two passages, within seconds: the gate says so in its journal.
    task.visitor.wait(&format!("view.journal.some((row) => row.event === {})", Event::DataTaken.code()));
    task.visitor.is_judged("[data-guest='card-green']", "P");
    task.visitor.wait("view.why && view.why.list_as_of > view.time - 3600");
    // The first traveller's step is not the technician's.
    task.visitor.read("window.done.delete('card-green')");
    task.ends();
}

/// Until the gate decides by the new list: at a shell, the same stick, five commands and one.
#[test]
fn the_technicians_five_commands_have_become_one() {
    let [five, one] = night::by_five_and_by_one();
    for (what, Typed { characters, seconds, .. }) in [("five commands", five), ("one command", one)] {
        println!("stick-at-two at a shell, {what}: {characters} characters, {seconds:.1} s");
    }
    assert_eq!(one.commands, 1, "the manual's one");
    told(("stick-at-two", When::Before), [five.commands, 0], five.seconds);
}

#[test]
fn one_record_is_replayed_for_12345() {
    let began = Instant::now();
    let commands = office::replays_one_record();
    // The person reads out the number; then each command is a step, and so is reading the report.
    told(("record-for-12345", When::After), [commands + 2, 0], began.elapsed().as_secs_f64());
}
