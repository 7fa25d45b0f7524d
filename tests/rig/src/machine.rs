//! One emulated machine: its processor, disks, lines and clocks, from power on to power off.
//! Promises: ends with its owner; what it writes stays in its own folder. Never with KVM: Debian's kernel hangs under some hosts' (ADR 21).
//! Must not know: which programs the guest runs.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::patience::until;
use crate::qmp::Qmp;
use crate::reader::Reader;
use crate::shell::Shell;

/// The adapter that a whole board's reader is behind.
pub(crate) const USB_SERIAL: &str = "usb-serial";

/// What a machine is started from.
pub(crate) struct Guest {
    /// `kernel`, `initrd`, `root.img`, and the emulator's unpacked packages.
    pub(crate) files: PathBuf,
    /// The emulator's packages, unpacked.
    pub(crate) emulator: PathBuf,
    /// What it is emulated on.
    pub(crate) processor: Processor,
}

/// A processor, by Debian's name.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Processor {
    /// A PC.
    Amd64,
    /// QEMU's `virt` board with a Cortex-A53: a whole board alone, since it has one serial line.
    Arm64,
}

/// How one start differs from another.
pub(crate) struct Power {
    /// The battery-backed clock at power on, as the emulator spells it.
    pub(crate) rtc: String,
    /// The disk of the journal, which outlives the machine.
    pub(crate) disk: PathBuf,
    /// A disk of its own that outlives the machine, made of the guest's if it is not there; else what it writes is gone with it.
    pub(crate) root: Option<PathBuf>,
    /// Bytes more on that disk.
    pub(crate) room: u64,
    /// One more disk, and the file that takes a log of its block writes.
    pub(crate) logged: Option<(PathBuf, PathBuf)>,
    /// What hangs on it.
    pub(crate) board: Board,
    /// What a reset ends in.
    pub(crate) reset: Reset,
    /// Words for its kernel.
    pub(crate) words: &'static str,
}

/// What hangs on a machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Board {
    /// A reader on a serial line; pictures from a folder.
    Bare,
    /// What `assets/boards/rig.toml` names: a reader on USB, lines, a camera, a screen of the kernel's.
    Whole,
    /// The same with nothing plugged in but the lines; a scanner that types is named as well.
    Unplugged,
}

/// What a reset ends in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reset {
    /// The machine's end: nobody asked for one.
    Off,
    /// The guest's start anew.
    Boot,
}

impl Power {
    /// At the time when the demo's stories begin.
    pub(crate) fn usual(disk: PathBuf) -> Power {
        let rtc = crate::BEGINNING.to_owned();
        Power {
            rtc,
            disk,
            root: None,
            room: 0,
            logged: None,
            board: Board::Bare,
            reset: Reset::Off,
            words: "",
        }
    }

    /// The same with everything that a board has.
    pub(crate) fn whole(disk: PathBuf) -> Power {
        Power { board: Board::Whole, ..Power::usual(disk) }
    }

    /// The same with nothing plugged in yet.
    pub(crate) fn unplugged(disk: PathBuf) -> Power {
        Power { board: Board::Unplugged, ..Power::usual(disk) }
    }
}

/// A running machine.
pub(crate) struct Machine {
    emulator: Child,
    room: tempfile::TempDir,
    /// The emulator.
    pub(crate) qmp: Qmp,
    /// The guest.
    pub(crate) shell: Shell,
    /// The reader on its second serial line.
    pub(crate) reader: Reader,
}

impl Machine {
    /// Switches a machine on and waits for the guest's shell.
    ///
    /// # Errors
    /// If the emulator does not start or the guest does not come up.
    pub(crate) fn on(guest: &Guest, power: &Power) -> Result<Machine> {
        let room = tempfile::tempdir()?;
        if let Some(root) = power.root.as_deref().filter(|root| !root.exists()) {
            let copied = Command::new("cp")
                .arg("--sparse=always")
                .arg(guest.files.join("root.img"))
                .arg(root)
                .status()?;
            ensure!(copied.success(), "the guest's disk could not be copied");
            grown(root, power.room)?;
            // As on a board: without a journal a cut leaves what no file system vouches for.
            let done = Command::new("tune2fs").arg("-j").arg(root).output()?;
            ensure!(done.status.success(), "tune2fs: {}", String::from_utf8_lossy(&done.stderr));
        }
        let reader = Reader::plugged(&room.path().join("reader"))?;
        let mut command = guest.command();
        command.args(arguments(guest, power, room.path(), reader.path()));
        let emulator = command.stdin(Stdio::null()).spawn().context("starting the emulator")?;
        let mut started = Started(Some(emulator));
        let qmp = Qmp::at(&room.path().join("qmp"))?;
        let shell = Shell::at(&room.path().join("shell")).with_context(|| log_of(room.path()))?;
        let emulator = started.0.take().context("the emulator has ended")?;
        Ok(Machine { emulator, room, qmp, shell, reader })
    }

