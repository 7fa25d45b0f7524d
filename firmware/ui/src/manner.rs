//! How a screen is to look: theme, leading language; and what its size allows: a class, and sizes of text by role.
//! Promises: layouts choose roles, never pixels; three classes serve every panel, upright or not.
//! Must not know: screens, colours.

use embedded_graphics::geometry::Size;

use crate::glyphs::Style;
use crate::icon::IconSize;
use crate::words::Text;

/// Dark for halls, light for places in the sun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Light words on dark paper.
    Dark,
    /// Dark words on bright paper.
    Light,
}

/// The language that leads; the other follows, smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Chinese leads.
    Chinese,
    /// English leads.
    English,
}

/// How a screen is to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Manner {
    /// The theme.
    pub theme: Theme,
    /// The leading language.
    pub language: Language,
}

impl Manner {
    /// Dark, Chinese.
    pub const HOUSE: Manner = Manner { theme: Theme::Dark, language: Language::Chinese };

    /// Every manner.
    pub const ALL: [Manner; 4] = [
        Manner::HOUSE,
        Manner { theme: Theme::Light, language: Language::Chinese },
        Manner { theme: Theme::Dark, language: Language::English },
        Manner { theme: Theme::Light, language: Language::English },
    ];
}

impl Language {
    /// What leads, and what follows.
    pub(crate) fn order(self, text: Text) -> [&'static str; 2] {
        match self {
            Language::Chinese => [text.zh, text.en],
            Language::English => [text.en, text.zh],
        }
    }

    /// Between a cause and what to do, in the leading language and in the other.
    pub(crate) fn joints(self) -> [&'static str; 2] {
        match self {
            Language::Chinese => ["：", ". "],
            Language::English => [". ", "："],
        }
    }
}

/// A panel's size, by its shorter side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Below 400 px: SPI panels.
    Compact,
    /// Below 700 px: the reference board's 800 x 480.
    Regular,
    /// 700 px and more.
    Large,
}

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Short headings, the clock.
    Mark,
    /// Headings.
    Heading,
    /// What follows a heading's first comma.
    Rest,
    /// What to do.
    Large,
    /// Causes.
    Medium,
    /// The other language.
    Small,
    /// For staff.
    Tiny,
    /// Names: the one role whose last size holds every name.
    Name,
}

/// What a sign is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignRole {
    /// A verdict's.
    Mark,
    /// A notice's.
    Heading,
    /// Beside a line.
    Line,
}

/// How many sizes smaller than they would like signs, leading and following texts are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Density {
    pub(crate) sign: usize,
    pub(crate) lead: usize,
    pub(crate) follow: usize,
}

impl Density {
    /// From roomy to dense; the first that fits is taken.
    pub(crate) const ALL: [Density; 7] = [
        Density { sign: 0, lead: 0, follow: 0 },
        Density { sign: 1, lead: 0, follow: 0 },
        Density { sign: 1, lead: 0, follow: 1 },
        Density { sign: 1, lead: 1, follow: 1 },
        Density { sign: 2, lead: 1, follow: 2 },
        Density { sign: 2, lead: 2, follow: 2 },
        Density { sign: 3, lead: 3, follow: 3 },
    ];
}

/// A panel and the manner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) size: Size,
    pub(crate) manner: Manner,
    /// Where an animation stands, 0 to [`crate::PHASES`] - 1.
    pub(crate) phase: u8,
}

impl View {
    pub(crate) fn class(self) -> Class {
        match self.size.width.min(self.size.height) {
            0..400 => Class::Compact,
            400..700 => Class::Regular,
            700.. => Class::Large,
        }
    }

    pub(crate) fn is_wide(self) -> bool {
        self.size.width > self.size.height
    }

    fn by_class<T>(self, [compact, regular, large]: [T; 3]) -> T {
        match self.class() {
            Class::Compact => compact,
            Class::Regular => regular,
            Class::Large => large,
        }
    }

    /// Room at the left and right edges and between what belongs apart, in pixels.
    pub(crate) fn margin(self) -> u32 {
        self.by_class([12, 24, 40])
    }

    /// Room above and below a bar's text, in pixels.
    pub(crate) fn padding(self) -> u32 {
        self.by_class([4, 6, 10])
    }

    /// Width that text may take.
    pub(crate) fn width(self) -> u32 {
        self.size.width.saturating_sub(2 * self.margin())
    }

    /// Sizes of a role from the one that it would like to the smallest that it may have.
    pub(crate) fn styles(self, role: Role) -> &'static [Style] {
        use Style::*;
        match role {
            Role::Mark => self.by_class([&[Px96, Px60], &[Px176, Px128, Px96], &[Px256, Px176, Px128]]),
            Role::Heading => self.by_class([&[Px60], &[Px96], &[Px128]]),
            Role::Rest => self.by_class([&[Px60, Px40, Px28], &[Px96, Px60, Px40], &[Px128, Px96, Px60]]),
            Role::Large => {
                self.by_class([&[Px40, Px28, Px22, Px18], &[Px60, Px40, Px28], &[Px96, Px60, Px40]])
            }
            Role::Medium => self.by_class([&[Px28, Px22, Px18], &[Px40, Px28, Px22], &[Px60, Px40, Px28]]),
            Role::Small => self.by_class([&[Px22, Px18], &[Px28, Px22], &[Px40, Px28]]),
            Role::Tiny => self.by_class([&[Px18], &[Px22, Px18], &[Px28, Px22]]),
            Role::Name => self.by_class([&[Px22, Px28], &[Px40, Px28], &[Px60, Px56]]),
        }
    }

    /// Sizes of a sign, as [`View::styles`].
    pub(crate) fn signs(self, role: SignRole) -> &'static [IconSize] {
        use IconSize::*;
        match role {
            SignRole::Mark => self.by_class([&[Heading, Line, Small], &[Full, Heading], &[Vast, Full]]),
            SignRole::Heading => {
                self.by_class([&[Heading, Line], &[Full, Heading, Line], &[Vast, Full, Heading]])
            }
            SignRole::Line => self.by_class([&[Small], &[Line, Small], &[Heading, Line]]),
        }
    }
}

/// `sizes` without its `skipped` first, or at least the last.
pub(crate) fn smaller<T>(sizes: &[T], skipped: usize) -> &[T] {
    sizes.get(skipped.min(sizes.len().saturating_sub(1))..).unwrap_or_default()
}
