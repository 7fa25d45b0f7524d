//! What is before the terminal now: a hand with a phone or a sheet, a card on the reader.
//! Promises: people do what people do: a hand moves until a screen answers, a card is taken back, whoever may pass
//! walks through; nothing here waits.
//! Must not know: which verdict is right.

use anyhow::{Context, Result, bail};
use gate_core::screen::Screen;
use gate_hal_linux::picture::GreyPicture;
use gate_wire::time::Millis;

use crate::guests::Guest;
use crate::optics::Scene;
use crate::script::Step;
use crate::stage::Stage;
use crate::wardrobe::{self, Wardrobe};

/// A hand is held still for this long before it moves.
const STILL_MS: u64 = 400;
/// People look at an answer for this long before they take away what they hold.
const LOOK_MS: u64 = 2_500;
/// And give up after this long without one.
const PATIENCE_MS: u64 = 8_000;
/// Nobody walks before the flaps are open.
const WALK_AFTER_MS: u64 = 700;
const WALK_FOR_MS: u64 = 900;

type Paint = Box<dyn Fn(u64) -> Result<GreyPicture>>;

/// The people before the terminal.
#[derive(Default)]
pub(super) struct Visit {
    wardrobe: Wardrobe,
    hand: Option<Hand>,
    laid: Option<Laid>,
    walked_for: usize,
}

/// # Errors
/// If the text is too long for a QR code.
fn text_painter(text: String) -> Result<Paint> {
    Scene::phone(&text, 0)?;
    Ok(Box::new(move |scene| Ok(Scene::phone(&text, scene)?.render())))
}

struct Hand {
    what: String,
    paint: Option<Paint>,
    since: Millis,
    moves_at: Millis,
    /// Screens shown before it came.
    screens: usize,
    answered: Option<Millis>,
}

struct Laid {
    what: String,
    since: Millis,
    screens: usize,
    answered: Option<Millis>,
}

impl Visit {
    /// What is held to the camera.
    pub(super) fn held(&self) -> Option<String> {
        self.hand.as_ref().map(|hand| hand.what.clone())
    }

    /// What lies on the reader.
    pub(super) fn laid(&self) -> Option<String> {
        self.laid.as_ref().map(|laid| laid.what.clone())
    }

    /// A guest comes and does the first thing.
    ///
    /// # Errors
    /// If the thing is none that a guest can do at once.
    pub(super) fn receive(&mut self, stage: &mut Stage, guest: &Guest) -> Result<()> {
        self.leave(stage);
        let step = guest.steps.first().context("a guest does something")?;
        let paint: Paint = match step {
            Step::Hold(code) => {
                // A code is issued anew each time: nobody keeps a 15-minute code for an hour.
                self.wardrobe = Wardrobe::default();
                let (now, kind) = (stage.time(), code.kind());
                let text = self.wardrobe.text(&mut stage.province, code, now)?;
                Box::new(move |scene| wardrobe::picture(kind, &text, scene))
            }
            Step::HoldBoth(left, right) => {
                let now = stage.time();
                let left = self.wardrobe.text(&mut stage.province, left, now)?;
                let right = self.wardrobe.text(&mut stage.province, right, now)?;
                Box::new(move |scene| Ok(Scene::two_phones(&left, &right, scene)?.render()))
            }
            Step::HoldText(text) => text_painter(text.clone())?,
            Step::Login(member) | Step::Badge(member) => {
                let now = stage.time();
                let text = wardrobe::badge(&mut stage.province, *member, now)?;
                Box::new(move |scene| Ok(Scene::phone(&text, scene)?.render()))
            }
            Step::Tap(card) | Step::Lay(card) => {
                stage.lay(wardrobe::card(card)?);
                self.laid = Some(Laid {
                    what: guest.id.clone(),
                    since: stage.world.now(),
                    screens: stage.screens_shown(),
                    answered: None,
                });
                return Ok(());
            }
            other => bail!("a guest cannot begin with {other:?}"),
        };
        self.hold(stage, guest.id.clone(), Some(paint));
        Ok(())
    }

    /// Holds a phone with this text.
    ///
    /// # Errors
    /// If it is too long for a QR code.
    pub(super) fn hold_text(&mut self, stage: &mut Stage, text: String) -> Result<()> {
        let paint = text_painter(text)?;
        self.hold(stage, "text".into(), Some(paint));
        Ok(())
    }

    /// Holds this picture, still.
    pub(super) fn hold_picture(&mut self, stage: &mut Stage, picture: GreyPicture) {
        self.hold(stage, "picture".into(), None);
        stage.hold(picture);
    }

    /// Takes away whatever is held or laid.
    pub(super) fn leave(&mut self, stage: &mut Stage) {
        self.hand = None;
        stage.hold_nothing();
        if self.laid.take().is_some() {
            stage.take_card();
        }
    }

    /// What people do by themselves in this turn.
    ///
    /// # Errors
    /// If a code cannot be drawn.
    pub(super) fn turn(&mut self, stage: &mut Stage) -> Result<()> {
        self.move_hand(stage)?;
        self.take_card(stage);
        Ok(())
    }

    /// Walks through once for every time that the latch opens.
    pub(super) fn walk(&mut self, stage: &Stage) {
        let pulses = stage.pulses().len();
        if pulses > self.walked_for && stage.world.latch().is_open() {
            stage.world.inputs().person_walks_through(WALK_AFTER_MS, WALK_FOR_MS);
        }
        self.walked_for = pulses;
    }

    fn hold(&mut self, stage: &mut Stage, what: String, paint: Option<Paint>) {
        self.leave(stage);
        let now = stage.world.now();
        let screens = stage.screens_shown();
        self.hand = Some(Hand { what, paint, since: now, moves_at: now, screens, answered: None });
    }

    fn move_hand(&mut self, stage: &mut Stage) -> Result<()> {
        let Some(hand) = &mut self.hand else { return Ok(()) };
        let now = stage.world.now();
        if hand.answered.is_none() && is_answered(stage, hand.screens) {
            hand.answered = Some(now);
        }
        let tired =
            hand.answered.map_or(now.since(hand.since).0 > PATIENCE_MS, |at| now.since(at).0 > LOOK_MS);
        if tired {
            self.hand = None;
            stage.hold_nothing();
            return Ok(());
        }
        if hand.answered.is_none()
            && now >= hand.moves_at
            && let Some(paint) = &hand.paint
        {
            hand.moves_at = now.plus(STILL_MS);
            let scene = stage.next_scene();
            stage.hold(paint(scene)?);
        }
        Ok(())
    }

    fn take_card(&mut self, stage: &mut Stage) {
        let Some(laid) = &mut self.laid else { return };
        let now = stage.world.now();
        if laid.answered.is_none() && is_answered(stage, laid.screens) {
            laid.answered = Some(now);
        }
        if laid.answered.map_or(now.since(laid.since).0 > PATIENCE_MS, |at| now.since(at).0 > LOOK_MS) {
            stage.take_card();
            self.laid = None;
        }
    }
}

/// Whether a screen has answered since the count was `screens`.
fn is_answered(stage: &Stage, screens: usize) -> bool {
    stage.world.display().screens_since(screens).iter().any(|screen| {
        matches!(screen, Screen::Verdict(_) | Screen::Staff(_) | Screen::PinEntry { .. } | Screen::LaneOpen)
    })
}
