//! From the theatre to a view: what changed since the last look.
//! Promises: pictures are made only when they changed, journal rows are read once each.
//! Must not know: pages.

use std::collections::VecDeque;
use std::sync::Arc;

use anyhow::Result;
use gate_core::query::{QueryNumber, Sequence};
use gate_core::screen::{Screen, Signal};
use gate_core::verdict::Verdict;
use gate_hal_linux::picture::GreyPicture;
use gate_terminal::voice::Hours;
use gate_ui::Manner;
use gate_wire::record::RecordKind;
use gate_wire::time::Millis;

use super::Theatre;
use crate::devices::{HEIGHT, Opening, WIDTH};
use crate::picture;
use crate::stage::{LedgerRow, terminal_number};
use crate::web::view::{JournalRow, LatchView, Picture, Sound, View};
use crate::web::why::Why;

/// Rows that a page shows at most.
const ROWS: usize = 40;
/// Sealed bytes that a page shows of each.
const SEALED: usize = 24;
const SOUNDS: usize = 8;

/// What was shown last.
#[derive(Default)]
pub(super) struct Looker {
    serial: u64,
    drawn: Option<(u64, Millis)>,
    display: Option<Picture>,
    scene: Option<std::rc::Rc<GreyPicture>>,
    camera: Option<Picture>,
    rows: VecDeque<JournalRow>,
    next: u64,
    why: Option<Arc<Why>>,
    told: Option<String>,
}

impl Looker {
    /// A view, if anything changed.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub(super) fn look(&mut self, theatre: &Theatre, hours: Hours) -> Result<Option<View>> {
        self.see_display(theatre)?;
        self.see_camera(theatre)?;
        self.read_journal(theatre)?;
        let Some(display) = self.display.clone() else { return Ok(None) };
        let volume = hours.at(Some(theatre.stage.time())).level();
        let view = View { volume, ..self.view(theatre, display) };
        let told = serde_json::to_string(&view)?;
        if self.told.as_ref() == Some(&told) {
            return Ok(None);
        }
        self.told = Some(told);
        Ok(Some(view))
    }

    fn view(&self, theatre: &Theatre, display: Picture) -> View {
        let Theatre { stage, wires, visit, .. } = theatre;
        let world = &stage.world;
        let screen = stage.screen();
        let backlog = stage.backlog();
        let mut wires = *wires;
        wires.list_age_h = stage.list_age_s() / 3_600;
        View {
            time: stage.time().unix(),
            place: theatre.place,
            lane: theatre.lane,
            says: screen.as_ref().map(|screen| says(screen, stage.setting().manner)).unwrap_or_default(),
            screen: screen.as_ref().map_or("off", picture::name),
            lamp: world.lamps().last().map_or("off", signal),
            sounds: sounds(theatre),
            volume: 0,
            latch: latch(theatre),
            held: visit.held(),
            laid: visit.laid(),
            world: wires,
            journal: self.rows.iter().cloned().collect(),
            waiting: backlog.reserve + backlog.memory,
            why: self.why.clone(),
            slot: theatre.slot.view(),
            refused: theatre.refused.clone(),
            display,
            camera: self.camera.clone(),
        }
    }

    fn see_display(&mut self, theatre: &Theatre) -> Result<()> {
        let display = theatre.stage.world.display();
        let Some(shown) = display.last() else { return Ok(()) };
        // A restarted world counts from the beginning again.
        let drawn = Some((display.presented(), shown.at));
        if self.drawn == drawn {
            return Ok(());
        }
        self.drawn = drawn;
        self.serial += 1;
        let png = picture::png(&shown.drawing.rgb565(), (WIDTH, HEIGHT))?;
        self.display = Some(Picture { number: self.serial, png: png.into() });
        Ok(())
    }

    fn see_camera(&mut self, theatre: &Theatre) -> Result<()> {
        let scene = theatre.stage.world.camera().scene();
        let same = match (&self.scene, &scene) {
            (Some(before), Some(now)) => std::rc::Rc::ptr_eq(before, now),
            (None, None) => true,
            _ => false,
        };
        if same {
            return Ok(());
        }
        self.serial += 1;
        let number = self.serial;
        self.camera = match &scene {
            Some(scene) => Some(Picture { number, png: picture::grey_png(scene)?.into() }),
            None => None,
        };
        self.scene = scene;
        Ok(())
    }

    fn read_journal(&mut self, theatre: &Theatre) -> Result<()> {
        let stage = &theatre.stage;
        let last = stage.last_row();
        if last < self.next {
            // Another terminal: its journal begins anew.
            *self = Looker { serial: self.serial, ..Looker::default() };
        }
        if last == self.next {
            return Ok(());
        }
        for row in stage.rows(Sequence(self.next + 1))? {
            self.next = self.next.max(row.sequence.0);
            if let Some(why) = Why::of(&row, &stage.setting().inputs) {
                self.why = Some(Arc::new(why));
            }
            self.rows.push_back(journal_row(&row));
        }
        while self.rows.len() > ROWS {
            self.rows.pop_front();
        }
        Ok(())
    }
}

