//! The whole board: lines by the kernel's simulator, a camera that films what is played to it, a screen behind the kernel's display driver, a
//! reader on USB.
//! Promises: what opened is seen at the line itself, and in the journal.
//! Must not know: what the programs say of it in their log.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use gate_sim::stage::passes;

use crate::figures::Times;
use crate::machine::{Guest, Machine, Power};
use crate::patience::until;
use crate::picture::{Ground, Picture};
use crate::report::Report;
use crate::scenes::{came, holding, pulls};
use crate::trace::{Trace, What, first, pulse_us, pulses, synced_us};
use crate::world::{CODES, World};

/// Lines of `assets/boards/rig.toml`.
const LATCH: u32 = 0;
const GREEN: u32 = 1;
const AMBER: u32 = 2;
const PASSAGE: u32 = 8;
const FIRE: u32 = 10;
/// How long an opening lasts that nobody uses (DESIGN §8), by means.
const CODE_MS: u64 = 5_000;
const CARD_MS: u64 = 10_000;
/// How far a busy emulator may be off.
const OFF_MS: u64 = 500;
/// Who is not let through for so long tries again, so often.
const TRY: Duration = Duration::from_secs(25);
const TRIES: usize = 4;
/// A card that is back sooner was never away: one presentation is one passage.
const AWAY: Duration = Duration::from_secs(4);
/// A person is in the gate for so long.
const WALK: &str = "sleep 0.3";
/// Where gpio-sim shows its lines.
const LINES: &str = "/sys/devices/platform/gpio-sim.0/gpiochip*";

/// How much is played.
#[derive(Clone, Copy)]
pub(crate) struct Much {
    /// Codes, and as many cards.
    pub(crate) passages: u16,
    /// Of each device.
    pub(crate) pulls: u16,
}

/// What a person shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Means {
    Code,
    Card,
}

/// One person who went through.
#[derive(Clone, Copy)]
pub(crate) struct Passage {
    /// From what was shown to the edge of the latch.
    pub(crate) waited: Duration,
    /// Of it, for the disk: how often, and how long together.
    synced: (usize, Duration),
    /// From that edge to the next.
    open: Duration,
}

/// What passages waited for the disk.
#[derive(Default)]
struct Waits {
    times: Times,
    fewest: Option<usize>,
    most: usize,
}

impl Waits {
    fn took(&mut self, passage: &Passage) {
        let (syncs, wait) = passage.synced;
        self.times.took(wait);
        self.fewest = Some(self.fewest.map_or(syncs, |fewest| fewest.min(syncs)));
        self.most = self.most.max(syncs);
    }

    fn told(&self, report: &mut Report, means: &str) {
        let recorded = self.fewest.is_some_and(|fewest| fewest > 0);
        report.rule(
            &format!("board: no {means} opens the latch before the kernel has its record on the disk"),
            recorded,
        );
        let (times, most) = (self.times.said(), self.most);
        report.figure(&format!("of it for the disk: {times}; {most} waits at most"));
    }
}

/// A whole board, switched on.
pub(crate) struct Lane<'a> {
    pub(crate) machine: Machine,
    pub(crate) report: &'a mut Report,
    pub(crate) out: &'a Path,
    trace: Trace,
    next: u16,
    /// Openings so far, as the line was driven; the one that is being looked at is not counted yet.
    opened: usize,
    /// Times that somebody had to try again.
    pub(crate) again: usize,
}

/// Plays it; pictures go to `out`.
///
/// # Errors
/// If the machine cannot be used.
pub(crate) fn play(
    guest: &Guest,
    world: &World,
    (out, much): (&Path, Much),
    report: &mut Report,
) -> Result<()> {
    let disk = world.disk(&out.join("journal-board.img"))?;
    let before = world.rows(&world.disk(&out.join("before.img"))?)?.len();
    let mut lane = Lane::on(guest, &Power::whole(disk.clone()), out, report)?;
    lane.begin()?;
    lane.anew()?;
    lane.codes(much.passages)?;
    lane.cards(much.passages)?;
    lane.pulses()?;
    lane.fire()?;
    pulls::all(&mut lane, much.pulls)?;
    lane.count()?;
    let (opened, again) = (lane.opened, lane.again);
    lane.machine.off()?;
    let rows = world.rows(&disk)?;
    // A record that came too late is in the journal all the same, and the row behind it says so; its person was told Assist.
    let (passages, shut) = passes(rows.get(before..).unwrap_or_default());
    report.rule(
        "board: each pulse of the latch is one row of the journal, and no other but what says that it opened nothing",
        passages == opened,
    );
    report.figure(&format!(
        "{opened} pulses, {passages} rows of Pass, {shut} more that opened nothing; tried again {again} times"
    ));
    Ok(())
}

