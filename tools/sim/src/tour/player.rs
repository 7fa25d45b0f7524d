//! Plays the steps of a passage on a stage.
//! Promises: people do what people do: they hold a code until a screen answers, and move their hand when none does.
//! Must not know: what is expected.

use anyhow::{Context, Result};
use gate_core::screen::Screen;
use gate_hal::inputs::Level;

use super::watch::Watch;
use crate::devices::Shown;
use crate::optics::Scene;
use crate::sam::{LineFault, Request};
use crate::script::{Card, Code, Fault, Happening, Member, Passage, Step};
use crate::stage::{Disk, DiskState, Fitted, LINE, Stage, beginning, province};
use crate::surroundings;
use crate::wardrobe::{self, Wardrobe};

/// A hand is held still for this long before it moves.
const STILL_MS: u64 = 400;
/// A person tries so many times before giving up.
const HANDS: u32 = 5;
/// A card lies at most this long before a screen must have answered.
const CARD_MS: u64 = 3_000;
/// A card that was pulled away comes back after this long.
const AGAIN_MS: u64 = 2_500;
/// Bytes a turn while a code is to be held beside a card: a slow line.
const SLOW_LINE: usize = 64;
/// People look at a screen for this long before they take away what they hold.
const LOOK_MS: u64 = 600;
/// Answers that a silent reader owes.
const SILENCE: usize = 500;

/// A passage under way.
pub(super) struct Player {
    pub(super) stage: Stage,
    wardrobe: Wardrobe,
    /// What was shown and opened before the last restart.
    pub(super) before: Watch,
}

impl Player {
    /// Sets the stage for a passage.
    pub(super) fn new(passage: &Passage) -> Result<Player> {
        let mut province = province()?;
        let mut wardrobe = Wardrobe::default();
        let mut setting = surroundings::setting(&passage.world, &province)?;
        surroundings::hire(&mut province)?;
        for step in &passage.steps {
            match step {
                Step::Hold(code) if code.fault == Fault::Revoked => {
                    setting.revoked.push(wardrobe.revocable(&mut province, code, beginning())?);
                }
                Step::Warm(_) => setting.thermometer = Fitted::Yes,
                Step::Event(Happening::DiskFull | Happening::DiskBroken) => setting.disk = Disk::CanFail,
                _ => {}
            }
        }
        Ok(Player { stage: Stage::new(setting, province)?, wardrobe, before: Watch::default() })
    }

    /// Plays one step. A check is not played: it is looked at.
    pub(super) fn play(self, step: &Step) -> Result<Player> {
        if let Step::RestartAfterS(seconds) = step {
            return self.restart(*seconds);
        }
        let mut player = self;
        player.act(step)?;
        Ok(player)
    }

    fn restart(self, seconds: u64) -> Result<Player> {
        let Player { stage, wardrobe, mut before } = self;
        before.add(&stage);
        Ok(Player { stage: stage.reboot(seconds)?, wardrobe, before })
    }

