//! Somebody before the page: a mouse, a keyboard, eyes.

use std::path::Path;

use gate_sim::web::VirtualTerminal;
use serde_json::{Value, json};

use crate::browser::{Browser, Window};

/// The page's own newest view, as `view`.
const WATCH: &str = "window.view = null; new EventSource('views').onmessage = (event) => { window.view = JSON.parse(event.data); };";

pub(crate) struct Visitor {
    browser: Browser,
    pictures: u32,
}

impl Visitor {
    /// A terminal of its own and a browser before it; `None`, said by the test's name, where there is no browser.
    pub(crate) fn comes(test: &str, script: &'static str) -> Option<Visitor> {
        let window = Window { width: 1440, height: 900, scale: 1.0, theme: "light", script };
        let Some(mut browser) = Browser::start(window) else {
            println!("SKIPPED {test}: no chromium");
            return None;
        };
        // A program that runs already is somebody's own: only one test may come to it.
        let address = std::env::var("TERMINAL_ADDRESS").unwrap_or_else(|_| {
            let terminal = VirtualTerminal::open(0).unwrap();
            let address = terminal.address().to_owned();
            std::thread::spawn(move || terminal.run().unwrap());
            address
        });
        browser.open(&address);
        browser.wait_for("document.querySelectorAll('.guest').length > 0");
        browser.read(WATCH);
        let mut visitor = Visitor { browser, pictures: 0 };
        visitor.wait("view && view.screen === 'idle'");
        Some(visitor)
    }