impl<'a> Lane<'a> {
    /// Switches it on, and waits until it serves.
    ///
    /// # Errors
    /// If the machine cannot be used.
    pub(crate) fn on(
        guest: &Guest,
        power: &Power,
        out: &'a Path,
        report: &'a mut Report,
    ) -> Result<Lane<'a>> {
        let mut machine = Machine::on(guest, power)?;
        let up = holding(&mut machine, "systemctl is-active --quiet gate.service");
        came(&mut machine, report, "board: the lane is ready after power on", up)?;
        let board = machine.shell.run(
            "systemctl is-active rig-board.service; journalctl -b --no-pager -o cat -u rig-board.service",
        )?;
        ensure!(board.text.starts_with("active"), "the guest's board: {}", board.text);
        let trace = Trace::of(&mut machine)?;
        Ok(Lane { machine, report, out, trace, next: 0, opened: 0, again: 0 })
    }

    fn begin(&mut self) -> Result<()> {
        let looks = holding(
            &mut self.machine,
            "ls -l /proc/$(systemctl show -p MainPID --value gate.service)/fd | grep -q video",
        );
        came(&mut self.machine, self.report, "board: the camera of the kernel is streaming", looks)?;
        let drm = self
            .machine
            .shell
            .holds("ls -l /proc/$(systemctl show -p MainPID --value gate.service)/fd | grep -q dri/card0")?;
        if drm {
            self.report.rule("board: the screen is the kernel's display driver's", drm);
        } else {
            self.report.skipped("board: the display driver", "gate was built without the feature drm");
        }
        let held = holding(&mut self.machine, "test $(grep -c tianfu-gate /sys/kernel/debug/gpio) = 10");
        came(&mut self.machine, self.report, "board: ten lines are the lane's", held)?;
        self.screenshot("board-idle.png")
    }

    /// The picture on its screen.
    ///
    /// # Errors
    /// If the emulator cannot take it.
    pub(crate) fn screenshot(&mut self, name: &str) -> Result<()> {
        self.machine.screenshot(&self.out.join(name))
    }

    /// The verdict is on the screen.
    ///
    /// # Errors
    /// If the machine cannot be used.
    pub(crate) fn verdict(&mut self, name: &str) -> Result<()> {
        let seen =
            until("green", || Ok((Picture::of(&mut self.machine)?.ground() == Ground::Pass).then_some(())));
        came(
            &mut self.machine,
            self.report,
            "board: the verdict is on the screen, beside the open latch",
            seen,
        )?;
        self.screenshot(name)
    }

    /// Begun anew with a code already before its camera: from the order to the edge of the latch.
    fn anew(&mut self) -> Result<()> {
        self.open_after(Means::Code, |lane| {
            lane.machine.shell.must("systemctl stop gate.service")?;
            lane.show(Means::Code)?;
            lane.machine.shell.must("systemctl start --no-block gate.service")?;
            Ok(())
        })?;
        self.put_away(Means::Code)?;
        let passage = self.through(What::Marked)?;
        self.report.rule("board: a lane that begins lets in who already shows a code", true);
        let waited = passage.waited.as_millis();
        self.report.figure(&format!("order to start to edge of the latch, emulated: {waited} ms"));
        Ok(())
    }

    fn codes(&mut self, many: u16) -> Result<()> {
        let (mut times, mut waits) = (Times::default(), Waits::default());
        for one in 0..many {
            let passage = self.code(|lane| if one == 0 { lane.verdict("board-code.png") } else { Ok(()) })?;
            times.took(passage.waited);
            waits.took(&passage);
        }
        self.report.rule(
            "board: each code before the kernel's camera opens the latch",
            times.count() == usize::from(many),
        );
        self.report.figure(&format!("first frame played to edge of the latch, emulated: {}", times.said()));
        waits.told(self.report, "code");
        Ok(())
    }

    fn cards(&mut self, many: u16) -> Result<()> {
        let (mut times, mut waits, mut longest) = (Times::default(), Waits::default(), Duration::ZERO);
        for one in 0..many {
            let passage = self.card(|lane| if one == 0 { lane.verdict("board-card.png") } else { Ok(()) })?;
            times.took(passage.waited);
            waits.took(&passage);
            longest = longest.max(passage.open);
        }
        let early = longest < Duration::from_millis(CARD_MS - OFF_MS);
        self.report.rule("board: who has gone through the light barrier ends the opening", early);
        self.report
            .rule("board: each card on the reader opens the latch", times.count() == usize::from(many));
        self.report.figure(&format!("card laid down to edge of the latch, emulated: {}", times.said()));
        waits.told(self.report, "card");
        Ok(())
    }

    /// A person with a code nobody showed before goes through; from its first frame to the edge of the latch.
    ///
    /// # Errors
    /// If the latch never opens or never closes.
    pub(crate) fn code(&mut self, meanwhile: impl FnOnce(&mut Self) -> Result<()>) -> Result<Passage> {
        self.open_by(Means::Code)?;
        meanwhile(self)?;
        self.put_away(Means::Code)?;
        self.through(What::Played)
    }

    /// A person with a card goes through; from laying it down to the edge of the latch.
    ///
    /// # Errors
    /// If the latch never opens or never closes.
    pub(crate) fn card(&mut self, meanwhile: impl FnOnce(&mut Self) -> Result<()>) -> Result<Passage> {
        self.open_by(Means::Card)?;
        meanwhile(self)?;
        self.put_away(Means::Card)?;
        self.through(What::Marked)
    }

    /// Shows it until the latch is open: a busy emulator may commit a record too late, which is Assist, and who is told so tries again.
    fn open_by(&mut self, means: Means) -> Result<()> {
        self.open_after(means, |lane| lane.show(means))
    }

    fn open_after(&mut self, means: Means, shown: impl Fn(&mut Self) -> Result<()>) -> Result<()> {
        for _ in 0..TRIES {
            // Who comes while it is open for somebody else goes through in the same pulse.
            holding(&mut self.machine, &format!("grep -q 0 {LINES}/sim_gpio{LATCH}/value"))?;
            shown(self)?;
            let began = Instant::now();
            while began.elapsed() < TRY {
                if self.machine.shell.holds(&format!("grep -q 1 {LINES}/sim_gpio{LATCH}/value"))? {
                    return Ok(());
                }
            }
            self.put_away(means)?;
            self.again += 1;
            std::thread::sleep(AWAY);
        }
        self.screenshot("stuck.png")?;
        self.tell_the_log()?;
        bail!("the latch does not open")
    }

    fn tell_the_log(&mut self) -> Result<()> {
        let log = "journalctl -b --no-pager -o short-monotonic -n 25 -u 'gate*'; ls -l /dev/rig-*";
        self.report.figure(&self.machine.shell.run(log)?.text);
        Ok(())
    }

    /// Somebody whose card has expired is sent to the staff by the lamp, with or without a screen.
    ///
    /// # Errors
    /// If the lamp stays dark.
    pub(crate) fn sent_to_the_staff(&mut self) -> Result<()> {
        self.count()?;
        self.trace.begin(&mut self.machine)?;
        self.machine.reader.lay(World::expired_card()?)?;
        let lit = until("the amber lamp", || {
            let moments = self.trace.moments(&mut self.machine)?;
            Ok(first(&moments, What::Driven { line: AMBER, high: true }))
        });
        self.machine.reader.take()?;
        lit?;
        ensure!(
            pulses(&self.trace.moments(&mut self.machine)?, LATCH) == 0,
            "an expired card opened the latch"
        );
        Ok(())
    }

    fn show(&mut self, means: Means) -> Result<()> {
        self.count()?;
        self.trace.begin(&mut self.machine)?;
        if means == Means::Card {
            return self.machine.reader.lay(World::card()?);
        }
        let code = self.next % CODES;
        self.next += 1;
        let from = format!("/var/lib/tianfu-gate/pictures/code-{code}.grey");
        let play = format!(
            "v4l2-ctl -d /dev/rig-player --stream-out-mmap --stream-loop --stream-from={from} >/run/rig-played 2>&1 &"
        );
        self.machine.shell.must(&play)?;
        Ok(())
    }

    fn put_away(&mut self, means: Means) -> Result<()> {
        if means == Means::Card {
            return self.machine.reader.take();
        }
        self.machine.shell.must("kill $!; wait $! || true")?;
        Ok(())
    }

    /// The person goes through, and the latch closes.
    fn through(&mut self, what: What) -> Result<Passage> {
        self.pull(PASSAGE, "up")?;
        self.machine.shell.must(WALK)?;
        self.pull(PASSAGE, "down")?;
        holding(&mut self.machine, &format!("grep -q 0 {LINES}/sim_gpio{LATCH}/value"))?;
        let moments = self.trace.moments(&mut self.machine)?;
        let began = first(&moments, what).context("the trace does not say when it began")?;
        let opened =
            first(&moments, What::Driven { line: LATCH, high: true }).context("no edge of the latch")?;
        ensure!(
            first(&moments, What::Driven { line: GREEN, high: true }).is_some(),
            "the green lamp stayed dark"
        );
        let Some(open) = pulse_us(&moments, LATCH) else {
            // A line that falls and was not driven was let go: its program has ended.
            self.tell_the_log()?;
            bail!("the latch was not driven shut: {moments:?}");
        };
        let (syncs, synced) = synced_us(&moments, began, opened);
        Ok(Passage {
            waited: Duration::from_micros(opened.saturating_sub(began)),
            synced: (syncs, Duration::from_micros(synced)),
            open: Duration::from_micros(open),
        })
    }

    fn pull(&mut self, line: u32, to: &str) -> Result<()> {
        self.machine
            .shell
            .must(&format!("for one in {LINES}/sim_gpio{line}/pull; do echo pull-{to} > $one; done"))?;
        Ok(())
    }

    /// Adds the openings that the trace has seen, before it is begun anew.
    fn count(&mut self) -> Result<()> {
        self.opened += pulses(&self.trace.moments(&mut self.machine)?, LATCH);
        Ok(())
    }

    /// Openings that nobody uses last as long as was set.
    fn pulses(&mut self) -> Result<()> {
        for (means, name, set_ms) in [(Means::Code, "a code", CODE_MS), (Means::Card, "a card", CARD_MS)] {
            self.open_by(means)?;
            self.put_away(means)?;
            self.lasts(name, set_ms)?;
        }
        Ok(())
    }

    fn lasts(&mut self, means: &str, set_ms: u64) -> Result<()> {
        let (lasted, _) = until("the latch closes by its own timer", || {
            Ok(pulse_us(&self.trace.moments(&mut self.machine)?, LATCH))
        })?;
        let ms = lasted / 1_000;
        let rule = format!("board: an opening by {means} that nobody uses lasts {set_ms} ms");
        self.report.rule(&rule, ms + OFF_MS >= set_ms && ms <= set_ms + OFF_MS);
        self.report.figure(&format!("{ms} ms at the line"));
        Ok(())
    }

    fn fire(&mut self) -> Result<()> {
        self.count()?;
        self.trace.begin(&mut self.machine)?;
        self.pull(FIRE, "up")?;
        let open = holding(&mut self.machine, &format!("grep -q 1 {LINES}/sim_gpio{LATCH}/value"));
        came(&mut self.machine, self.report, "board: the fire contact opens the latch", open)?;
        // Longer than any opening of a person.
        std::thread::sleep(Duration::from_millis(CARD_MS + 2 * OFF_MS));
        let still = self.machine.shell.holds(&format!("grep -q 1 {LINES}/sim_gpio{LATCH}/value"))?;
        self.report.rule("board: and it stays open while there is fire", still);
        self.screenshot("board-fire.png")?;
        self.pull(FIRE, "down")?;
        let shut = holding(&mut self.machine, &format!("grep -q 0 {LINES}/sim_gpio{LATCH}/value"));
        came(&mut self.machine, self.report, "board: the fire over, it is closed", shut)?;
        // A fire is nobody's passage.
        self.trace.begin(&mut self.machine)
    }
}
