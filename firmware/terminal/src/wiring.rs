//! From a configuration to a running terminal: devices, data, journal.
//! Promises: only puts together; a missing dataset or device is a health state, not a reason not to start.
//! Must not know: how any of them works.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use gate_core::event::Event;
use gate_core::screen::OutOfService;
use gate_hal::camera::Camera;
use gate_hal::card_reader::CardReader;
use gate_hal::code_reader::CodeReader;
use gate_hal::display::Display;
use gate_hal::inputs::Inputs;
use gate_hal::keys::Keys;
use gate_hal::latch::Latch;
use gate_hal::signals::{Lamps, Sounder};
use gate_hal::thermometer::Thermometer;
use gate_hal::torch::Torch;
use gate_hal_linux::absent::{Absent, Logged, TypedKeys};
use gate_hal_linux::camera::{FlashTorch, V4l2Camera};
use gate_hal_linux::card_reader::sdt_reader;
use gate_hal_linux::clock::{RtcTrust, SystemClock};
#[cfg(feature = "drm")]
use gate_hal_linux::drm_panel::DrmPanel;
use gate_hal_linux::fire_release::FireRelease;
use gate_hal_linux::framebuffer::FileFramebuffer;
use gate_hal_linux::frames::{FrameDirectory, Playing};
use gate_hal_linux::gpio::{Buzzer, GpioOutput, GpioSensors, ThreeLamps, TimedLatch};
use gate_hal_linux::keyboard::{Keypad, LineScanner, Wedge};
use gate_hal_linux::loudspeaker::{PipedLoudspeaker, Player};
#[cfg(feature = "drm")]
use gate_hal_linux::panel::Either;
use gate_hal_linux::panel::PanelThread;
use gate_hal_linux::pulsed_latch::PulsedLatch;
use gate_hal_linux::serial;
#[cfg(feature = "spi")]
use gate_hal_linux::spi_panel::SpiPanel;
use gate_hal_linux::thermometer::ReadThermometer;
use gate_hal_linux::torch::LedTorch;
use gate_hal_linux::usb_power::PowerCycled;
#[cfg(feature = "usb")]
use gate_hal_linux::usb_reader;
use gate_store::{JournalConfig, JournalKeys, OpenFault, SqliteJournal};

use crate::believed::Believed;
use crate::book::{Book, NoBook};
use crate::config::{
    CameraSource, Config, DisplayConfig, DisplaySource, LatchSource, ReaderSource, RtcFitted, ScannerSource,
    SoundConfig, TorchSource,
};
use crate::devices::Devices;
use crate::dispatch::Dispatch;
use crate::gate::Gate;
use crate::journal_start::JournalStart;
use crate::judge::Judge;
use crate::moment;
use crate::renewal::{Renewal, SeenThen};
use crate::secrets::{self, Secrets};
use crate::speech::Speech;
use crate::voice::Voices;

/// Times that a journal which somebody else has is asked for, and the pause between: a self-test lets go of it within seconds.
const TAKES: u32 = 50;
const TAKE_AGAIN: Duration = Duration::from_millis(100);

/// What a terminal needs before it can serve: its own keys, the province's, and a manifest.
pub struct Ready {
    renewal: Renewal,
    first: Judge,
}

impl Ready {
    /// With what was read since.
    pub(crate) fn with(self, believed: Believed) -> Ready {
        Ready { first: self.first.with(believed), ..self }
    }
}

/// What it has not.
#[derive(Debug)]
pub struct Obstacle {
    /// As the screen says it.
    pub why: OutOfService,
    /// As the log says it.
    pub cause: anyhow::Error,
}

/// Looks for what a terminal needs.
///
/// # Errors
/// The first that is missing, or cannot be read.
pub fn ready(config: &Config) -> Result<Ready, Obstacle> {
    let secrets = Secrets::load(&config.data).map_err(|cause| {
        let enrolled = secrets::is_enrolled(&config.data);
        let why = if enrolled { OutOfService::NoData } else { OutOfService::NotEnrolled };
        Obstacle { why, cause }
    })?;
    let renewal = Renewal::of(&config.data);
    let mut day_keys = Believed::load_day_keys(&config.data);
    if day_keys.province.is_none() {
        let cause =
            day_keys.problems.pop().map_or_else(|| anyhow!("there is no manifest"), |found| found.cause);
        return Err(Obstacle { why: OutOfService::NoData, cause });
    }
    Ok(Ready { renewal, first: Judge::new(day_keys, secrets, config.station()) })
}