    /// What an expression is in the page; a promise is waited for.
    pub(crate) fn read(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.browser.call("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(crate) fn wait(&mut self, expression: &str) {
        self.browser.wait_for(expression);
    }

    /// Clicks in the middle of what is seen of an element, as a hand does: what lies over it is what is clicked.
    pub(crate) fn click(&mut self, selector: &str) {
        let place = self.read(&format!(
            "(() => {{ const e = document.querySelector(\"{selector}\"); if (!e) return null; e.scrollIntoView({{block: 'center'}}); \
             const r = e.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; }})()"
        ));
        assert!(!place.is_null(), "{selector} is not there");
        self.mouse(&["mousePressed", "mouseReleased"], place_of(&place));
    }

    /// Clicks one of several alike.
    pub(crate) fn click_nth(&mut self, selector: &str, nth: usize) {
        self.read(&format!("document.querySelectorAll('{selector}').forEach((e, n) => e.toggleAttribute('data-meant', n === {nth}))"));
        self.click("[data-meant]");
    }

    /// Chooses in one of several lists.
    pub(crate) fn chooses(&mut self, selector: &str, nth: usize, value: &str) {
        self.read(&format!(
            "(() => {{ const e = document.querySelectorAll('{selector}')[{nth}]; e.value = '{value}'; \
             e.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()"
        ));
    }

    /// Presses on a slider where it means this, as near as a hand comes; says what it then means.
    pub(crate) fn slides(&mut self, selector: &str, to: i32) -> i64 {
        let place = self.read(&format!(
            "(() => {{ const e = document.querySelector('{selector}'); e.scrollIntoView({{block: 'center'}}); \
             const r = e.getBoundingClientRect(); const thumb = 16; \
             return [r.left + thumb / 2 + (r.width - thumb) * ({to} - e.min) / (e.max - e.min), r.top + r.height / 2]; }})()"
        ));
        self.mouse(&["mousePressed", "mouseReleased"], place_of(&place));
        self.read(&format!("Number(document.querySelector('{selector}').value)")).as_i64().unwrap()
    }

    /// Drags one thing onto another with the mouse.
    pub(crate) fn drags(&mut self, what: &str, to: &str) {
        let [from, to] = [what, to].map(|selector| {
            let place = format!(
                "(() => {{ const r = document.querySelector(\"{selector}\").getBoundingClientRect(); \
                 return [r.left + r.width / 2, r.top + r.height / 2]; }})()"
            );
            place_of(&self.read(&place))
        });
        self.mouse(&["mouseMoved", "mousePressed"], from);
        let (half, near) = (((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0), (to.0 + 3.0, to.1));
        for place in [(from.0 + 8.0, from.1 + 8.0), half, near] {
            self.mouse(&["mouseMoved"], place);
        }
        self.mouse(&["mouseMoved", "mouseReleased"], to);
    }

    fn mouse(&mut self, kinds: &[&str], (x, y): (f64, f64)) {
        for kind in kinds {
            let event =
                json!({"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1});
            self.browser.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Chooses a folder of this machine in a file field.
    pub(crate) fn chooses_folder(&mut self, field: &str, folder: &Path) {
        let asked = json!({"expression": format!("document.querySelector('{field}')")});
        let object = self.browser.call("Runtime.evaluate", asked)["result"]["objectId"].clone();
        self.browser.call("DOM.setFileInputFiles", json!({"files": [folder], "objectId": object}));
    }

    /// Types on the panel with the mouse.
    pub(crate) fn types(&mut self, digits: &str) {
        for digit in digits.chars() {
            self.click(&format!("[data-digit='{digit}']"));
        }
    }

    /// The badge is shown, again if the hand shook, and the PIN typed.
    pub(crate) fn has_badge_and_pin(&mut self, guest: &str) {
        let asked = "new Promise((done) => { let left = 100; const look = () => view.screen === 'pin' ? done(true) : left-- ? setTimeout(look, 100) : done(false); look(); })";
        let times = (1..5).find(|_| self.click_then(&format!("[data-guest='{guest}']"), asked));
        assert!(times.is_some(), "the badge is never read");
        self.types("135790");
        self.keep("pin");
        self.click("[data-key='ok']");
        self.wait("view.screen !== 'pin' && view.journal.some((row) => row.kind === 'staff')");
        self.keep("logged-in");
    }

    fn click_then(&mut self, selector: &str, question: &str) -> bool {
        self.click(selector);
        self.read(question) == true
    }

    /// Presses these keys of the panel: the gate opens by the attendant's hand, and the journal says so.
    pub(crate) fn opens_by(&mut self, what: &str, keys: &[&str]) {
        self.wait("!view.latch.open && !view.latch.occupied");
        let before = self.read("view.journal[view.journal.length - 1].sequence");
        for key in keys {
            self.click(key);
        }
        self.wait(&format!("view.latch.open /* {what} */"));
        self.wait(&format!("view.journal.some((row) => row.sequence > {before} && row.act > 0)"));
    }

    /// Puts the focus there, as so many presses of Tab would.
    pub(crate) fn focuses(&mut self, selector: &str) {
        self.read(&format!("document.querySelector(\"{selector}\").focus()"));
        self.wait(&format!("document.activeElement === document.querySelector(\"{selector}\")"));
    }

    /// Presses Tab until the focus is at the control of this name.
    pub(crate) fn comes_to(&mut self, name: &str) {
        let there = format!(
            "document.activeElement !== document.body && nameOf(document.activeElement) === {name:?}"
        );
        for _ in 0..200 {
            if self.read(&there) == true {
                return;
            }
            self.press("Tab");
        }
        panic!("{name} is not reached by Tab");
    }

    /// A file field that is worked opens no window of the system's, which nobody could close.
    pub(crate) fn opens_no_dialogue(&mut self) {
        self.browser.call("Page.setInterceptFileChooserDialog", json!({"enabled": true}));
    }

    /// Presses a key.
    pub(crate) fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            " " => (32, " "),
            digit => (u32::from(digit.as_bytes()[0]), digit),
        };
        self.browser.press(key, code, text);
    }

    /// Walks the whole page by Tab; each place that it comes to must be seen to have the focus.
    pub(crate) fn walks_by_tab(&mut self) -> Vec<Value> {
        self.read("document.activeElement.blur()");
        let mut seen = Vec::new();
        for _ in 0..150 {
            self.press("Tab");
            let place = self.read(
                "(() => { const e = document.activeElement; if (e === document.body) return null; const r = e.getBoundingClientRect(); \
                 const s = getComputedStyle(e); return [nameOf(e), parseFloat(s.outlineWidth) > 0 && s.outlineStyle !== 'none', \
                 r.bottom > 0 && r.top < innerHeight]; })()",
            );
            let Some([name, outlined, on_screen]) = place.as_array().and_then(|place| place.first_chunk())
            else {
                break;
            };
            assert!(*outlined == true && *on_screen == true, "{name}: the focus is not seen");
            if seen.first() == Some(name) {
                break;
            }
            seen.push(name.clone());
        }
        seen
    }

    /// A guest is clicked, again if the hand shook, until a new record of the journal has this verdict.
    pub(crate) fn is_judged(&mut self, button: &str, verdict: &str) {
        let newest = "(view.journal.length ? view.journal[view.journal.length - 1].sequence : 0)";
        for _ in 0..4 {
            let before = self.read(newest);
            self.click(button);
            let judged = format!(
                "new Promise((done) => {{ let left = 100; const look = () => view.journal.some((row) => row.sequence > {before} && \
                 row.verdict === '{verdict}') ? done(true) : left-- ? setTimeout(look, 100) : done(false); look(); }})"
            );
            if self.read(&judged) == true {
                return;
            }
        }
        panic!("{button} never got {verdict}: {}", self.read("JSON.stringify(view.says)"));
    }

    /// Keeps what is seen, where `TERMINAL_SCREENS` says.
    pub(crate) fn keep(&mut self, name: &str) {
        let Some(directory) = std::env::var_os("TERMINAL_SCREENS") else { return };
        std::fs::create_dir_all(&directory).unwrap();
        self.pictures += 1;
        let (png, _) = self.browser.screenshot();
        std::fs::write(Path::new(&directory).join(format!("{:02}-{name}.png", self.pictures)), png).unwrap();
    }
}

fn place_of(place: &Value) -> (f64, f64) {
    (place[0].as_f64().unwrap(), place[1].as_f64().unwrap())
}
