//! What an administrator changes for good, by keyboard alone: what will be is read first, a reason is given, and a new code; and every page
//! at a desk's width and at a telephone's.

use crate::browser::Window;
use crate::fleet::{Fleet, codes};
use crate::{DESK, PHONE, TOP, Visitor, answers};

/// Logs in and stands at the fleet's beginning; the secret for the codes to come.
fn enters(visitor: &mut Visitor, fleet: &Fleet, name: &str) -> [u8; 20] {
    let (passphrase, secret) = fleet.secrets_of(name);
    let [code, _] = codes(&secret);
    visitor.logs_in(name, (&passphrase, &code));
    visitor.wait_for("#rows");
    secret
}

/// Again, with new secrets: a code serves once, and the next one comes in half a minute.
fn enters_anew(visitor: &mut Visitor, fleet: &Fleet, name: &str) -> [u8; 20] {
    visitor.tab("退出 Log out");
    visitor.enter();
    visitor.wait_for("input[name=code]");
    enters(visitor, fleet, name)
}

/// From the fleet's beginning to the page of one terminal.
fn opens(visitor: &mut Visitor, number: u32) {
    crate::to_the_search(visitor);
    visitor.write(&number.to_string());
    visitor.enter();
    visitor.browser.wait_for(&format!(
        "location.search.includes('find={number}') && document.readyState === 'complete' && document.querySelector('#rows tr')?.id === 't{number}'"
    ));
    crate::to_the_search(visitor);
    visitor.tabs(&["状态 State", "查找 Find", &number.to_string()]);
    visitor.enter();
    visitor.wait_for("dl.facts");
}

fn text(visitor: &mut Visitor) -> String {
    visitor.browser.read("document.body.innerText").as_str().unwrap().to_owned()
}

fn holds(visitor: &mut Visitor, all: &[&str]) {
    let text = text(visitor);
    all.iter().for_each(|words| assert!(text.contains(words), "{words}: {text}"));
}

#[test]
fn a_terminal_is_revoked_by_keyboard_alone_with_a_reason_and_a_new_code_and_the_log_says_why() {
    let fleet = Fleet::start();
    for (round, window) in [(DESK, "revoke"), (PHONE, "revoke-phone")].into_iter().enumerate() {
        let Some(mut visitor) = Visitor::comes(&fleet, window) else {
            println!("SKIPPED a_terminal_is_revoked_by_keyboard_alone: no chromium");
            return;
        };
        let number = [4, 1][round];
        let secret = enters(&mut visitor, &fleet, "测试甲");
        opens(&mut visitor, number);
        holds(&mut visitor, &["已登记 enrolled", "测试站", "核对号 Check number", "none: by stick"]);
        visitor.keep("terminal");
        visitor.tabs(&TOP);
        visitor.tabs(&["划去", "划去", "显示登记码", "吊销终端"]);
        visitor.enter();
        visitor.wait_for("ul.then");
        let will = [
            "Nothing is taken from it any more, by line or by stick.",
            "Its keys never come back",
            "take it from terminals.csv",
        ];
        holds(&mut visitor, &will);
        visitor.keep("plan");
        // A code that is none changes nothing, and what was written stays.
        answers(&mut visitor, ("柜门被撬开", "000000"), "确认吊销 Revoke it");
        visitor.wait_for("[role=alert]");
        visitor.keep("refused");
        let [_, next] = codes(&secret);
        answers(&mut visitor, ("", &next), "确认吊销 Revoke it");
        visitor.browser.wait_for("document.body.innerText.includes('■ 已吊销 revoked')");
        visitor.keep("revoked");
        assert!(!text(&mut visitor).contains("Revoke the terminal"), "there is nothing more to take");
        visitor.goes_to("审计", "tbody tr");
        let line = format!("terminal {number} revoked: 柜门被撬开");
        holds(&mut visitor, &["测试甲", &line, &format!("吊销终端 {number}，理由：柜门被撬开")]);
        visitor.keep("audit");
    }
}