/// What a terminal believes, but for versions below the highest that was seen. May take minutes.
pub(crate) fn believed(config: &Config, seen: &SeenThen) -> Believed {
    #[cfg(debug_assertions)]
    crate::run::fail_point::read();
    Believed::load(&config.data, seen)
}

/// A terminal of this configuration over these devices, which records in this book.
///
/// # Errors
/// If its display cannot be drawn on.
pub fn terminal(
    config: &Config,
    ready: Ready,
    devices: Devices,
    book: Box<dyn Book>,
) -> anyhow::Result<Gate> {
    let Ready { renewal, first } = ready;
    for problem in &first.believed().problems {
        crate::say!("gate: {problem}");
    }
    let dispatch = dispatch(config, &first);
    let mut gate = Gate::new(devices, first, book, config.manner())?;
    gate.renew_from(renewal);
    if let Some(dispatch) = dispatch {
        gate.send_by(dispatch);
    }
    gate.tell_staff_from(config.backroom());
    gate.speak_by(config.hours()?);
    Ok(gate)
}

/// The lane's journal, opened on a thread of its own, with the keys that are there when it is tried.
pub(crate) fn journal_start(config: Arc<Config>) -> JournalStart {
    JournalStart::by(Arc::new(move || {
        let judge = ready(&config).map_err(|obstacle| obstacle.cause)?.first;
        if judge.believed().day_keys.is_none() {
            bail!("there are no day keys, so nothing can be recorded: bring the trust data");
        }
        taken(|| open_book(&config, &judge), TAKE_AGAIN)
    }))
}

fn taken<T>(mut open: impl FnMut() -> anyhow::Result<T>, pause: Duration) -> anyhow::Result<T> {
    for _ in 1..TAKES {
        match open() {
            Err(cause) if is_held(&cause) => std::thread::sleep(pause),
            answer => return answer,
        }
    }
    open()
}

/// Whether a journal did not open because another program has it.
pub(crate) fn is_held(cause: &anyhow::Error) -> bool {
    matches!(cause.downcast_ref(), Some(OpenFault::LockDatabase { .. }))
}

/// The journal; a terminal without day keys has none and says so on its screen.
///
/// # Errors
/// If the files cannot be opened or made.
pub fn open_book(config: &Config, judge: &Judge) -> anyhow::Result<Box<dyn Book + Send>> {
    let Some(day_keys) = judge.believed().day_keys.clone() else {
        crate::say!("gate: there are no day keys, so nothing can be recorded: bring the trust data");
        return Ok(Box::new(NoBook::default()));
    };
    make_own_folder(&config.journal);
    let secrets = judge.secrets();
    let journal = JournalConfig::new(
        config.journal.clone(),
        config.reserve.clone(),
        secrets.terminal,
        moment::system_now(),
        Event::CommittedLate.code(),
    );
    let keys = JournalKeys { day_keys, record_key: secrets.record_key() };
    let opened = SqliteJournal::open(journal, keys, rand_core::UnwrapErr(getrandom::SysRng));
    Ok(Box::new(opened.with_context(|| format!("opening the journal {}", config.journal.display()))?))
}

/// The folder of the journal, its owner's alone, where nobody made it yet. What that lies in is not made: a data partition that is
/// not mounted must not be mistaken for an empty one.
fn make_own_folder(journal: &Path) {
    if let Some(folder) = journal.parent() {
        // If it is neither there nor made, opening the journal says so.
        let _ = DirBuilder::new().mode(0o700).create(folder);
    }
}

/// The records' way, where one is configured. Without it records stay in the journal, and the lane serves.
fn dispatch(config: &Config, judge: &Judge) -> Option<Dispatch> {
    let records = config.records.as_ref()?;
    let secrets = judge.secrets();
    let bytes_most = records.outbox_mib << 20;
    match Dispatch::start(&records.spool, secrets.terminal, secrets.record_key(), bytes_most) {
        Ok(dispatch) => Some(dispatch),
        Err(cause) => {
            crate::say!("records: no thread to send them by: {cause}");
            None
        }
    }
}

