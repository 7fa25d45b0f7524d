//! The fleet's page in a real browser, by keyboard alone: login, the fleet, a code that the terminal's own scanner reads.
//! `HUB_SCREENS=DIR` keeps what was seen.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "what goes wrong here must fail the test"
)]

#[path = "support/browser.rs"]
mod browser;
#[path = "../../tools/hub/tests/support/chain.rs"]
mod chain;
#[path = "hub_page/deeds.rs"]
mod deeds;
#[path = "hub_page/fleet.rs"]
mod fleet;
#[path = "support/programs.rs"]
mod programs;

use browser::{Browser, Window};
use fleet::{Fleet, codes};
use serde_json::json;

/// What of the page is wider than the window.
const WIDER: &str = "document.documentElement.scrollWidth - window.innerWidth";
/// Words that stand out from their ground by less than 4.5 : 1 (WCAG 1.4.3), with how much.
const FAINT: &str = r"(() => {
    const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
    const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    const light = ([red, green, blue]) => 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
    const ground = (one) => {
        for (; one; one = one.parentElement) {
            const colour = numbers(getComputedStyle(one).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) return light(colour);
        }
        return 1;
    };
    const ratio = (one) => {
        const pair = [light(numbers(getComputedStyle(one).color)), ground(one)].sort((a, b) => b - a);
        return (pair[0] + 0.05) / (pair[1] + 0.05);
    };
    const says = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const all = [...document.body.querySelectorAll('*')].filter((one) => one.checkVisibility() && says(one));
    return all.filter((one) => ratio(one) < 4.5).map((one) => one.textContent.trim().slice(0, 40) + ' ' + ratio(one));
})()";
/// What the keyboard is on, by what a reader of the screen says.
const ON: &str = "(document.activeElement.closest('label') || document.activeElement).textContent.trim()";
/// Whether one sees what the keyboard is on.
const SEEN: &str = "getComputedStyle(document.activeElement).outlineStyle === 'solid'";

/// Where one may go from every page, for an administrator.
const TOP: [&str; 7] = [
    "退出 Log out",
    "终端 Fleet",
    "人次 Passages",
    "告警 Alarms",
    "疑问 Rows in doubt",
    "登记 Enrol",
    "审计 Audit log",
];

const DESK: Window = Window { width: 1024, height: 768, scale: 1.0, theme: "light", script: "" };
const PHONE: Window = Window { width: 390, height: 844, scale: 2.0, theme: "light", script: "" };

struct Visitor {
    browser: Browser,
    pictures: &'static str,
}

