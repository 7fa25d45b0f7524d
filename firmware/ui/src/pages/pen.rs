//! What writes on a page: paper, density and the room that there is.
//! Promises: the leading language is written first and stronger, the other after it.
//! Must not know: what is written.

use embedded_graphics::geometry::Size;

use crate::glyphs::Style;
use crate::icon::{Icon, IconSize};
use crate::layout::{Block, Side};
use crate::manner::{Density, Role, SignRole, View, smaller};
use crate::palette::{Ink, Paper, Part, Tone};
use crate::text;
use crate::words::Text;

/// Writes blocks; small enough to be copied and changed.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    pub(super) view: View,
    pub(super) paper: Paper,
    pub(super) part: Part,
    pub(super) density: Density,
    /// Width that it may take.
    pub(super) width: u32,
}

impl Pen {
    pub(super) fn new(view: View, tone: Tone) -> Pen {
        let paper = Paper { tone, theme: view.manner.theme };
        Pen { view, paper, part: Part::Body, density: Density::ALL[0], width: view.width() }
    }

    /// The same on another part of the paper.
    pub(super) fn on(self, part: Part) -> Pen {
        Pen { part, ..self }
    }

    /// The same with so much room.
    pub(super) fn within(self, width: u32) -> Pen {
        Pen { width, ..self }
    }

    /// The same with so much room less.
    pub(super) fn less(self, width: u32) -> Pen {
        self.within(self.width.saturating_sub(width))
    }

    pub(super) fn strong(self) -> Ink {
        self.paper.strong(self.part)
    }

    pub(super) fn soft(self) -> Ink {
        self.paper.soft(self.part)
    }

    /// Sizes of leading texts.
    pub(super) fn lead_styles(self, role: Role) -> &'static [Style] {
        smaller(self.view.styles(role), self.density.lead)
    }

    /// The leading language, in at most so many lines where that can be.
    pub(super) fn lead(self, text: Text, role: Role, most: usize) -> Block {
        let [lead, _] = self.view.manner.language.order(text);
        self.words(lead, role, most)
    }

    /// The other language, softer.
    pub(super) fn follow(self, text: Text, role: Role, most: usize) -> Block {
        let [_, follow] = self.view.manner.language.order(text);
        self.follow_words(follow, role, most)
    }

    pub(super) fn follow_words(self, words: &str, role: Role, most: usize) -> Block {
        let styles = smaller(self.view.styles(role), self.density.follow);
        Block::text(words, self.soft(), styles, (self.width, most))
    }

    pub(super) fn words(self, words: &str, role: Role, most: usize) -> Block {
        Block::text(words, self.strong(), self.lead_styles(role), (self.width, most))
    }

    /// One line for staff; what does not fit is cut with `…`.
    pub(super) fn line(self, words: &str, role: Role) -> Block {
        let style = self.view.styles(role).first().copied().unwrap_or(Style::Px22);
        Block::line(words, style, self.soft(), self.width)
    }

    /// Both languages on one line, or the leading one where there is no room for both.
    pub(super) fn both_or_lead(self, text: Text, role: Role) -> Block {
        let [lead, follow] = self.view.manner.language.order(text);
        let style = self.view.styles(role).first().copied().unwrap_or(Style::Px22);
        let both = format!("{lead} {follow}");
        let words = if style.width(&both) <= self.width { &both } else { lead };
        Block::line(words, style, self.soft(), self.width)
    }

    /// Both languages, one below the other.
    pub(super) fn both(self, text: Text, roles: (Role, Role), side: Side) -> Block {
        let (lead, follow) = (self.lead(text, roles.0, 2), self.follow(text, roles.1, 2));
        Block::column(2, side, vec![lead.at(side), follow.at(side)])
    }

    pub(super) fn sign_size(self, role: SignRole) -> IconSize {
        smaller(self.view.signs(role), self.density.sign).first().copied().unwrap_or(IconSize::Line)
    }

    pub(super) fn sign(self, icon: Icon, role: SignRole) -> Block {
        Block::Sign { icon, size: self.sign_size(role), ink: self.strong() }
    }

    /// A digit on a key.
    pub(super) fn keycap(self, text: &str, role: Role) -> Block {
        let style = self.lead_styles(role).first().copied().unwrap_or(Style::Px22);
        Block::Keycap { text: text.to_owned(), style, ink: self.strong() }
    }

    /// A heading with its sign: side by side on a wide panel where there is room, else one below the other. What follows
    /// the first comma goes below.
    pub(super) fn heading(self, words: &str, role: Role, sign: impl Fn(IconSize) -> Block) -> Block {
        let (first, rest) = parts(words);
        let gap = self.view.margin();
        let sizes = smaller(self.view.signs(SignRole::Mark), self.density.sign);
        let rest = rest.map(|rest| self.words(rest, Role::Rest, 1));
        let top = match self.beside(first, role, sizes) {
            Some((size, head)) => Block::row(gap, vec![sign(size), head]),
            None => {
                let size = sizes.first().copied().unwrap_or(IconSize::Line);
                Block::column(gap / 2, Side::Middle, vec![sign(size), self.head(first, role)])
            }
        };
        Block::column(0, Side::Middle, core::iter::once(top).chain(rest).collect())
    }

    /// A heading in one line beside its sign, or else in two; both as large as can be, the words before the sign.
    fn beside(self, words: &str, role: Role, sizes: &[IconSize]) -> Option<(IconSize, Block)> {
        let pairs = |most: usize| {
            let styles = self.lead_styles(role).iter().map(move |style| (*style, most));
            styles.flat_map(|(style, most)| sizes.iter().map(move |size| (*size, style, most)))
        };
        let room = |size: IconSize| self.width.saturating_sub(size.px() + self.view.margin());
        let has_room =
            |&(size, style, most): &(IconSize, Style, usize)| text::suits(words, style, (room(size), most));
        let (size, style, most) = pairs(1).chain(pairs(2)).filter(|_| self.view.is_wide()).find(has_room)?;
        Some((size, Block::text(words, self.strong(), &[style], (room(size), most))))
    }

    /// One line in the largest size that has room; two where none has, with no word cut.
    fn head(self, words: &str, role: Role) -> Block {
        let styles = self.lead_styles(role);
        let suits = |most| styles.iter().find(|style| text::suits(words, **style, (self.width, most)));
        let styles = suits(1).or_else(|| suits(2)).map_or(styles, core::slice::from_ref);
        Block::text(words, self.strong(), styles, (self.width, 2))
    }

    /// Room of a size.
    pub(super) fn room(self, width: u32, height: u32) -> Block {
        Block::Room(Size::new(width, height))
    }
}

/// A heading up to its first comma, and what follows.
fn parts(words: &str) -> (&str, Option<&str>) {
    let comma = words.char_indices().find(|(_, one)| matches!(one, '，' | ','));
    match comma.and_then(|(at, one)| words.split_at_checked(at + one.len_utf8())) {
        Some((first, rest)) if !rest.is_empty() => (first, Some(rest.trim_start())),
        Some(_) | None => (words, None),
    }
}
