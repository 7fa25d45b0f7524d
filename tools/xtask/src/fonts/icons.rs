//! The signs, drawn as paths in a box of 100 x 100 and rasterised with anti-aliasing.
//! Promises: the signs of the four verdicts differ in outline, so that colour is never the only signal (DOMAIN §1).
//! Must not know: which screen shows which sign; the order here is the order of `gate_ui`'s `Icon`.

use swash::zeno::{Cap, Format, Join, Mask, Stroke, Transform};

use super::table::Glyph;

/// Sizes in pixels.
pub(crate) const SIZES: [u16; 4] = [40, 56, 112, 168];

/// One layer of a sign, as an SVG path.
enum Layer {
    /// Filled.
    Fill(&'static str),
    /// A line of this width, with round ends.
    Line(&'static str, f32),
    /// Cut out of what lies below.
    Cut(&'static str),
    /// A line cut out of what lies below.
    CutLine(&'static str, f32),
}

use Layer::{Cut, CutLine, Fill, Line};

const PASS: &[Layer] = &[
    Fill("M50,3 C76,3 97,24 97,50 C97,76 76,97 50,97 C24,97 3,76 3,50 C3,24 24,3 50,3 Z"),
    CutLine("M28,52 L44,68 L73,35", 11.0),
];
const LIMIT: &[Layer] = &[
    Fill("M50,14 L90,84 L10,84 Z"),
    Line("M50,14 L90,84 L10,84 Z", 12.0),
    CutLine("M50,36 L50,58", 10.0),
    CutLine("M50,73.5 L50,74", 10.5),
];
const STOP: &[Layer] = &[
    Fill("M31.5,4 L68.5,4 L96,31.5 L96,68.5 L68.5,96 L31.5,96 L4,68.5 L4,31.5 Z"),
    CutLine("M33,33 L67,67", 12.0),
    CutLine("M67,33 L33,67", 12.0),
];
/// A speech bubble with a person in it: somebody talks to you.
const ASSIST: &[Layer] = &[
    Fill("M12,8 L88,8 L88,74 L46,74 L30,92 L30,74 L12,74 Z"),
    Line("M12,8 L88,8 L88,74 L46,74 L30,92 L30,74 L12,74 Z", 10.0),
    Cut("M50,14 C57.5,14 63,20 63,28 C63,36 57.5,42 50,42 C42.5,42 37,36 37,28 C37,20 42.5,14 50,14 Z"),
    Cut("M26,70 C26,55 36,47 50,47 C64,47 74,55 74,70 Z"),
];
/// A way sign: this way, please.
const WAY: &[Layer] = &[
    Fill("M10,18 L66,18 L92,50 L66,82 L10,82 Z"),
    Line("M10,18 L66,18 L92,50 L66,82 L10,82 Z", 10.0),
    CutLine("M24,50 L68,50", 10.0),
    CutLine("M52,33 L69,50 L52,67", 10.0),
];
/// An open door with an arrow through it.
const OPENED: &[Layer] = &[
    Line("M56,24 L56,8 L12,8 L12,92 L56,92 L56,76", 10.0),
    Line("M32,50 L90,50", 11.0),
    Line("M73,32 L91,50 L73,68", 11.0),
];
const READING: &[Layer] = &[
    Fill("M50,3 C76,3 97,24 97,50 C97,76 76,97 50,97 C24,97 3,76 3,50 C3,24 24,3 50,3 Z"),
    Cut(
        "M50,13 C70.5,13 87,29.5 87,50 C87,70.5 70.5,87 50,87 C29.5,87 13,70.5 13,50 C13,29.5 29.5,13 50,13 Z",
    ),
    Line("M29,49.5 L29,50.5", 13.0),
    Line("M50,49.5 L50,50.5", 13.0),
    Line("M71,49.5 L71,50.5", 13.0),
];
const PHONE: &[Layer] = &[
    Fill("M28,6 L72,6 L72,94 L28,94 Z"),
    Line("M28,6 L72,6 L72,94 L28,94 Z", 8.0),
    Cut("M31,15 L69,15 L69,80 L31,80 Z"),
    CutLine("M47,88 L53,88", 4.5),
    Fill("M36,30 L48,30 L48,42 L36,42 Z M52,30 L64,30 L64,42 L52,42 Z M36,46 L48,46 L48,58 L36,58 Z"),
    Fill("M52,46 L58,46 L58,52 L52,52 Z M58,52 L64,52 L64,58 L58,58 Z M36,62 L42,62 L42,68 L36,68 Z"),
    Fill("M46,62 L52,62 L52,68 L46,68 Z M56,62 L64,62 L64,68 L56,68 Z"),
];
const CARD: &[Layer] = &[
    Fill("M8,22 L92,22 L92,78 L8,78 Z"),
    Line("M8,22 L92,22 L92,78 L8,78 Z", 10.0),
    Cut("M72,30 C77.5,30 81,34 81,39.5 C81,45 77.5,49 72,49 C66.5,49 63,45 63,39.5 C63,34 66.5,30 72,30 Z"),
    Cut("M57,70 C57,59 63,53 72,53 C81,53 87,59 87,70 Z"),
    CutLine("M16,36 L47,36", 6.5),
    CutLine("M16,51 L47,51", 6.5),
    CutLine("M16,66 L38,66", 6.5),
];
const LOCK: &[Layer] = &[
    Line("M29,46 L29,30 C29,18 38,10 50,10 C62,10 71,18 71,30 L71,46", 10.0),
    Fill("M20,48 L80,48 L80,90 L20,90 Z"),
    Line("M20,48 L80,48 L80,90 L20,90 Z", 10.0),
    CutLine("M50,63 L50,75", 9.0),
];
const STAFF: &[Layer] = &[
    Fill("M50,4 C62,4 71,14 71,27 C71,40 62,50 50,50 C38,50 29,40 29,27 C29,14 38,4 50,4 Z"),
    Fill("M8,96 C8,72 24,57 50,57 C76,57 92,72 92,96 Z"),
    Cut("M58,72 L80,72 L80,86 L58,86 Z"),
];
/// A circle that runs back: once more.
const AGAIN: &[Layer] = &[
    Fill("M14,14 L86,14 L86,86 L14,86 Z"),
    Line("M14,14 L86,14 L86,86 L14,86 Z", 20.0),
    CutLine(
        "M70,41 C66,33 59,28 50,28 C36.7,28 26,38.7 26,52 C26,65.3 36.7,76 50,76 C63.3,76 74,65.3 74,52",
        9.0,
    ),
    Cut("M77,24 L79,48 L57,43 Z"),
];
const STICK: &[Layer] = &[
    Fill("M31,40 L69,40 L69,90 L31,90 Z"),
    Line("M31,40 L69,40 L69,90 L31,90 Z", 10.0),
    Fill("M37,6 L63,6 L63,34 L37,34 Z"),
    Cut("M43,14 L48,14 L48,21 L43,21 Z M52,14 L57,14 L57,21 L52,21 Z"),
    CutLine("M50,58 L50,74", 6.0),
];
const TOOLS: &[Layer] = &[
    Line("M20,80 L56,44", 18.0),
    Fill("M68,8 C81.3,8 92,18.7 92,32 C92,45.3 81.3,56 68,56 C54.7,56 44,45.3 44,32 C44,18.7 54.7,8 68,8 Z"),
    Cut("M61,39 L70,0 L100,0 L100,30 Z"),
];
const CLOSED: &[Layer] = &[
    Fill("M14,30 L86,30 L86,70 L14,70 Z"),
    Line("M14,30 L86,30 L86,70 L14,70 Z", 20.0),
    CutLine("M28,50 L72,50", 12.0),
];
const SPEAKER: &[Layer] = &[
    Fill("M10,37 L30,37 L54,14 L54,86 L30,63 L10,63 Z"),
    Line("M66,36 C75,44 75,56 66,64", 8.0),
    Line("M77,23 C93,40 93,60 77,77", 8.0),
];

/// In the order of `gate_ui`'s `Icon`.
const ICONS: [&[Layer]; 16] = [
    PASS, LIMIT, STOP, ASSIST, WAY, OPENED, READING, PHONE, CARD, LOCK, STAFF, AGAIN, STICK, TOOLS, CLOSED,
    SPEAKER,
];

/// First character of the signs: the private use area.
const FIRST: u32 = 0xE000;

/// All signs at `px` pixels.
pub(crate) fn draw(px: u16) -> Vec<Glyph> {
    let characters = (FIRST..).filter_map(char::from_u32);
    characters.zip(ICONS).map(|(character, layers)| sign(character, layers, px)).collect()
}

fn sign(character: char, layers: &[Layer], px: u16) -> Glyph {
    let mut alpha = vec![0_u8; usize::from(px) * usize::from(px)];
    for layer in layers {
        let mask = mask(layer, px);
        let blend: fn(u8, u8) -> u8 = match layer {
            Fill(_) | Line(..) => u8::max,
            Cut(_) | CutLine(..) => |below, cut| below.min(255 - cut),
        };
        alpha.iter_mut().zip(mask).for_each(|(below, above)| *below = blend(*below, above));
    }
    Glyph { character, advance: px, left: 0, top: i32::from(px), width: u32::from(px), alpha }
}

fn mask(layer: &Layer, px: u16) -> Vec<u8> {
    let scale = f32::from(px) / 100.0;
    let (path, width) = match layer {
        Fill(path) | Cut(path) => (path, None),
        Line(path, width) | CutLine(path, width) => (path, Some(*width)),
    };
    let mut mask = Mask::new(*path);
    mask.size(px.into(), px.into()).format(Format::Alpha).transform(Some(Transform::scale(scale, scale)));
    let mut stroke = Stroke::new(width.unwrap_or(0.0));
    stroke.cap(Cap::Round).join(Join::Round);
    if width.is_some() {
        mask.style(stroke);
    }
    mask.render().0
}
