//! A headless Chromium, spoken to over a pipe (Chrome DevTools Protocol, `--remote-debugging-pipe`: JSON texts that end in a
//! zero byte, in on descriptor 3, out on descriptor 4). No driver, no port, no network library.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use gate_hal_linux::picture::GreyPicture;
use serde_json::{Value, json};

/// A window: what it measures in the page's pixels, and how many of the screen's make one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) scale: f64,
    pub(crate) theme: &'static str,
    /// A script that runs before the page's own.
    pub(crate) script: &'static str,
}

pub(crate) struct Browser {
    child: Child,
    input: ChildStdin,
    answers: Receiver<Value>,
    session: String,
    calls: u64,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// `None` where there is no Chromium, and may be none.
    pub(crate) fn start(window: Window) -> Option<Browser> {
        let profile = tempfile::tempdir().unwrap();
        let found = Command::new("chromium").arg("--version").output();
        if !found.is_ok_and(|found| found.status.success()) {
            gate_tests::may_lack("chromium");
            return None;
        }
        let flags = format!(
            "exec chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars \
             --no-first-run --disable-extensions --use-fake-device-for-media-stream --use-fake-ui-for-media-stream \
             --user-data-dir={} --remote-debugging-pipe about:blank 3<&0 4>&1 1>/dev/null",
            profile.path().display()
        );
        let mut command = Command::new("sh");
        command.args(["-c", &flags]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (send, answers) = channel();
        std::thread::spawn(move || {
            for text in BufReader::new(output).split(0).map_while(Result::ok) {
                let Ok(value) = serde_json::from_slice(&text) else { break };
                if send.send(value).is_err() {
                    break;
                }
            }
        });
        let mut browser =
            Browser { child, input, answers, session: String::new(), calls: 0, _profile: profile };
        browser.attach(window);
        Some(browser)
    }

    fn attach(&mut self, window: Window) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = self.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        self.session = attached["sessionId"].as_str().unwrap().to_owned();
        self.call("Page.enable", json!({}));
        self.call("Network.enable", json!({}));
        let Window { width, height, scale, theme, script } = window;
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": true});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": theme}]});
        self.call("Emulation.setEmulatedMedia", features);
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": script}));
    }

    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        self.input.write_all(message.to_string().as_bytes()).unwrap();
        self.input.write_all(&[0]).unwrap();
        loop {
            let answer = self.answers.recv_timeout(Duration::from_secs(60)).expect("the browser answers");
            if answer["id"] == self.calls {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
        }
    }

    pub(crate) fn open(&mut self, url: &str) {
        self.call("Page.navigate", json!({"url": url}));
    }

    /// What an expression is in the page.
    pub(crate) fn read(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true});
        self.call("Runtime.evaluate", asked)["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page.
    pub(crate) fn wait_for(&mut self, expression: &str) {
        for _ in 0..1200 {
            if self.read(expression) == true {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the page never came to {expression}: {}", self.read("document.body.innerText"));
    }

    pub(crate) fn press(&mut self, key: &str, code: u32, text: &str) {
        for kind in ["keyDown", "keyUp"] {
            let event =
                json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text});
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// The screen as it is: the PNG, and in grey.
    pub(crate) fn screenshot(&mut self) -> (Vec<u8>, GreyPicture) {
        let data = self.call("Page.captureScreenshot", json!({"format": "png"}))["data"].clone();
        let png = decoded(data.as_str().unwrap());
        let picture = GreyPicture::decode(&png).unwrap();
        (png, picture)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Base64 (RFC 4648 §4).
fn decoded(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'=').collect();
    let group = |four: &[u8]| {
        let bits = four.iter().fold(0, |bits, digit| bits << 6 | value(*digit)) << (6 * (4 - four.len()));
        bits.to_be_bytes()[1..four.len()].to_vec()
    };
    digits.chunks(4).flat_map(group).collect()
}
