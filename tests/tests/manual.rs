//! The manual's table of reasons and faults says what the screen says.
//! `BLESS=1 cargo test -p gate-tests --test manual` writes it anew.

#![expect(clippy::unwrap_used, reason = "writing to a string, and what goes wrong here must fail the test")]

use std::fmt::Write;

use gate_core::screen::Fault;
use gate_core::verdict::Reason;
use gate_ui::words;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/manual/codes.md");

fn table() -> String {
    let mut text = String::from(
        "# 原因代码与故障代码 · Reason and fault codes\n\n\
         屏幕上除“通行”外都显示原因代码和 8 位查询号；市民可凭查询号拨打 12345。\n\
         Every screen but Pass shows a reason code and an 8-character query number, which a person can read to 12345.\n\n\
         P 通行 Pass · L 限制 Limit · S 禁止 Stop · A 人工 Assist · F 故障 Fault\n\n\
         | 代码 Code | 中文 | English | 请 | Please |\n|---|---|---|---|---|\n",
    );
    for reason in Reason::ALL {
        let (cause, advice) = (words::reason(*reason), words::advice(reason.own_advice()));
        let own = if reason.code().starts_with('A') { (advice.zh, advice.en) } else { ("", "") };
        writeln!(text, "| {} | {} | {} | {} | {} |", reason.code(), cause.zh, cause.en, own.0, own.1)
            .unwrap();
    }
    for fault in Fault::ALL {
        let said = words::fault(fault);
        writeln!(text, "| {} | {} | {} | | |", fault.code(), said.zh, said.en).unwrap();
    }
    text
}

#[test]
fn the_table_of_codes_is_what_the_screen_says() {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(PATH, table()).unwrap();
    }
    let written = std::fs::read_to_string(PATH).unwrap_or_default();
    assert_eq!(written, table(), "BLESS=1 cargo test -p gate-tests --test manual");
}
