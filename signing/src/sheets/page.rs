//! One A4 page of tickets.
//! Promises: every mark lies at least 5 mm inside the paper's edge; each code has its quiet zone; what is personal on a
//! ticket is the masked name.
//! Must not know: fonts' insides, PDF's structure.
//!
//! Two columns and two rows of tickets of 95 × 136 mm, 10 mm from the left edge and 12.5 mm from the top; crop marks in the
//! margins, dashed lines between. The lowest 20 mm of a ticket are its counterfoil: who loses the code still has the number
//! that voids it.

use gate_wire::time::Timestamp;
use pdf_writer::{Content, Str};
use zeroize::Zeroizing;

use super::font::SheetFont;
use super::pdf::FONT_NAME;
use crate::bulk::BulkCode;
use crate::code::{Code, CodeRefused, QUIET_ZONE};
use crate::register::short_kid;
use crate::revocation::void_number;

/// Tickets on a page.
pub const TICKETS_A_PAGE: usize = 4;
/// A module of the code, in millimetres. Version 8 with its quiet zone is 57 of them: 74.1 mm.
pub const MODULE_MM: f32 = 1.3;
/// A4.
pub(super) const PAGE_WIDTH_PT: f32 = 210.0 * PT_A_MM;
/// A4.
pub(super) const PAGE_HEIGHT_PT: f32 = 297.0 * PT_A_MM;

const PT_A_MM: f32 = 72.0 / 25.4;
const WIDTH: f32 = 95.0;
const HEIGHT: f32 = 136.0;
const LEFT: f32 = 10.0;
const BOTTOM: f32 = 12.5;
/// Where crop marks begin and end, from the outer tickets' edges, and the edge of what printers reach.
const MARK_MM: (f32, f32) = (1.0, 5.0);
const COUNTERFOIL: f32 = 20.0;
const PADDING: f32 = 4.0;

/// Every character that a sheet has besides names and places: a font that lacks one is refused.
pub(super) const FIXED: [&str; 17] = [
    "离线码",
    "Paper health code",
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz:,.%-/ ",
    "有效期至 年月日（北京时间）止",
    "Valid until (Beijing time) January February March April May June July August September October November December",
    USE_ZH[0],
    USE_ZH[1],
    USE_EN[0],
    USE_EN[1],
    "签发 Issued by：",
    "存根，与码分开存放 Counterfoil: keep it apart",
    "作废号 Void no.",
    "表第行 table line",
    "遗失：拨打 12345 报作废号，此码即作废",
    "Lost? Call 12345 with this number: the code is void",
    "请按 100 % 实际大小打印，勿缩放；码的模块 1.3 毫米",
    "Print at 100 %; modules of 1.3 mm; page 第页",
];
const USE_ZH: [&str; 2] =
    ["车站、医院闸机前，把码正对镜头，距离约 20 厘米，", "停住不动，看屏幕提示。请勿折叠二维码。"];
const USE_EN: [&str; 2] = [
    "At a station's or hospital's gate hold the code still, about 20 cm",
    "from the camera, and follow the screen. Do not fold the code.",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What stands on a ticket.
pub(super) struct Ticket {
    pub(super) line: u64,
    pub(super) void_number: String,
    pub(super) name: Zeroizing<String>,
    pub(super) expires: Timestamp,
    pub(super) code: Code,
}

impl Ticket {
    pub(super) fn of(made: &BulkCode<'_>) -> Result<Ticket, CodeRefused> {
        let number = void_number(made.code.kid, made.code.id);
        Ok(Ticket {
            line: made.line,
            void_number: format!("{} {number}", short_kid(made.code.kid)),
            name: Zeroizing::new(made.name.as_str().to_owned()),
            expires: made.code.expires,
            code: Code::of(&made.code.text)?,
        })
    }
}

/// A page being drawn; lengths are millimetres from its lower left corner.
pub(super) struct Page<'a> {
    font: &'a mut SheetFont,
    content: Content,
}

/// Where a line of text is held.
#[derive(Clone, Copy)]
enum Hold {
    Left,
    Right,
}