/// The devices of this configuration.
///
/// # Errors
/// If the reader's speed or the display's size is none.
pub fn devices(config: &Config) -> anyhow::Result<Devices> {
    let rtc = match config.clock.rtc {
        RtcFitted::Battery => RtcTrust::Battery,
        RtcFitted::None => RtcTrust::Unknown,
    };
    let (latch, release) = latch(config)?;
    Ok(Devices {
        camera: camera(config)?,
        reader: reader(config)?,
        display: display(&config.display)?,
        lamps: lamps(config),
        sounder: sounder(config),
        latch,
        inputs: inputs(config, release),
        keys: keys(config),
        scanner: scanner(config)?,
        torch: torch(config)?,
        thermometer: thermometer(config),
        clock: Box::new(SystemClock::new(rtc)),
    })
}

fn camera(config: &Config) -> anyhow::Result<Box<dyn Camera>> {
    Ok(match config.camera.source()? {
        CameraSource::Frames(frames) => Box::new(FrameDirectory::new(frames, Playing::Looping)),
        CameraSource::Device(settings) => {
            let device = settings.device.clone();
            let tell = move |what: &dyn std::fmt::Display| crate::say!("camera {}: {what}", device.display());
            Box::new(V4l2Camera::new(settings, Arc::new(tell)))
        }
    })
}

/// A file is written by the loop; a panel by a thread of its own.
fn display(config: &DisplayConfig) -> anyhow::Result<Box<dyn Display>> {
    let size = (config.width as usize, config.height as usize);
    let file = |path: &Path| FileFramebuffer::new(path, size.0, size.1);
    let started = match config.source()? {
        DisplaySource::Framebuffer(path) if path.starts_with("/dev") => PanelThread::start(file(path)?, size),
        DisplaySource::Framebuffer(path) => return Ok(Box::new(file(path)?)),
        #[cfg(feature = "drm")]
        DisplaySource::Drm { card, or: Some(path) } => {
            PanelThread::start(Either(DrmPanel::new(card), file(path)?), size)
        }
        #[cfg(feature = "drm")]
        DisplaySource::Drm { card, or: None } => PanelThread::start(DrmPanel::new(card), size),
        #[cfg(feature = "spi")]
        DisplaySource::Spi(screen) => PanelThread::start(SpiPanel::new(screen), size),
    };
    Ok(Box::new(started.context("no thread for the display")?))
}

fn torch(config: &Config) -> anyhow::Result<Option<Box<dyn Torch>>> {
    let Some(torch) = &config.torch else { return Ok(None) };
    Ok(Some(match torch.source()? {
        TorchSource::Led(led) => Box::new(LedTorch::new(led)),
        TorchSource::Flash(flash) => Box::new(FlashTorch::new(flash)),
    }))
}

/// The latch, closed, and what opens it while the fire input is active. Without one, an opening is a line of the log.
///
/// # Errors
/// If there is no thread for its timer.
pub(crate) fn latch(config: &Config) -> anyhow::Result<(Box<dyn Latch>, Option<FireRelease>)> {
    let Some(latch) = &config.latch else { return Ok((Box::new(Logged::on_stderr()), None)) };
    match latch.source()? {
        LatchSource::Led(led) => {
            let (latch, ready) = PulsedLatch::start(led);
            if let Err(why) = ready {
                crate::say!("latch: {}: {why}", led.display());
            }
            let release = latch.fire_release();
            Ok((Box::new(latch), Some(release)))
        }
        LatchSource::Wire(wire) => {
            let latch =
                TimedLatch::start(GpioOutput::new(wire)).context("no thread for the latch's timer")?;
            let release = latch.fire_release();
            Ok((Box::new(latch), Some(release)))
        }
    }
}

fn lamps(config: &Config) -> Box<dyn Lamps> {
    match &config.lamps {
        Some(lamps) => Box::new(ThreeLamps::on(lamps.lines())),
        None => Box::new(Logged::on_stderr()),
    }
}

/// The inputs; `release` follows the one of fire.
pub(crate) fn inputs(config: &Config, release: Option<FireRelease>) -> Box<dyn Inputs> {
    match &config.inputs {
        Some(inputs) => Box::new(GpioSensors::on(inputs.lines(), release)),
        None => Box::new(Absent),
    }
}