    fn act(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::Hold(code) => self.hold(code),
            Step::HoldBoth(left, right) => self.hold_both(left, right),
            Step::HoldText(text) => self.hold_until_answered(|scene| Ok(Scene::phone(text, scene)?.render())),
            Step::HoldBytes(count) => {
                self.hold_until_answered(|scene| wardrobe::picture_of_bytes(*count, scene))
            }
            Step::Away => {
                self.stage.hold_nothing();
                self.stage.run(40)
            }
            Step::Tap(card) => self.tap(card),
            Step::Lay(card) => self.lay(card),
            Step::PullAway(card) => self.pull_away(card),
            Step::TapWithCode(card, code) => self.tap_with_code(card, code),
            Step::TakeCard => self.take_card(),
            Step::Badge(member) => self.badge(*member),
            Step::Login(member) => self.log_in(*member),
            Step::Press(keys) => {
                self.stage.world.keys().press_all(keys.iter().map(|key| surroundings::panel_key(*key)));
                self.stage.run(100)
            }
            Step::Type(text) => {
                self.stage.world.keys().type_then_ok(text)?;
                self.stage.run(100)
            }
            Step::WaitMs(millis) => self.stage.run(*millis),
            Step::WalkMs(after, lasts) => {
                self.stage.world.inputs().person_walks_through(*after, *lasts);
                Ok(())
            }
            Step::Warm(tenths) => {
                self.stage.world.thermometer().set(Some(*tenths));
                Ok(())
            }
            Step::Event(happening) => self.happen(*happening),
            Step::RestartAfterS(_) | Step::Check(_) => Ok(()),
        }
    }

    fn hold(&mut self, code: &Code) -> Result<()> {
        let text = self.text(code)?;
        self.hold_until_answered(|scene| wardrobe::picture(code.kind(), &text, scene))
    }

    fn hold_both(&mut self, left: &Code, right: &Code) -> Result<()> {
        let (left, right) = (self.text(left)?, self.text(right)?);
        self.hold_until_answered(|scene| Ok(Scene::two_phones(&left, &right, scene)?.render()))
    }

    fn text(&mut self, code: &Code) -> Result<String> {
        let now = self.stage.time();
        self.wardrobe.text(&mut self.stage.province, code, now)
    }

    /// Whoever sees no answer moves the hand; whoever has one in front of them does not.
    fn hold_until_answered(
        &mut self,
        picture: impl Fn(u64) -> Result<gate_hal_linux::picture::GreyPicture>,
    ) -> Result<()> {
        for _ in 0..HANDS {
            let scene = self.stage.next_scene();
            self.stage.hold(picture(scene)?);
            let answered = self.stage.run_towards(STILL_MS, is_answer)?.is_some();
            if answered || self.stage.screen().as_ref().is_some_and(is_answer) {
                break;
            }
        }
        Ok(())
    }

    fn tap(&mut self, card: &Card) -> Result<()> {
        self.lay(card)?;
        self.take_card()
    }

    fn lay(&mut self, card: &Card) -> Result<()> {
        self.stage.lay(wardrobe::card(card)?);
        self.stage.run_towards(CARD_MS, is_answer)?;
        Ok(())
    }

    fn take_card(&mut self) -> Result<()> {
        self.stage.take_card();
        self.stage.run(600)
    }

    fn pull_away(&mut self, card: &Card) -> Result<()> {
        self.stage.reader.disturb(Request::Read, LineFault::PulledAfter { bytes: 400 });
        self.lay(card)?;
        // What was pulled away is shown no more; who lays it down again waits anew.
        self.stage.stopwatch.gone();
        self.stage.run(AGAIN_MS)
    }

    fn tap_with_code(&mut self, card: &Card, code: &Code) -> Result<()> {
        let text = self.text(code)?;
        self.stage.reader.set_fragment(SLOW_LINE);
        self.stage.reader.pad.insert(wardrobe::card(card)?);
        self.stage.run_until(CARD_MS, |screen| *screen == Screen::Reading).context("the card is found")?;
        let scene = self.stage.next_scene();
        self.stage.hold(wardrobe::picture(code.kind(), &text, scene)?);
        self.stage.run_towards(CARD_MS, is_answer)?;
        self.stage.reader.set_fragment(LINE);
        self.take_card()
    }

    fn badge(&mut self, member: Member) -> Result<()> {
        let now = self.stage.time();
        let text = wardrobe::badge(&mut self.stage.province, member, now)?;
        self.hold_until_answered(|scene| Ok(Scene::phone(&text, scene)?.render()))
    }

    /// Nobody takes the badge away before the screen has welcomed them.
    fn log_in(&mut self, member: Member) -> Result<()> {
        self.badge(member)?;
        self.stage.world.keys().type_then_ok(member.pin())?;
        self.stage.run(LOOK_MS)?;
        self.stage.hold_nothing();
        self.stage.run(60)
    }

    fn happen(&mut self, happening: Happening) -> Result<()> {
        let Stage { world, reader, .. } = &mut self.stage;
        match happening {
            Happening::CameraUnplugged => world.camera().unplug(),
            Happening::ReaderUnplugged => reader.unplug(),
            Happening::ReaderSilent => {
                for request in [Request::Find, Request::SamStatus, Request::ResetSam] {
                    (0..SILENCE).for_each(|_| reader.disturb(request, LineFault::Silence));
                }
            }
            Happening::DiskFull => self.stage.set_disk(DiskState::Full)?,
            Happening::DiskBroken => self.stage.set_disk(DiskState::Broken)?,
            Happening::DiskWell => self.stage.set_disk(DiskState::Well)?,
            Happening::Fire => world.inputs().set_fire(Level::Active),
            Happening::FireOver => world.inputs().set_fire(Level::Inactive),
        }
        self.stage.run(200)
    }

    /// Every screen since the beginning.
    pub(super) fn screens(&self) -> Vec<Shown> {
        let mut all = self.before.screens.clone();
        all.extend(self.stage.world.display().shown());
        all
    }
}

/// Whether a screen answers a person who shows something.
fn is_answer(screen: &Screen) -> bool {
    matches!(
        screen,
        Screen::Verdict(_) | Screen::Hint(_) | Screen::PinEntry { .. } | Screen::Staff(_) | Screen::LaneOpen
    )
}
