//! The module and the card on its pad: what a well-behaved reader answers.
//!
//! Promises: find, select and read only work in this order and on the card that was found. It must not know: the line.

use super::card::SyntheticCard;
use super::frame::{Request, answer};

/// How the security module is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Module {
    /// Works.
    #[default]
    Well,
    /// Answers everything with `60`.
    SelfTestFailed,
    /// Answers everything with `66`.
    NotAuthorised,
}

/// Whether the module knows `30 03`; some do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Probing {
    /// `91` while the card read is still there.
    #[default]
    Known,
    /// `21` always.
    Unknown,
}

/// The pad, the card on it, the module below it.
#[derive(Debug, Default)]
pub struct Pad {
    /// How the module is.
    pub module: Module,
    /// Whether it can tell that a card is still there.
    pub probing: Probing,
    card: Option<SyntheticCard>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Stage {
    #[default]
    Unseen,
    Found,
    Selected,
}

const IDENTIFICATION: [u8; 4] = [0; 4];
const SERIAL: [u8; 8] = [0; 8];
/// 05.03-20260101-012345678-987654321.
const SAM_NUMBER: [u8; 16] =
    [0x05, 0, 0x03, 0, 0x05, 0x25, 0x35, 0x01, 0x4E, 0x61, 0xBC, 0, 0xB1, 0x68, 0xDE, 0x3A];

impl Pad {
    /// Lays a card on the pad, in place of the one that lies there.
    pub fn insert(&mut self, card: SyntheticCard) {
        self.card = Some(card);
        self.lose_card_state();
    }

    /// Takes the card away; `None` when there is none.
    pub fn remove(&mut self) -> Option<SyntheticCard> {
        self.lose_card_state();
        self.card.take()
    }

    pub(super) fn lose_card_state(&mut self) {
        self.stage = Stage::Unseen;
    }

    pub(super) fn answer(&mut self, request: Request) -> Vec<u8> {
        match self.module {
            Module::Well => self.well(request),
            Module::SelfTestFailed => answer(0x60, &[]),
            Module::NotAuthorised => answer(0x66, &[]),
        }
    }

    fn well(&mut self, request: Request) -> Vec<u8> {
        match request {
            Request::ResetSam => {
                self.lose_card_state();
                answer(0x90, &[])
            }
            Request::SamStatus => answer(0x90, &[]),
            Request::SamNumber => answer(0x90, &SAM_NUMBER),
            Request::Find => self.find(),
            Request::Select => self.select(),
            Request::Read => self.selected().map_or_else(|| answer(0x41, &[]), SyntheticCard::answer),
            Request::Probe => self.probe(),
            Request::Unknown => answer(0x21, &[]),
            Request::Damaged => answer(0x10, &[]),
        }
    }

    fn find(&mut self) -> Vec<u8> {
        if self.card.is_none() {
            return answer(0x80, &[]);
        }
        self.stage = Stage::Found;
        answer(0x9F, &IDENTIFICATION)
    }

    fn select(&mut self) -> Vec<u8> {
        if self.card.is_none() || self.stage < Stage::Found {
            return answer(0x81, &[]);
        }
        self.stage = Stage::Selected;
        answer(0x90, &SERIAL)
    }

    fn probe(&self) -> Vec<u8> {
        match (self.probing, self.selected()) {
            (Probing::Unknown, _) => answer(0x21, &[]),
            (Probing::Known, Some(_)) => answer(0x91, &[]),
            (Probing::Known, None) => answer(0x41, &[]),
        }
    }

    fn selected(&self) -> Option<&SyntheticCard> {
        self.card.as_ref().filter(|_| self.stage == Stage::Selected)
    }
}