    /// The picture on its screen, as a PNG file.
    ///
    /// # Errors
    /// If the emulator cannot take it.
    pub(crate) fn screenshot(&mut self, png: &Path) -> Result<()> {
        let file = std::path::absolute(png)?;
        self.qmp.ask("screendump", json!({ "filename": file, "format": "png" }))?;
        Ok(())
    }

    /// What its battery-backed clock says, by the emulator's word, as [`Power::rtc`] spells a time.
    ///
    /// # Errors
    /// If the emulator does not tell.
    pub(crate) fn battery_clock(&mut self) -> Result<String> {
        let told = self.qmp.ask("qom-get", json!({ "path": "/machine", "property": "rtc-time" }))?;
        let field =
            |name: &str| told.get(name).and_then(Value::as_i64).with_context(|| format!("{name}: {told}"));
        let (year, month, day) = (field("tm_year")? + 1_900, field("tm_mon")? + 1, field("tm_mday")?);
        let (hour, minute, second) = (field("tm_hour")?, field("tm_min")?, field("tm_sec")?);
        Ok(format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
    }

    /// A folder that is gone with the machine.
    pub(crate) fn room(&self) -> &Path {
        self.room.path()
    }

    /// Shuts the guest down in order and waits for the end.
    ///
    /// # Errors
    /// If it does not end.
    pub(crate) fn off(mut self) -> Result<()> {
        self.shell.run("(sleep 1; systemctl poweroff) >/dev/null 2>&1 &")?;
        until("the guest ends", || Ok(self.emulator.try_wait()?))?;
        Ok(())
    }

    /// Cuts its power.
    ///
    /// # Errors
    /// If the emulator cannot be ended.
    pub(crate) fn cut(mut self) -> Result<()> {
        self.emulator.kill()?;
        self.emulator.wait()?;
        Ok(())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ = self.emulator.kill();
        let _ = self.emulator.wait();
    }
}

/// An emulator whose guest is not up yet.
struct Started(Option<Child>);

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(emulator) = &mut self.0 {
            let _ = emulator.kill();
            let _ = emulator.wait();
        }
    }
}

impl Guest {
    /// The guest of these programs, made anew.
    ///
    /// # Errors
    /// If its disks cannot be made.
    pub(crate) fn made(programs: &Path, world: &Path, rig: &Path, processor: Processor) -> Result<Guest> {
        let (folder, named) = match processor {
            Processor::Amd64 => ("guest", None),
            Processor::Arm64 => ("arm64/guest", Some("arm64")),
        };
        let files = rig.join(folder);
        let made = Command::new("bash")
            .arg("tests/rig/guest.sh")
            .args([programs, world, &files])
            .args(named)
            .status()
            .context("starting tests/rig/guest.sh")?;
        ensure!(made.success(), "the guest's disks could not be made");
        Ok(Guest { files, emulator: rig.join("qemu"), processor })
    }

    fn command(&self) -> Command {
        let program = match self.processor {
            Processor::Amd64 => "usr/bin/qemu-system-x86_64",
            Processor::Arm64 => "usr/bin/qemu-system-aarch64",
        };
        let mut command = Command::new(self.emulator.join(program));
        let libraries: Vec<String> = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"]
            .map(|folder| self.emulator.join(folder).display().to_string())
            .into();
        command.env("LD_LIBRARY_PATH", libraries.join(":"));
        for folder in ["usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu"] {
            command.arg("-L").arg(self.emulator.join(folder));
        }
        command
    }
}