#[test]
fn counters_are_struck_and_a_terminal_without_a_line_is_let_in_by_keyboard_alone() {
    let fleet = Fleet::start();
    let Some(mut visitor) = Visitor::comes(&fleet, (DESK, "deeds")) else {
        println!("SKIPPED counters_are_struck_and_a_terminal_is_let_in: no chromium");
        return;
    };
    let secret = enters(&mut visitor, &fleet, "测试甲");
    opens(&mut visitor, 6);
    visitor.tabs(&TOP);
    visitor.tab("划去");
    visitor.enter();
    visitor.wait_for("ul.then");
    holds(&mut visitor, &["869 人次", "Its counters of", "counts again"]);
    visitor.keep("strike");
    let [_, next] = codes(&secret);
    answers(&mut visitor, ("伪造的计数", &next), "确认划去 Strike them out");
    visitor.browser.wait_for("document.querySelectorAll('tbody tr').length === 1");
    let secret = enters_anew(&mut visitor, &fleet, "测试乙");
    lets_in(&mut visitor, &secret);
    visitor.goes_to("审计", "tbody tr");
    holds(&mut visitor, &["伪造的计数", "terminal 12 enrolled: 随车终端", "登记终端 12，理由：随车终端"]);
}

/// Terminal 12, by its keys, with the check number that two people compare.
fn lets_in(visitor: &mut Visitor, secret: &[u8; 20]) {
    visitor.goes_to("登记", "[name=device]");
    visitor.tabs(&TOP);
    visitor.tabs(&["终端编号 Terminal", "显示登记码", "终端编号 Terminal"]);
    visitor.write("12");
    let [device, record] = crate::fleet::printed(12);
    visitor.tab("设备公钥 Device key");
    visitor.write(&device);
    visitor.tab("记录公钥 Record key");
    visitor.write(&record);
    visitor.tab("显示核对号");
    visitor.enter();
    visitor.wait_for("ul.then");
    holds(visitor, &["核对号 Check number", "A new number; its records come by stick alone."]);
    visitor.keep("enrol");
    let [_, next] = codes(secret);
    answers(visitor, ("随车终端", &next), "核对一致，登记 They are the same: enrol it");
    visitor.browser.wait_for("document.body.innerText.includes('Terminal 12')");
    holds(visitor, &["已登记 enrolled", "从未报告 never reported"]);
}

#[test]
fn every_page_is_reached_by_keyboard_and_none_is_wider_than_a_desk_or_a_telephone() {
    let fleet = Fleet::start();
    fleet.is_in_doubt();
    fleet.raises_an_alarm();
    for (window, name) in [(DESK, "page"), (PHONE, "page-phone"), (HALF, "page-narrow")] {
        let Some(mut visitor) = Visitor::comes(&fleet, (window, name)) else {
            println!("SKIPPED every_page_is_reached_by_keyboard: no chromium");
            return;
        };
        visitor.keep("01-login");
        enters(&mut visitor, &fleet, "测试甲");
        visitor.keep("02-fleet");
        for (page, there, picture) in [
            ("人次", "tbody tr", "04-counters"),
            ("告警", "tbody tr", "05-alarms"),
            ("疑问", ".sides", "06-doubts"),
            ("登记", "[name=device]", "08-enrol"),
            ("审计", "tbody tr", "09-audit"),
            ("终端 Fleet", "#rows", "10-fleet-again"),
        ] {
            visitor.goes_to(page, there);
            assert_eq!(
                visitor.browser.read("document.querySelectorAll('nav [aria-current]').length"),
                1,
                "{page}"
            );
            visitor.keep(picture);
        }
        opens(&mut visitor, 4);
        visitor.keep("03-terminal");
        visitor.tabs(&TOP);
        visitor.tabs(&["划去", "划去", "显示登记码", "吊销终端"]);
        visitor.enter();
        visitor.wait_for("ul.then");
        visitor.keep("07-revoke");
    }
}

/// A desk's window beside another.
const HALF: Window = Window { width: 640, height: 768, scale: 1.0, theme: "light", script: "" };
