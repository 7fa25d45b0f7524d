//! Every control of the page, reached by Tab and worked by keys: no mouse, no word of a script.

use crate::CONTROLS;
use crate::visitor::Visitor;

/// What keys did to each control, as only a person's own key does it, and what the page then asked of the terminal.
const WITNESS: &str = "window.used = new Set(); window.orders = []; const fetched = window.fetch; window.fetch = (to, how) => { \
    if (how?.method === 'POST') window.orders.push(String(how.body)); return fetched(to, how); }; \
    window.nameOf = (e) => e.id || e.dataset.guest || e.dataset.stick || e.dataset.key || e.dataset.digit || \
    e.closest('label')?.textContent || e.textContent; \
    for (const kind of ['click', 'change', 'input']) document.addEventListener(kind, (event) => { \
    const e = event.target.closest('button, input, select, textarea'); \
    if (e && event.isTrusted && !(event.detail > 0)) window.used.add(window.nameOf(e)); }, true);";
/// The tour is walked after the rest.
const TOUR: [&str; 3] = ["tour-start", "guide-next", "guide-end"];
const TABS: [&str; 4] = ["why", "journal", "world", "camera"];

#[test]
fn every_control_is_worked_by_keys_alone() {
    let Some(mut visitor) = Visitor::comes("every_control_is_worked_by_keys_alone", WITNESS) else {
        return;
    };
    visitor.opens_no_dialogue();
    for tab in TABS {
        visitor.comes_to(&format!("to-{tab}"));
        visitor.press("Enter");
        visitor.wait(&format!(
            "!document.getElementById('tab-{tab}').hidden && document.activeElement.id === 'to-{tab}'"
        ));
        for name in seen_first_now(&mut visitor) {
            visitor.comes_to(&name);
            works(&mut visitor, &name);
        }
    }
    visitor.comes_to("tour-start");
    visitor.press("Enter");
    for stop in 2..=3 {
        visitor.wait("document.activeElement.id === 'guide-next'");
        visitor.press("Enter");
        visitor.wait(&format!("document.getElementById('guide-step').textContent.startsWith('{stop} /')"));
    }
    visitor.comes_to("guide-end");
    visitor.press("Enter");
    visitor.wait("document.getElementById('guide').hidden");
    let all = visitor.read(&format!("{CONTROLS}.map(nameOf)"));
    let unused = visitor.read(&format!("{CONTROLS}.map(nameOf).filter((name) => !used.has(name))"));
    assert_eq!(unused, serde_json::json!([]), "controls that no key works");
    println!("{} controls worked by keys", all.as_array().unwrap().len());
}

/// Controls that stand on the page and that no key has worked yet, in the order of Tab.
fn seen_first_now(visitor: &mut Visitor) -> Vec<String> {
    let names = visitor.read(&format!(
        "{CONTROLS}.filter((e) => e.getClientRects().length && !used.has(nameOf(e))).map(nameOf)"
    ));
    let names = names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
    // The other tabs are opened in their turn.
    names.filter(|name| !TOUR.contains(&name.as_str()) && !name.starts_with("to-")).collect()
}

/// Works a control as its kind is worked, and looks for what that must do.
fn works(visitor: &mut Visitor, name: &str) {
    let kind = visitor.read("[document.activeElement.localName, document.activeElement.type].join(' ')");
    let asked = visitor.read("orders.length");
    let keys: &[&str] = match kind.as_str().unwrap() {
        "input checkbox" => &[" ", " "],
        "select select-one" => &["ArrowDown", "ArrowUp"],
        "input range" => &["ArrowRight", "ArrowLeft"],
        "input file" => &[" "],
        "textarea textarea" => &["T", "F"],
        // In the panel Enter is the key OK, wherever the focus is.
        _ if visitor.read("Boolean(document.activeElement.closest('#panel'))") == true => &[" "],
        _ if ["language", "mute", "webcam"].contains(&name) => &["Enter", "Enter"],
        _ => &["Enter"],
    };
    for key in keys {
        visitor.press(key);
        visitor.wait(&format!("used.has({name:?})"));
    }
    if !["language", "mute", "code-text", "code-file", "stick-folder"].contains(&name) {
        visitor.wait(&format!("orders.length > {asked} /* {name} asks the terminal */"));
    }
}
