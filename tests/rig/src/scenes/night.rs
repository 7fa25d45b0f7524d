//! A technician's night at one terminal: a stick that the desk loaded, on FAT and on exFAT, visited under its unit; pulled out, its visit
//! ended, and the power cut while records are written.
//! Promises: data in force are the keeper's own word and the lane's next verdict; records are those that the stick's image brings back, proven
//! and opened as the authority does, against the journal's own at the end: each, and none otherwise.
//! Must not know: how a stick is read or written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use gate_sim::sam::SyntheticCard;
use gate_sim::stage::LedgerRow;
use serde_json::Value;

use crate::machine::{Guest, Machine, Power};
use crate::patience::until;
use crate::report::Report;
use crate::scenes::stick::{FileSystem, Stick, unplug};
use crate::scenes::{came, holding, told, told_again};
use crate::world::World;

/// Later than everything that was published and recorded.
pub(crate) const EVENING: &str = "2026-11-20T12:20:00";
const STICK_BYTES: u64 = 48 << 20;
const HOME: &str = "/var/lib/tianfu-gate";
const VISIT: &str = "/run/tianfu-gate/visit.json";
/// Of a stick that is pulled while it is written: the last sync takes ten seconds.
const CRAWL: u64 = 512;
const IDLE: &str = "sounder: Idle";
/// The latch's line in the log.
pub(crate) const OPENED: &str = "latch: open";
const VERDICT: &str = "lamps: Verdict";
/// Cards of one person, until the lane has taken over newer data.
const TRIES: usize = 6;

/// Plays it; pictures go to `out`.
///
/// # Errors
/// If the machine cannot be used; a rule that does not hold is in the report.
pub(crate) fn play(
    guest: &Guest,
    world: &World,
    (out, programs): (&Path, &Path),
    report: &mut Report,
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let power = Power {
        rtc: EVENING.to_owned(),
        root: Some(folder.path().join("root.img")),
        ..Power::usual(world.disk_in_the_evening(&out.join("journal-night.img"))?)
    };
    let machine = Machine::on(guest, &power)?;
    let mut night =
        Night { machine, world, folder: folder.path(), programs, out, back: BTreeMap::new(), report };
    night.begin()?;
    night.fat()?;
    night.pulled()?;
    night.ended()?;
    night.exfat()?;
    let stick = night.cut_begins()?;
    let Night { machine, back, .. } = night;
    machine.cut()?;
    let machine = Machine::on(guest, &power)?;
    let mut night = Night { machine, world, folder: folder.path(), programs, out, back, report };
    night.after_the_cut(&stick)?;
    let Night { machine, back, report, .. } = night;
    machine.off()?;
    let rows = world.rows(&power.disk)?;
    let same = |(sequence, sealed): (&u64, &Vec<u8>)| {
        rows.iter().any(|row| row.sequence.0 == *sequence && row.sealed == *sealed)
    };
    report.rule("each record that came back is the journal's own", !back.is_empty() && back.iter().all(same));
    let all = back.keys().copied().eq(1..=back.len() as u64);
    report.rule("and none is missing from the first to the last of them", all);
    report.figure(&format!("{} of the journal's {} records came back", back.len(), rows.len()));
    Ok(())
}

/// A terminal in the evening, and the desk.
pub(crate) struct Night<'a> {
    pub(crate) machine: Machine,
    pub(crate) world: &'a World,
    pub(crate) folder: &'a Path,
    pub(crate) programs: &'a Path,
    pub(crate) out: &'a Path,
    /// What the hub has, by its place in the journal.
    pub(crate) back: BTreeMap<u64, Vec<u8>>,
    pub(crate) report: &'a mut Report,
}