impl Visitor {
    fn comes(fleet: &Fleet, (window, pictures): (Window, &'static str)) -> Option<Visitor> {
        let mut browser = Browser::start(window)?;
        // Its authority is one that the hub made for itself.
        browser.call("Security.setIgnoreCertificateErrors", json!({"ignore": true}));
        browser.open(&fleet.address);
        let mut visitor = Visitor { browser, pictures };
        visitor.wait_for("input[name=code]");
        Some(visitor)
    }

    /// Until a page that has this is there, whole.
    fn wait_for(&mut self, selector: &str) {
        let there =
            format!("document.readyState === 'complete' && document.querySelector('{selector}') !== null");
        self.browser.wait_for(&there);
    }

    fn tab(&mut self, on: &str) {
        self.browser.press("Tab", 9, "");
        let now = self.browser.read(ON);
        assert!(now.as_str().unwrap().contains(on), "{now} and not {on}");
        assert_eq!(self.browser.read(SEEN), true, "{on}: one sees where the keyboard is");
    }

    /// From one to the next.
    fn tabs(&mut self, all: &[&str]) {
        all.iter().for_each(|on| self.tab(on));
    }

    /// By what stands on top of every page, from the page's beginning.
    fn goes_to(&mut self, on: &str, there: &str) {
        let at = TOP.iter().position(|one| one.contains(on)).unwrap();
        self.tabs(&TOP[..=at]);
        self.enter();
        self.wait_for(there);
    }

    fn write(&mut self, text: &str) {
        self.browser.call("Input.insertText", json!({"text": text}));
    }

    fn enter(&mut self) {
        self.browser.press("Enter", 13, "\r");
    }

    /// By keyboard: the name has it from the beginning.
    fn logs_in(&mut self, name: &str, (passphrase, code): (&str, &str)) {
        self.browser.wait_for(&format!("{ON}.includes('姓名 Name')"));
        self.write(name);
        self.tab("口令 Passphrase");
        self.write(passphrase);
        self.tab("验证码 One-time code");
        self.write(code);
        self.enter();
    }

    fn keep(&mut self, name: &str) -> gate_hal_linux::picture::GreyPicture {
        assert!(self.browser.read(WIDER).as_i64().unwrap() <= 0, "{name}: nothing is beside the window");
        assert_eq!(self.browser.read(FAINT), json!([]), "{name}: what is said can be read");
        let (png, picture) = self.browser.screenshot();
        if let Some(directory) = std::env::var_os("HUB_SCREENS") {
            std::fs::create_dir_all(&directory).unwrap();
            let name = format!("{}-{name}.png", self.pictures);
            std::fs::write(std::path::Path::new(&directory).join(name), &png).unwrap();
        }
        picture
    }
}

#[test]
fn an_administrator_with_a_keyboard_alone_sees_the_fleet_and_lets_a_terminal_in() {
    let fleet = Fleet::start();
    for (round, window) in [(DESK, "desk"), (PHONE, "phone")].into_iter().enumerate() {
        let Some(mut visitor) = Visitor::comes(&fleet, window) else {
            println!("SKIPPED an_administrator_with_a_keyboard_alone: no chromium");
            return;
        };
        visitor.keep("login");
        let (name, passphrase, code) = fleet.administrator(round);
        visitor.logs_in(&name, (&passphrase, "000000"));
        visitor.wait_for("[role=alert]");
        visitor.keep("refused");
        visitor.logs_in(&name, (&passphrase, &code));
        visitor.wait_for("table");
        let text = visitor.browser.read("document.body.innerText");
        let text = text.as_str().unwrap();
        for words in [
            "从未报告 never reported",
            "时钟错误 clock wrong",
            "■ 已过期 expired",
            "▲ 超过期限 stale",
            "○ 有效 fresh",
            "silent for a day",
            "Bands by policy 1 (stations).",
            "F02",
            "已吊销 revoked",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let first = visitor.browser.read("document.querySelector('tbody th').firstChild.textContent");
        assert_eq!(first, "4", "the one with a fault comes first");
        visitor.keep("fleet");
        invites(&mut visitor);
        visitor.goes_to("终端 Fleet", "#rows");
        visitor.tab("退出 Log out");
        visitor.enter();
        visitor.wait_for("input[name=code]");
    }
}

/// To the search, from the fleet's beginning.
fn to_the_search(visitor: &mut Visitor) {
    visitor.tabs(&TOP);
    visitor.tabs(&["疑问 in doubt", "三十天内告警", "终端编号、场所编号或名称"]);
}

/// A code for terminal 9, read by the scanner that a terminal has.
fn invites(visitor: &mut Visitor) {
    visitor.goes_to("登记 Enrol", "[name=device]");
    visitor.keep("enrol");
    visitor.tabs(&TOP);
    visitor.tab("终端编号 Terminal");
    visitor.write("9");
    visitor.tab("显示登记码");
    visitor.enter();
    visitor.wait_for("svg.code");
    let shown = visitor.browser.read("document.querySelector('.words').textContent");
    let picture = visitor.keep("invite");
    let mut scanner = gate_scan::Scanner::new();
    let frame = gate_scan::Frame::new(&picture.pixels, picture.width, picture.height, picture.width).unwrap();
    let read = (0..8).find_map(|_| scanner.look(&frame).iter().next().map(|one| one.bytes().to_vec()));
    let read = String::from_utf8(read.expect("the code is read")).unwrap();
    assert_eq!(read, format!("TFE1:9:{}", shown.as_str().unwrap().to_uppercase()));
}

#[test]
fn the_page_refreshes_what_changed_and_leaves_keyboard_scroll_and_what_is_open() {
    let mut fleet = Fleet::start();
    let Some(mut visitor) = Visitor::comes(&fleet, (PHONE, "refresh")) else {
        println!("SKIPPED the_page_refreshes_what_changed: no chromium");
        return;
    };
    let (name, passphrase, code) = fleet.viewer();
    visitor.logs_in(&name, (&passphrase, &code));
    visitor.wait_for("#t4 summary");
    visitor.browser.read("document.querySelector('#t4 summary').focus()");
    visitor.enter();
    visitor.wait_for("#t4 details[open]");
    visitor.keep("open");
    let scrolled = visitor.browser.read("(window.scrollTo(0, 120), window.scrollY)");
    assert_eq!(visitor.browser.read("document.querySelector('#t4').cells[5].textContent"), "400");
    visitor.browser.read("document.querySelector('#t2 summary').click()");
    visitor.wait_for("#t2 details[open]");
    visitor.browser.read("document.querySelector('#t2 li').isTheSame = true");
    // It brings an account that is newer, and row 5 one of its first.
    fleet.hears();
    let looks = "document.dispatchEvent(new Event('visibilitychange'))";
    visitor.browser.read(looks);
    visitor.browser.wait_for("document.querySelector('#t5').textContent.includes('gate 0.1.0')");
    visitor.browser.wait_for("document.querySelector('#t4 details').open");
    let is_kept = "document.querySelector('#t2 details').open && document.querySelector('#t2 li').isTheSame";
    assert_eq!(visitor.browser.read(is_kept), true, "what is open and did not change is not made anew");
    assert_eq!(visitor.browser.read("document.activeElement.closest('tr').id"), "t4");
    assert_eq!(visitor.browser.read("window.scrollY"), scrolled);
    assert_eq!(visitor.browser.read("document.querySelector('#late').hidden"), true);
    // A hub that is away: the page says that it is as old as its clock.
    fleet.ends();
    visitor.browser.read(looks);
    visitor.browser.wait_for("!document.querySelector('#late').hidden");
    visitor.keep("late");
}

#[test]
fn a_viewer_sees_the_fleet_and_no_way_to_change_it() {
    let fleet = Fleet::start();
    let Some(mut visitor) = Visitor::comes(&fleet, (DESK, "viewer")) else {
        println!("SKIPPED a_viewer_sees_the_fleet_and_no_way_to_change_it: no chromium");
        return;
    };
    let (name, passphrase, code) = fleet.viewer();
    visitor.logs_in(&name, (&passphrase, &code));
    visitor.wait_for("table");
    assert_eq!(
        visitor.browser.read("document.querySelectorAll('form[method=post]').length"),
        1,
        "the way out"
    );
    visitor.keep("fleet");
}

#[test]
fn of_ten_thousand_terminals_the_one_with_a_fault_comes_first_and_any_is_found_by_keyboard_alone() {
    let fleet = Fleet::of_ten_thousand();
    for (round, window) in [(DESK, "many"), (PHONE, "many-phone")].into_iter().enumerate() {
        let Some(mut visitor) = Visitor::comes(&fleet, window) else {
            println!("SKIPPED of_ten_thousand_terminals_the_one_with_a_fault_comes_first: no chromium");
            return;
        };
        let (name, passphrase, code) = fleet.administrator(round);
        visitor.logs_in(&name, (&passphrase, &code));
        visitor.wait_for("#rows tr");
        let rows = visitor.browser.read("[...document.querySelectorAll('#rows tr')].map((row) => row.id)");
        assert_eq!(rows[0], format!("t{}", fleet::WITH_FAULT));
        assert_eq!(rows[1], format!("t{}", fleet::EXPIRED));
        assert_eq!(rows.as_array().unwrap().len(), 100);
        visitor.keep("first");
        to_the_search(&mut visitor);
        visitor.write("9731");
        visitor.enter();
        visitor.browser.wait_for("document.querySelector('#rows tr')?.id === 't9731'");
        assert_eq!(visitor.browser.read("document.querySelectorAll('#rows tr').length"), 1);
        visitor.keep("found");
        what_is_written_stays(&mut visitor, &fleet);
        by_state_and_by_page(&mut visitor, &fleet);
    }
}

/// The page reads itself again while the keyboard is in the search, and on the count of alarms, which changes.
fn what_is_written_stays(visitor: &mut Visitor, fleet: &Fleet) {
    let looks = "document.dispatchEvent(new Event('visibilitychange'))";
    visitor.browser.read("document.querySelector('[name=find]').select()");
    visitor.write("97");
    fleet.raises_an_alarm();
    let before = visitor.browser.read("document.querySelector('#alarms b').textContent");
    visitor.browser.read(looks);
    visitor.browser.wait_for(&format!(
        "document.querySelector('#alarms b').textContent !== '{}'",
        before.as_str().unwrap()
    ));
    assert_eq!(visitor.browser.read("document.activeElement.name"), "find");
    assert_eq!(visitor.browser.read("document.activeElement.value"), "97");
    assert_eq!(visitor.browser.read("document.querySelector('#rows tr').id"), "t9731", "what was looked for");
    visitor.browser.read("document.querySelector('#alarms').focus()");
    fleet.raises_an_alarm();
    let before = visitor.browser.read("document.querySelector('#alarms b').textContent");
    visitor.browser.read(looks);
    visitor.browser.wait_for(&format!(
        "document.querySelector('#alarms b').textContent !== '{}'",
        before.as_str().unwrap()
    ));
    assert_eq!(visitor.browser.read("document.activeElement.id"), "alarms");
    visitor.enter();
    visitor.browser.wait_for("document.body.innerText.includes('row 5: two that differ')");
    visitor.keep("alarms");
}

/// The filter, then the pages, from the beginning.
fn by_state_and_by_page(visitor: &mut Visitor, fleet: &Fleet) {
    visitor.browser.open(&fleet.address);
    visitor.browser.wait_for("document.querySelectorAll('#rows tr').length === 100");
    to_the_search(visitor);
    visitor.tab("状态 State");
    visitor.browser.press("ArrowDown", 40, "");
    visitor.tab("查找 Find");
    visitor.enter();
    visitor.browser.wait_for("document.querySelectorAll('#rows tr').length === 1");
    let shown = visitor.browser.read("document.querySelector('#rows tr').id");
    assert_eq!(shown, format!("t{}", fleet::WITH_FAULT));
    visitor.keep("unwell");
    visitor.browser.open(&fleet.address);
    visitor.browser.wait_for("document.querySelectorAll('#rows tr').length === 100");
    visitor.browser.read("document.querySelector('#later').focus()");
    visitor.enter();
    visitor.browser.wait_for("document.querySelector('#found').textContent.includes('101 to 200 of 10000')");
    visitor.browser.read("document.querySelector('#later').focus()");
    visitor.keep("second");
}

#[test]
fn a_doubt_is_settled_by_keyboard_alone_with_a_code_and_taken_back_by_another() {
    let fleet = Fleet::start();
    fleet.is_in_doubt();
    let Some(mut visitor) = Visitor::comes(&fleet, (DESK, "doubt")) else {
        println!("SKIPPED a_doubt_is_settled_by_keyboard_alone: no chromium");
        return;
    };
    let secret = at_the_doubts(&mut visitor, &fleet, "测试甲");
    visitor.keep("open");
    visitor.tabs(&TOP[1..]);
    visitor.tab("A is true");
    visitor.tab("B is true");
    visitor.enter();
    visitor.wait_for("article.meant");
    visitor.keep("settle");
    // A code that is none changes nothing, and what was written stays.
    answers(&mut visitor, ("两份记录已核对", "000000"), "确认认定 Settle it");
    visitor.wait_for("[role=alert]");
    visitor.keep("refused");
    let because = visitor.browser.read("document.querySelector('[name=because]').value");
    assert_eq!(because, "两份记录已核对");
    let [_, next] = codes(&secret);
    answers(&mut visitor, ("", &next), "确认认定 Settle it");
    visitor.wait_for("a[href^=\"/doubts/reopen\"]");
    let text = visitor.browser.read("document.body.innerText");
    let text = text.as_str().unwrap();
    assert!(
        text.contains("没有待认定的疑问") && text.contains("测试甲") && text.contains("两份记录已核对"),
        "{text}"
    );
    visitor.keep("settled");
    visitor.tab("退出 Log out");
    visitor.enter();
    visitor.wait_for("input[name=code]");
    let secret = at_the_doubts(&mut visitor, &fleet, "测试乙");
    visitor.tabs(&TOP[1..]);
    visitor.tab("收回 Take it back");
    visitor.enter();
    visitor.wait_for("article.meant");
    visitor.keep("reopen");
    let [_, next] = codes(&secret);
    answers(&mut visitor, ("认错了", &next), "确认收回 Take it back");
    visitor.wait_for("a[href^=\"/doubts/settle\"]");
    let text = visitor.browser.read("document.body.innerText");
    let text = text.as_str().unwrap();
    assert!(text.contains("测试乙") && text.contains("认错了") && text.contains("两份记录已核对"), "{text}");
    visitor.keep("reopened");
}

/// Logs in and goes to the doubts; the keyboard is on the way out.
fn at_the_doubts(visitor: &mut Visitor, fleet: &Fleet, name: &str) -> [u8; 20] {
    let (passphrase, secret) = fleet.secrets_of(name);
    let [code, _] = codes(&secret);
    visitor.logs_in(name, (&passphrase, &code));
    visitor.wait_for("#rows");
    visitor.goes_to("疑问", ".sides, h2");
    visitor.tab("退出 Log out");
    secret
}

/// A reason, where none is written yet, a code, and the button.
fn answers(visitor: &mut Visitor, (because, code): (&str, &str), button: &str) {
    visitor.tabs(&TOP);
    visitor.tab("返回，不作改变");
    visitor.tab("理由 Because");
    if !because.is_empty() {
        visitor.write(because);
    }
    visitor.tab("验证码 One-time code");
    visitor.write(code);
    visitor.tab(button);
    visitor.enter();
}
