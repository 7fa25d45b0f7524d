//! Pages as printers get them.

use super::*;
use crate::code::Code;
use gate_wire::time::Timestamp;
use zeroize::Zeroizing;

/// Numbers in the order of a page's operators, in millimetres.
fn operands(content: &str, operator: &str) -> Vec<Vec<f32>> {
    let line = |line: &str| -> Option<Vec<f32>> {
        let numbers = line.strip_suffix(operator)?.trim();
        Some(numbers.split(' ').map(|number| number.parse::<f32>().unwrap() * 25.4 / 72.0).collect())
    };
    content.lines().filter_map(line).collect()
}

fn font() -> Option<SheetFont> {
    SheetFont::open(DEFAULT_FONT.as_ref()).ok()
}

#[test]
fn every_mark_lies_where_a_printer_reaches_and_every_line_of_text_inside_its_ticket() {
    let Some(mut font) = font() else {
        return println!("SKIPPED every_mark_lies_where_a_printer_reaches: {DEFAULT_FONT} not found");
    };
    let ticket = Ticket {
        line: 3_500_000,
        void_number: "sc02 0123 4567 89ab cdef 1".into(),
        name: Zeroizing::new("测**试".into()),
        expires: Timestamp::from_unix(1_798_700_000).unwrap(),
        code: Code::of(&"A".repeat(crate::issue::MAX_TEXT_CHARS)).unwrap(),
    };
    let place = "测".repeat(MAX_PLACE_CHARS);
    let widths: Vec<f32> = {
        let longest = ["有效期至2026年12月31日 23:59（北京时间）止"; 1];
        longest.iter().map(|text| font.set(text).1 * 11.0 * 25.4 / 72.0).collect()
    };
    assert!(widths.iter().all(|width| *width <= 95.0 - 8.0), "{widths:?}");
    assert!(font.set(&format!("签发 Issued by：{place}")).1 * 7.0 * 25.4 / 72.0 <= 95.0 - 8.0);
    let mut page = Page::new(&mut font, 1);
    (0..TICKETS_A_PAGE).for_each(|at| page.ticket(at, &ticket, &place));
    let bytes = page.finish();
    let content = String::from_utf8_lossy(&bytes);
    let ends = [operands(&content, " m"), operands(&content, " l")].concat();
    assert!(ends.len() >= 2 * (12 + 2 + 4), "crop marks, two cuts, four counterfoils: {}", ends.len());
    for end in ends {
        assert!((5.0..=205.0).contains(&end[0]) && (5.0..=292.0).contains(&end[1]), "{end:?}");
    }
    let texts = operands(&content, " Td");
    assert!(texts.iter().all(|at| at[0] >= 13.0 && at[0] < 200.0 && at[1] >= 6.0), "{texts:?}");
    assert_eq!(content.matches(" cm").count(), TICKETS_A_PAGE, "a code each");
}

#[test]
fn a_font_that_is_none_is_refused_and_a_place_that_does_not_fit_too() {
    for bytes in [&b""[..], b"ttcf", b"\0\x01\0\0\xff\xff", &[0; 64]] {
        assert!(matches!(SheetFont::of(bytes.to_vec()), Err(FontRefused::Read(_) | FontRefused::Draw(_))));
    }
    let Some(_) = font() else {
        return println!("SKIPPED a_font_that_is_none_is_refused: {DEFAULT_FONT} not found");
    };
    for place in [String::new(), "测".repeat(MAX_PLACE_CHARS + 1), "\u{10FFFD}".into()] {
        let mut told = |_| ();
        let begun = Sheets::begin((Vec::new(), Vec::new()), font().unwrap(), &place, &mut told);
        assert!(matches!(begun, Err(SheetsRefused::FitPlace)), "{place}");
    }
}