fn arguments(guest: &Guest, power: &Power, room: &Path, reader: &Path) -> Vec<String> {
    let file = |name: &str| guest.files.join(name).display().to_string();
    let here = |name: &str| room.join(name).display().to_string();
    let mut all: Vec<String> = [
        "-accel",
        "tcg,thread=multi",
        "-smp",
        "2",
        "-m",
        "512",
        "-nodefaults",
        "-display",
        "none",
        "-device",
        "qemu-xhci",
        "-device",
        "i6300esb",
        "-device",
        "virtio-serial-pci",
        "-device",
        "virtio-rng-pci",
    ]
    .map(str::to_owned)
    .into();
    all.extend(own(guest.processor).iter().map(|word| (*word).to_owned()));
    for (option, value) in [
        ("-kernel", file("kernel")),
        ("-initrd", file("initrd")),
        ("-append", kernel(guest.processor, power)),
        ("-serial", format!("file:{}", here("console"))),
        ("-chardev", format!("serial,id=reader,path={}", reader.display())),
        ("-chardev", format!("socket,id=shell,path={},server=on,wait=off", here("shell"))),
        ("-device", "virtconsole,chardev=shell".to_owned()),
        ("-drive", root(guest, power)),
        // The host's own disk is nobody's business here: its flushes on a busy machine would be the journal's.
        ("-drive", format!("if=virtio,format=raw,cache=unsafe,file={}", power.disk.display())),
        ("-rtc", format!("base={},clock=vm", power.rtc)),
        ("-qmp", format!("unix:{},server=on,wait=off", here("qmp"))),
    ] {
        all.extend([option.to_owned(), value]);
    }
    if power.reset == Reset::Off {
        all.push("-no-reboot".to_owned());
    }
    all.extend(reader_on(power.board));
    all.extend(power.logged.iter().flat_map(|(disk, log)| logged(disk, log)));
    all
}

/// A disk with more room.
fn grown(disk: &Path, room: u64) -> Result<()> {
    if room == 0 {
        return Ok(());
    }
    let file = std::fs::File::options().write(true).open(disk)?;
    file.set_len(file.metadata()?.len() + room)?;
    let done = Command::new("resize2fs").arg("-f").arg(disk).output()?;
    ensure!(done.status.success(), "resize2fs: {}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}

fn root(guest: &Guest, power: &Power) -> String {
    match &power.root {
        None => format!("if=virtio,format=raw,snapshot=on,file={}", guest.files.join("root.img").display()),
        Some(root) => format!("if=virtio,format=raw,cache=unsafe,file={}", root.display()),
    }
}

/// What the kernel is told. One that may be reset is to stay where it is when it dies: the watchdog is to end that.
fn kernel(processor: Processor, power: &Power) -> String {
    let dies = if power.reset == Reset::Off { "panic=-1" } else { "panic=0" };
    let board = match power.board {
        Board::Bare => "",
        Board::Whole => "rig.board",
        // The camera's driver comes when the camera does, and with it the kernel's part for all cameras, unless the unit has loaded that.
        Board::Unplugged => "rig.board rig.unplugged modprobe.blacklist=vivid",
    };
    let console = match (processor, power.board) {
        // The screen of a board whose driver is not there yet is nobody's.
        (Processor::Amd64, Board::Unplugged) => "ttyS0",
        (Processor::Amd64, _) => "ttyS0 vga=788",
        (Processor::Arm64, _) => "ttyAMA0",
    };
    format!("console={console} quiet {dies} systemd.show_status=no {board} {}", power.words)
}

/// What one processor's board has and the other's has not.
fn own(processor: Processor) -> &'static [&'static str] {
    match processor {
        Processor::Amd64 => &["-vga", "std"],
        Processor::Arm64 => &["-M", "virt", "-cpu", "cortex-a53", "-device", "bochs-display"],
    }
}

fn reader_on(board: Board) -> Vec<String> {
    match board {
        Board::Bare => vec!["-serial".to_owned(), "chardev:reader".to_owned()],
        Board::Whole => vec!["-device".to_owned(), format!("{USB_SERIAL},chardev=reader,id=reader")],
        Board::Unplugged => Vec::new(),
    }
}

/// A disk whose block writes are logged in the order in which it completed them.
fn logged(disk: &Path, log: &Path) -> Vec<String> {
    let (disk, log) = (disk.display(), log.display());
    let parts = [
        format!("driver=file,filename={disk},node-name=below"),
        format!("driver=file,filename={log},node-name=log"),
        "driver=blklogwrites,node-name=logged,file=below,log=log,log-super-update-interval=1".to_owned(),
    ];
    let mut all: Vec<String> = parts.into_iter().flat_map(|part| ["-blockdev".to_owned(), part]).collect();
    // The last slot: the third disk of the guest.
    all.extend(["-device".to_owned(), "virtio-blk-pci,drive=logged,addr=0x1d".to_owned()]);
    all
}

/// What the guest's kernel said last.
fn log_of(room: &Path) -> String {
    let log = std::fs::read(room.join("console")).unwrap_or_default();
    let text = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")
}