impl Night<'_> {
    /// From power on to a lane with batches that wait.
    ///
    /// # Errors
    /// If the guest does not answer.
    pub(crate) fn begin(&mut self) -> Result<()> {
        self.ready("the lane is ready after power on", 0)?;
        let before = told(&mut self.machine, IDLE)?;
        // What waits to be carried lies there before the lane looks.
        self.machine.shell.must(&format!(
            "systemctl stop gate.service; cp {HOME}/pictures/out/* {HOME}/spool/out/ && chown -R tianfu-gate:tianfu-spool {HOME}/spool/out {HOME}/keeper && systemctl start gate.service"
        ))?;
        self.ready("and with batches that wait", before)
    }

    fn ready(&mut self, rule: &str, before: usize) -> Result<()> {
        let idle = told_again(&mut self.machine, IDLE, before);
        came(&mut self.machine, self.report, rule, idle)
    }

    fn fat(&mut self) -> Result<()> {
        let before = self.generation()?;
        self.card(
            "a person whom the list does not name is not let through",
            World::newcomers_card()?,
            false,
        )?;
        let stick = self.loaded("fat", &self.world.published(), STICK_BYTES)?;
        self.visited(&stick, "night: a stick on FAT is visited, and its records are written", "written")?;
        self.machine.screenshot(&self.out.join("night-written.png"))?;
        self.in_force(before)?;
        self.newcomer("the list that the stick brought lets its new person through")?;
        self.returned(&stick, "night: FAT", 0)?;
        self.gone()
    }

    fn pulled(&mut self) -> Result<()> {
        let stick = self.loaded("pulled", &self.world.published(), STICK_BYTES)?;
        self.writing(&stick)?;
        self.card("night: while records are written a card opens the lane", World::card()?, true)?;
        self.still_writing()?;
        unplug(&mut self.machine)?;
        self.told(
            "night: pulled out while records are written, it is told",
            ("stopped", Some("pulled_out")),
        )?;
        self.machine.screenshot(&self.out.join("night-pulled.png"))?;
        let left = self.visit()?.get("waiting").and_then(Value::as_u64);
        self.gone()?;
        let rest = self.returned_some(&stick)?;
        // Nothing of it was sealed: the whole of it is one sync.
        let none = rest == 0 && left.is_some_and(|left| left > 0);
        self.report.rule("night: pulled: nothing counts on the stick, and that is what was told", none);
        stick.writes(&mut self.machine, 0)?;
        self.again(&stick, "night: pulled", rest)
    }

    fn ended(&mut self) -> Result<()> {
        let stick = self.loaded("ended", &self.world.published(), STICK_BYTES)?;
        self.writing(&stick)?;
        self.machine.shell.must("systemctl stop --no-block gate-stick.service")?;
        self.told("night: a visit that is ended says that it is", ("stopped", Some("pulled_out")))?;
        self.unplugged()?;
        self.gone()?;
        let rest = self.returned_some(&stick)?;
        stick.writes(&mut self.machine, 0)?;
        self.again(&stick, "night: ended", rest)
    }

    /// The same stick once more.
    fn again(&mut self, stick: &Stick, name: &str, before: usize) -> Result<()> {
        self.visited(stick, &format!("{name}: the next visit with this stick writes them"), "written")?;
        self.returned(stick, name, before)?;
        self.gone()
    }

    /// On exFAT, which nothing on this machine fills: the guest is the desk, too.
    fn exfat(&mut self) -> Result<()> {
        let stick = Stick { name: "exfat", image: self.folder.join("exfat.img") };
        stick.format(FileSystem::ExFat, STICK_BYTES)?;
        stick.attach(&mut self.machine)?;
        let said = self.as_desk(
            &stick,
            &format!("gate-field load --from {HOME}/pictures/published --stick /mnt --outbox-mib 1"),
        )?;
        self.report.figure(&said);
        self.visited(&stick, "night: a stick on exFAT is visited, and its records are written", "written")?;
        let waited = self.written()?;
        self.unplugged()?;
        let said = self.as_desk(&stick, "gate-field return --stick /mnt --to /tmp/hub")?;
        let told = format!("收回 back: {waited} 批新 new batches, 0 批已有 known, 1 份终端报告 accounts");
        self.report.rule(
            "night: exFAT: every batch that waited is on the stick",
            waited > 0 && said.contains(&told),
        );
        self.report.figure(&said);
        Ok(())
    }

    /// A command with a stick on /mnt, which is not visited.
    fn as_desk(&mut self, stick: &Stick, command: &str) -> Result<String> {
        self.machine.shell.must("systemctl mask --runtime gate-stick.service 2>&1")?;
        stick.plug(&mut self.machine)?;
        holding(&mut self.machine, "test -e /dev/tianfu-gate-stick")?;
        self.machine.shell.must("mount /dev/tianfu-gate-stick /mnt")?;
        let said = self.machine.shell.must(command)?;
        self.machine.shell.must("umount /mnt")?;
        self.unplugged()?;
        self.machine.shell.must("systemctl unmask --runtime gate-stick.service 2>&1")?;
        Ok(said)
    }

    fn cut_begins(&mut self) -> Result<Stick> {
        let stick = self.loaded("cut", &self.world.published(), STICK_BYTES)?;
        self.writing(&stick)?;
        Ok(stick)
    }

    fn after_the_cut(&mut self, stick: &Stick) -> Result<()> {
        self.ready("night: after a power cut while records were written the lane is ready", 0)?;
        self.newcomer("and goes on with the list that was in force")?;
        let rest = self.returned_some(stick)?;
        stick.attach(&mut self.machine)?;
        self.again(stick, "night: cut", rest)
    }

    /// What the desk has published, loaded onto a stick at the desk, which is this machine.
    ///
    /// # Errors
    /// If it has no room.
    pub(crate) fn loaded(&self, name: &'static str, published: &Path, bytes: u64) -> Result<Stick> {
        let folder = self.folder.join(name);
        self.field(&[
            "load".as_ref(),
            "--outbox-mib".as_ref(),
            "1".as_ref(),
            "--from".as_ref(),
            published.as_ref(),
            "--stick".as_ref(),
            folder.as_ref(),
        ])?;
        let stick = Stick { name, image: self.folder.join(format!("{name}.img")) };
        stick.format(FileSystem::Fat, bytes)?;
        stick.fill(&folder)?;
        std::fs::remove_dir_all(folder)?;
        Ok(stick)
    }

    fn field(&self, words: &[&std::ffi::OsStr]) -> Result<String> {
        let output = Command::new(self.programs.join("gate-field")).args(words).output()?;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        ensure!(output.status.success(), "gate-field: {said}");
        Ok(said)
    }

    /// Put in, visited to the end.
    fn visited(&mut self, stick: &Stick, rule: &str, step: &str) -> Result<()> {
        if self.machine.shell.holds("test -e /dev/tianfu-gate-stick")? {
            self.unplugged()?;
        }
        self.machine.shell.must(&format!("rm -f {VISIT}"))?;
        if !self.is_attached(stick)? {
            stick.attach(&mut self.machine)?;
        }
        stick.plug(&mut self.machine)?;
        self.told(rule, (step, None))
    }

    fn is_attached(&mut self, stick: &Stick) -> Result<bool> {
        let nodes = self.machine.qmp.ask("query-named-block-nodes", serde_json::json!({ "flat": true }))?;
        let nodes = nodes.as_array().cloned().unwrap_or_default();
        Ok(nodes.iter().any(|node| node.get("node-name").and_then(Value::as_str) == Some(stick.name)))
    }

    /// The visit has ended in this, and its unit with it.
    fn told(&mut self, rule: &str, (step, why): (&str, Option<&str>)) -> Result<()> {
        let over = until(rule, || {
            let told = self.visit()?;
            let is = |field: &str| told.get(field).and_then(Value::as_str).map(str::to_owned);
            let ended =
                "systemctl show -p ActiveState --value gate-stick.service | grep -qE 'inactive|failed'";
            let fits = is("step").as_deref() == Some(step) && is("why").as_deref() == why;
            Ok((fits && self.machine.shell.holds(ended)?).then_some(()))
        });
        came(&mut self.machine, self.report, rule, over)?;
        let said = self.visit()?.to_string();
        self.report.figure(&said);
        Ok(())
    }

    /// What is told of the visit.
    ///
    /// # Errors
    /// If the guest does not answer.
    pub(crate) fn visit(&mut self) -> Result<Value> {
        let text = self.machine.shell.run(&format!("cat {VISIT} 2>/dev/null"))?.text;
        Ok(serde_json::from_str(text.trim()).unwrap_or(Value::Null))
    }

    /// Put in, until its records are being written, which takes a while.
    fn writing(&mut self, stick: &Stick) -> Result<()> {
        self.machine.shell.must(&format!("rm -f {VISIT}"))?;
        stick.attach(&mut self.machine)?;
        stick.writes(&mut self.machine, CRAWL)?;
        stick.plug(&mut self.machine)?;
        until("records are written", || {
            Ok((self.visit()?.get("step").and_then(Value::as_str) == Some("writing")).then_some(()))
        })?;
        self.still_writing()
    }

    fn still_writing(&mut self) -> Result<()> {
        let told = self.visit()?;
        ensure!(told.get("step").and_then(Value::as_str) == Some("writing"), "too late: {told}");
        Ok(())
    }

    fn gone(&mut self) -> Result<()> {
        let stick = self.machine.shell.holds("test -e /dev/tianfu-gate-stick")?;
        if stick {
            self.unplugged()?;
        }
        let gone = holding(&mut self.machine, "! grep -q tianfu-gate/stick /proc/mounts");
        came(&mut self.machine, self.report, "pulled out, nothing is mounted", gone)
    }

    /// Pulls out what is in the slot.
    ///
    /// # Errors
    /// If it stays.
    pub(crate) fn unplugged(&mut self) -> Result<()> {
        unplug(&mut self.machine)?;
        holding(&mut self.machine, "! test -e /dev/tianfu-gate-stick").map(drop)
    }

    /// Batches that the last visit wrote, by its own word: nothing that waited was left.
    fn written(&mut self) -> Result<usize> {
        let said = self
            .machine
            .shell
            .must("journalctl -b --no-pager -o cat -u gate-stick.service | grep -F '带出 out' | tail -1")?;
        ensure!(said.ends_with("left 0"), "{said}");
        let number = said.split_whitespace().find_map(|word| word.parse().ok());
        number.with_context(|| format!("how many were written: {said}"))
    }

    fn generation(&mut self) -> Result<u64> {
        let manifest = self.machine.shell.must(&format!("cat {HOME}/believed/manifest.json"))?;
        let manifest: Value = serde_json::from_str(&manifest)?;
        manifest.get("generation").and_then(Value::as_u64).context("a manifest has a generation")
    }

    fn in_force(&mut self, before: u64) -> Result<()> {
        let report: Value =
            serde_json::from_str(&self.machine.shell.must(&format!("cat {HOME}/keeper/report.json"))?)?;
        let now = self.generation()?;
        let same = report.get("generation").and_then(Value::as_u64) == Some(now);
        self.report.rule("the generation in force rose, and the keeper says which", now > before && same);
        let of = |line: &Value| {
            let name = line.get("name")?.as_str()?.to_owned();
            Some((name, line.pointer("/in_force/version")?.as_u64()?))
        };
        let lines = report.get("datasets").and_then(Value::as_array).cloned().unwrap_or_default();
        let versions: BTreeMap<String, u64> = lines.iter().filter_map(of).collect();
        self.report.rule("the desk's newer list is in force", versions.get("status-list") == Some(&2));
        let refused =
            lines.iter().filter(|line| line.get("refused").is_some_and(|why| !why.is_null())).count();
        self.report.rule("and nothing was refused", refused == 0);
        self.report.figure(&format!("generation {before}, then {now}; versions {versions:?}"));
        Ok(())
    }

    /// What the image holds, returned at the desk: what the visit wrote, and what was on it `before`.
    fn returned(&mut self, stick: &Stick, name: &str, before: usize) -> Result<()> {
        let (written, back) = (self.written()?, self.returned_some(stick)?);
        let rule = format!("{name}: every batch that waited is on the stick");
        self.report.rule(&rule, back > 0 && back == before + written);
        Ok(())
    }

    /// How many batches the image brings back.
    fn returned_some(&mut self, stick: &Stick) -> Result<usize> {
        let copy = tempfile::tempdir_in(self.folder)?;
        let (there, hub) = (copy.path().join("stick"), copy.path().join("hub"));
        stick.take_out(&there)?;
        let log = copy.path().join("log");
        let said = self.field(&[
            "return".as_ref(),
            "--stick".as_ref(),
            there.as_ref(),
            "--to".as_ref(),
            hub.as_ref(),
            "--log".as_ref(),
            log.as_ref(),
        ])?;
        self.report.figure(said.trim());
        let batches = batches(&hub.join("out"))?;
        for batch in &batches {
            for LedgerRow { sequence, sealed, .. } in self.world.rows_of_batch(batch)? {
                let known = self.back.insert(sequence.0, sealed.clone());
                ensure!(
                    known.is_none_or(|known| known == sealed),
                    "record {} came twice, and differs",
                    sequence.0
                );
            }
        }
        Ok(batches.len())
    }

    /// The card of the person whom the desk's newer list names. The lane looks for a newer generation every few seconds.
    fn newcomer(&mut self, rule: &str) -> Result<()> {
        let before = told(&mut self.machine, OPENED)?;
        for _ in 0..TRIES {
            self.laid(World::newcomers_card()?)?;
            if told(&mut self.machine, OPENED)? > before {
                break;
            }
        }
        self.report.rule(rule, told(&mut self.machine, OPENED)? == before + 1);
        Ok(())
    }

    /// A card on the reader; whether it is to open the lane.
    fn card(&mut self, rule: &str, card: SyntheticCard, opens: bool) -> Result<()> {
        let before = told(&mut self.machine, OPENED)?;
        self.laid(card)?;
        self.report.rule(rule, (told(&mut self.machine, OPENED)? > before) == opens);
        Ok(())
    }

    /// Laid down until it has its verdict, and taken away until the lane is idle.
    ///
    /// # Errors
    /// If it gets none.
    pub(crate) fn laid(&mut self, card: SyntheticCard) -> Result<()> {
        let (verdicts, idle) = (told(&mut self.machine, VERDICT)?, told(&mut self.machine, IDLE)?);
        self.machine.reader.lay(card)?;
        told_again(&mut self.machine, VERDICT, verdicts)?;
        self.machine.reader.take()?;
        told_again(&mut self.machine, IDLE, idle)?;
        Ok(())
    }
}

fn batches(out: &Path) -> Result<Vec<PathBuf>> {
    if !out.exists() {
        return Ok(Vec::new());
    }
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(out)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    all.retain(|path| path.extension().is_some_and(|kind| kind == "tfb"));
    Ok(all)
}