fn journal_row(row: &LedgerRow) -> JournalRow {
    let record = &row.record;
    let text = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    JournalRow {
        sequence: row.sequence.0,
        query: QueryNumber::new(terminal_number(), row.sequence).as_str().to_owned(),
        sealed: text(&row.sealed[..row.sealed.len().min(SEALED)]),
        bytes: row.sealed.len(),
        day_key: row.day_key,
        kind: match record.kind {
            RecordKind::Passage => "passage",
            RecordKind::Opening => "opening",
            RecordKind::Staff => "staff",
            RecordKind::Device => "device",
        },
        at: record.at.unix(),
        verdict: (record.verdict != 0).then(|| char::from(record.verdict)),
        reason: (record.reason[0] != 0).then(|| String::from_utf8_lossy(&record.reason).into_owned()),
        act: record.act,
        event: record.event,
        subject: (record.subject != [0; 12]).then(|| text(&record.subject)),
    }
}

/// The words on the screen, in the order painted.
fn says(screen: &Screen, manner: Manner) -> Vec<String> {
    // The display is 800 x 480: fits.
    let outline = gate_ui::outline_in(screen, manner, (WIDTH as u32, HEIGHT as u32));
    outline.texts().map(str::to_owned).collect()
}

fn sounds(theatre: &Theatre) -> Vec<Sound> {
    let told = theatre.stage.world.sounder().told();
    let first = told.len().saturating_sub(SOUNDS);
    let numbered = told.iter().enumerate().skip(first);
    numbered.map(|(index, (_, what))| Sound { number: index + 1, signal: signal(*what) }).collect()
}

fn latch(theatre: &Theatre) -> LatchView {
    let world = &theatre.stage.world;
    let pulse = world.latch().pulses().last().copied();
    LatchView {
        open: world.latch().is_open(),
        by: pulse.map(|pulse| match pulse.by {
            Opening::Permit => "permit",
            Opening::NoCheck => "no_check",
            Opening::Fire => "fire",
        }),
        occupied: world.inputs().is_occupied(),
    }
}

/// The signals, by their names on the page.
pub(in crate::web) const SIGNALS: [(&str, Signal); 11] = [
    ("idle", Signal::Idle),
    ("reading", Signal::Reading),
    ("hint", Signal::Hint),
    ("pass", Signal::Verdict(Verdict::Pass)),
    ("limit", Signal::Verdict(Verdict::Limit)),
    ("stop", Signal::Verdict(Verdict::Stop)),
    ("assist", Signal::Verdict(Verdict::Assist)),
    ("silent_stop", Signal::SilentStop),
    ("opened", Signal::Opened),
    ("key", Signal::Key),
    ("staff_refused", Signal::StaffRefused),
];

/// The signal's name on the page.
pub(in crate::web) fn signal(signal: Signal) -> &'static str {
    match signal {
        Signal::Idle => "idle",
        Signal::Reading => "reading",
        Signal::Hint => "hint",
        Signal::Verdict(Verdict::Pass) => "pass",
        Signal::Verdict(Verdict::Limit) => "limit",
        Signal::Verdict(Verdict::Stop) => "stop",
        Signal::Verdict(Verdict::Assist) => "assist",
        Signal::SilentStop => "silent_stop",
        Signal::Opened => "opened",
        Signal::Key => "key",
        Signal::StaffRefused => "staff_refused",
    }
}