fn reader(config: &Config) -> anyhow::Result<Option<Box<dyn CardReader>>> {
    let Some(reader) = &config.reader else { return Ok(None) };
    Ok(Some(match reader.source()? {
        ReaderSource::Serial(line, baud, None) => Box::new(sdt_reader(line, baud)),
        ReaderSource::Serial(line, baud, Some(kind)) => Box::new(
            PowerCycled::start(sdt_reader(line, baud), kind).context("no thread for the reader's bus")?,
        ),
        #[cfg(feature = "usb")]
        ReaderSource::Usb(kind) => Box::new(usb_reader::sdt_reader(kind)),
    }))
}

fn keys(config: &Config) -> Box<dyn Keys> {
    match &config.keys {
        Some(keys) => Box::new(Keypad::new(&keys.keyboard)),
        None => Box::new(TypedKeys::on_stdin()),
    }
}

fn scanner(config: &Config) -> anyhow::Result<Option<Box<dyn CodeReader>>> {
    let Some(scanner) = &config.scanner else { return Ok(None) };
    Ok(Some(match scanner.source()? {
        ScannerSource::Keyboard(keyboard) => Box::new(Wedge::new(keyboard)),
        ScannerSource::Serial(line, baud) => {
            Box::new(LineScanner::new(serial::threaded("line scanner", line, baud)))
        }
    }))
}

/// Where neither buzzer nor loudspeaker is fitted, what would be heard is a line of the log.
fn sounder(config: &Config) -> Box<dyn Sounder> {
    if let Some(buzzer) = &config.buzzer {
        return match Buzzer::start(GpioOutput::new(buzzer.wire())) {
            Ok(buzzer) => Box::new(buzzer),
            Err(fault) => {
                crate::say!("buzzer: {fault}");
                Box::new(Absent)
            }
        };
    }
    let Some(sound) = &config.sound else { return Box::new(Logged::on_stderr()) };
    match PipedLoudspeaker::new(Player::aplay(&sound.device)) {
        Ok(speaker) => Box::new(Speech::new(voices(sound), speaker)),
        Err(fault) => {
            crate::say!("loudspeaker: {fault}");
            Box::new(Absent)
        }
    }
}

/// Voices that are not good are left out, and said: the tones are heard.
fn voices(sound: &SoundConfig) -> Voices {
    let Some(folder) = &sound.voices else { return Voices::default() };
    let voices = Voices::load(folder).unwrap_or_else(|cause| {
        crate::say!("voices: {:#}", anyhow::Error::from(cause));
        Voices::default()
    });
    for about in voices.about() {
        crate::say!("voices: {about}");
    }
    voices
}

/// Without a thread for it a passage goes on without a reading, and that is said.
fn thermometer(config: &Config) -> Option<Box<dyn Thermometer>> {
    let configured = config.thermometer.as_ref()?;
    match ReadThermometer::start(&configured.i2c) {
        Ok(thermometer) => Some(Box::new(thermometer)),
        Err(cause) => {
            crate::say!("thermometer: no thread to read it by: {cause}");
            Some(Box::new(Absent))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held() -> anyhow::Error {
        let opened: Result<(), OpenFault> = Err(OpenFault::LockDatabase { path: "journal.db".into() });
        opened.context("opening the journal").unwrap_err()
    }

    #[test]
    fn a_journal_that_a_self_test_has_at_the_start_is_taken_when_it_lets_go() {
        let mut answers = [Err(held()), Err(held()), Ok("journal")].into_iter();
        assert_eq!(taken(|| answers.next().unwrap(), Duration::ZERO).unwrap(), "journal");
        let mut asked = 0;
        let never = taken(|| (asked += 1, Err::<(), _>(held())).1, Duration::ZERO);
        assert!(is_held(&never.unwrap_err()) && asked == TAKES, "{asked}");
    }

    #[test]
    fn a_journal_that_cannot_be_opened_otherwise_is_told_at_once() {
        let mut asked = 0;
        let refused = taken(|| (asked += 1, Err::<(), _>(anyhow!("no disk"))).1, Duration::ZERO);
        assert!(refused.is_err() && asked == 1, "{asked}");
    }
}