impl<'a> Page<'a> {
    pub(super) fn new(font: &'a mut SheetFont, number: usize) -> Page<'a> {
        let mut page = Page { font, content: Content::new() };
        page.crop_marks();
        let right = LEFT + 2.0 * WIDTH - 3.0;
        page.text((LEFT + 3.0, 6.5), 7.0, Hold::Left, "请按 100 % 实际大小打印，勿缩放；码的模块 1.3 毫米");
        let english = format!("Print at 100 %; modules of 1.3 mm; page 第 {number} 页");
        page.text((right, 6.5), 7.0, Hold::Right, &english);
        page
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.content.finish().to_vec()
    }

    /// Draws a ticket at place `at`: 0 is above left, 3 below right.
    pub(super) fn ticket(&mut self, at: usize, ticket: &Ticket, place: &str) {
        let column = if at.is_multiple_of(2) { 0.0 } else { 1.0 };
        let row = if at < 2 { 1.0 } else { 0.0 };
        let corner = (LEFT + column * WIDTH, BOTTOM + row * HEIGHT);
        self.head(corner, ticket);
        self.code(corner, &ticket.code);
        self.words(corner, ticket, place);
        self.counterfoil(corner, ticket);
    }

    fn head(&mut self, (x, y): (f32, f32), ticket: &Ticket) {
        let (left, right) = (x + PADDING, x + WIDTH - PADDING);
        self.text((left, y + HEIGHT - 9.0), 20.0, Hold::Left, "离线码");
        self.text((left + 23.0, y + HEIGHT - 9.0), 9.0, Hold::Left, "Paper health code");
        self.text((right, y + HEIGHT - 9.5), 22.0, Hold::Right, &ticket.name);
    }

    fn words(&mut self, (x, y): (f32, f32), ticket: &Ticket, place: &str) {
        let left = x + PADDING;
        let [chinese, english] = validity(ticket.expires);
        self.text((left, y + 44.5), 11.0, Hold::Left, &chinese);
        self.text((left, y + 40.0), 8.5, Hold::Left, &english);
        for (line, step) in USE_ZH.iter().zip([35.0, 31.0]) {
            self.text((left, y + step), 9.0, Hold::Left, line);
        }
        for (line, step) in USE_EN.iter().zip([27.5, 24.5]) {
            self.text((left, y + step), 7.0, Hold::Left, line);
        }
        self.text((left, y + COUNTERFOIL + 1.5), 7.0, Hold::Left, &format!("签发 Issued by：{place}"));
    }

    fn counterfoil(&mut self, (x, y): (f32, f32), ticket: &Ticket) {
        let (left, right) = (x + PADDING, x + WIDTH - PADDING);
        self.dashes((x, y + COUNTERFOIL), (x + WIDTH, y + COUNTERFOIL));
        self.text((left, y + 16.0), 7.0, Hold::Left, "存根，与码分开存放 Counterfoil: keep it apart");
        self.text((right, y + 16.0), 9.0, Hold::Right, &ticket.name);
        self.text((left, y + 10.5), 12.0, Hold::Left, &format!("作废号 Void no. {}", ticket.void_number));
        self.text((left, y + 6.5), 7.0, Hold::Left, "遗失：拨打 12345 报作废号，此码即作废");
        self.text((left, y + 3.2), 7.0, Hold::Left, "Lost? Call 12345 with this number: the code is void");
        let line = format!("表第 {} 行 table line {}", ticket.line, ticket.line);
        self.text((right, y + 6.5), 7.0, Hold::Right, &line);
    }

    fn code(&mut self, (x, y): (f32, f32), code: &Code) {
        let side = (code.modules() + 2 * QUIET_ZONE) as f32 * MODULE_MM;
        let (left, top) = (x + (WIDTH - side) / 2.0, y + HEIGHT - 11.5);
        let unit = MODULE_MM * PT_A_MM;
        self.content.save_state().set_fill_gray(0.0);
        self.content.transform([unit, 0.0, 0.0, -unit, left * PT_A_MM, top * PT_A_MM]);
        for y in 0..code.modules() {
            let mut x = 0;
            while x < code.modules() {
                let length = (x..code.modules()).take_while(|at| code.is_dark(*at, y)).count() as u32;
                if length > 0 {
                    let place = ((x + QUIET_ZONE) as f32, (y + QUIET_ZONE) as f32);
                    self.content.rect(place.0, place.1, length as f32, 1.0);
                }
                x += length.max(1);
            }
        }
        self.content.fill_nonzero().restore_state();
    }

    fn crop_marks(&mut self) {
        let (from, to) = MARK_MM;
        let (right, top) = (LEFT + 2.0 * WIDTH, BOTTOM + 2.0 * HEIGHT);
        for x in [LEFT, LEFT + WIDTH, right] {
            self.line((x, BOTTOM - from), (x, BOTTOM - to));
            self.line((x, top + from), (x, top + to));
        }
        for y in [BOTTOM, BOTTOM + HEIGHT, top] {
            self.line((LEFT - from, y), (LEFT - to, y));
            self.line((right + from, y), (right + to, y));
        }
        self.dashes((LEFT + WIDTH, BOTTOM), (LEFT + WIDTH, top));
        self.dashes((LEFT, BOTTOM + HEIGHT), (right, BOTTOM + HEIGHT));
    }

    fn line(&mut self, from: (f32, f32), to: (f32, f32)) {
        let content = &mut self.content;
        content.save_state().set_stroke_gray(0.0).set_line_width(0.5);
        content.move_to(from.0 * PT_A_MM, from.1 * PT_A_MM).line_to(to.0 * PT_A_MM, to.1 * PT_A_MM);
        content.stroke().restore_state();
    }

    fn dashes(&mut self, from: (f32, f32), to: (f32, f32)) {
        let content = &mut self.content;
        content.save_state().set_stroke_gray(0.6).set_line_width(0.4).set_dash_pattern([3.0, 3.0], 0.0);
        content.move_to(from.0 * PT_A_MM, from.1 * PT_A_MM).line_to(to.0 * PT_A_MM, to.1 * PT_A_MM);
        content.stroke().restore_state();
    }

    fn text(&mut self, (x, y): (f32, f32), size: f32, hold: Hold, text: &str) {
        let (glyphs, width) = self.font.set(text);
        let start = match hold {
            Hold::Left => x * PT_A_MM,
            Hold::Right => x * PT_A_MM - width * size,
        };
        self.content.begin_text().set_font(FONT_NAME, size).next_line(start, y * PT_A_MM);
        self.content.show(Str(&glyphs)).end_text();
    }
}

/// Until when, in both languages, in the civil time of the rules.
fn validity(expires: Timestamp) -> [String; 2] {
    let ((year, month, day), second) = (expires.civil_day().ymd(), expires.civil_second());
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let named =
        usize::try_from(month).ok().and_then(|month| MONTHS.get(month.wrapping_sub(1))).unwrap_or(&"");
    [
        format!("有效期至{year}年{month}月{day}日 {hour:02}:{minute:02}（北京时间）止"),
        format!("Valid until {day} {named} {year}, {hour:02}:{minute:02} (Beijing time)"),
    ]
}
