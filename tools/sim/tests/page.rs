//! The virtual terminal's page, asked as a browser asks, and as others would.
//! Must not know: how it is drawn.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what goes wrong here must fail the test"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A running virtual terminal; ended when dropped.
struct Page {
    process: Child,
    /// Held open: who prints to nobody ends.
    _words: BufReader<ChildStdout>,
    host: String,
    token: String,
}

impl Page {
    fn open() -> Page {
        Page::open_with(&[])
    }

    fn open_with(words: &[&str]) -> Page {
        let mut process = Command::new(env!("CARGO_BIN_EXE_gate-sim"))
            .arg("--no-open")
            .args(words)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut words = BufReader::new(process.stdout.take().unwrap());
        let address =
            words.by_ref().lines().map_while(Result::ok).find(|line| line.contains("http://")).unwrap();
        let (host, token) = address.trim().trim_start_matches("http://").split_once('/').unwrap();
        let page = Page {
            process,
            _words: words,
            host: host.to_owned(),
            token: token.trim_end_matches('/').to_owned(),
        };
        page.wait_for(|view| view["screen"] == "idle");
        page
    }

    fn ask(&self, method: &str, path: &str, origin: Option<&str>, body: &str) -> (u16, String) {
        self.ask_as(&self.host, (method, path), origin, body)
    }

    fn ask_as(
        &self,
        host: &str,
        (method, path): (&str, &str),
        origin: Option<&str>,
        body: &str,
    ) -> (u16, String) {
        let mut line = TcpStream::connect(&self.host).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let origin = origin.map_or(String::new(), |origin| format!("Origin: {origin}\r\n"));
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{origin}Connection: close\r\n");
        line.write_all(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes()).unwrap();
        let mut answer = Vec::new();
        line.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
    }

    fn path(&self, rest: &str) -> String {
        format!("/{}/{rest}", self.token)
    }

    fn order(&self, body: &str) -> u16 {
        let origin = format!("http://{}", self.host);
        self.ask("POST", &self.path("do"), Some(&origin), body).0
    }

    /// The first view that `wanted` takes.
    fn wait_for(&self, wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        self.watch(Duration::from_secs(120), wanted).expect("such a view comes")
    }

    /// A guest comes, again if need be, until `wanted` takes what is seen.
    fn come(&self, id: &str, wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        for _ in 0..8 {
            assert_eq!(self.order(&format!(r#"{{"do":"guest","id":"{id}"}}"#)), 202);
            if let Some(view) = self.watch(Duration::from_secs(15), &wanted) {
                return view;
            }
        }
        panic!("{id} came eight times in vain");
    }

    fn watch(
        &self,
        time: Duration,
        wanted: impl Fn(&serde_json::Value) -> bool,
    ) -> Option<serde_json::Value> {
        let mut line = TcpStream::connect(&self.host).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = format!("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", self.path("views"), self.host);
        line.write_all(head.as_bytes()).unwrap();
        let until = Instant::now() + time;
        for text in BufReader::new(line).lines() {
            if Instant::now() > until {
                return None;
            }
            let text = text.unwrap();
            let Some(view) = text.strip_prefix("data: ") else { continue };
            let view: serde_json::Value = serde_json::from_str(view).unwrap();
            if wanted(&view) {
                return Some(view);
            }
        }
        panic!("the stream of views ended");
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn a_guest_who_is_chosen_passes_and_leaves_a_sealed_record_that_says_why() {
    let page = Page::open();
    let view = page.come("card-green", |view| view["why"]["verdict"] == "P");
    assert_eq!(view["why"]["case"]["evidence"], "card");
    assert!(view["why"]["row"][0].as_u64().unwrap() >= 1);
    let row = view["journal"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((row["kind"].as_str(), row["verdict"].as_str()), (Some("passage"), Some("P")));
    page.wait_for(|view| view["latch"]["by"] == "permit" && view["latch"]["open"] == false);
    let number = view["display"]["number"].as_u64().unwrap();
    assert_eq!(page.ask("GET", &page.path(&format!("display/{number}")), None, "").0, 200);
    assert!(!view.to_string().contains("5101001940"), "a number of a person is on the page");

    assert_eq!(page.order(r#"{"do":"guest","id":"nobody"}"#), 202);
    page.wait_for(|view| view["refused"].as_str().is_some_and(|text| text.contains("nobody")));

    assert_eq!(page.order(r#"{"do":"days","count":10}"#), 202);
    page.wait_for(|view| view["world"]["list_age_h"].as_u64().unwrap() >= 240);
    page.come("card-green", |view| view["why"]["verdict"] == "A" && view["why"]["case"]["data"] == "stale");

    assert_eq!(page.order(r#"{"do":"power_cut"}"#), 202);
    page.wait_for(|view| view["screen"] == "idle" && view["world"]["list_age_h"].as_u64().unwrap() >= 240);
}

#[test]
fn whoever_lacks_the_address_or_comes_from_another_page_gets_nothing() {
    let page = Page::open();
    let ours = format!("http://{}", page.host);
    let guest = r#"{"do":"guest","id":"phone-green"}"#;
    let (status, answer) = page.ask("GET", &page.path(""), None, "");
    assert_eq!(status, 200);
    assert!(answer.contains("default-src 'none'") && answer.contains("no-referrer"));
    assert!(!answer.contains("https://"), "the page names a place elsewhere");
    assert_eq!(page.ask("GET", "/", None, "").0, 404);
    assert_eq!(page.ask("GET", "/00000000000000000000000000000000/views", None, "").0, 404);
    assert_eq!(page.ask("POST", &page.path("do"), Some("https://evil.example"), guest).0, 403);
    assert_eq!(page.ask("POST", &page.path("do"), None, guest).0, 403);
    assert_eq!(page.ask_as("rebound.example", ("GET", &page.path("")), None, "").0, 421);
    for wrong in ["", "{}", r#"{"do":"open_the_latch"}"#, r#"{"do":"guest","id":"a","more":1}"#, "[[[[[["] {
        assert_eq!(page.ask("POST", &page.path("do"), Some(&ours), wrong).0, 400, "{wrong}");
    }
    assert_eq!(page.ask("POST", &page.path("picture"), Some(&ours), "no picture").0, 422);
}

#[test]
fn the_language_chosen_leads_on_the_screen_and_a_wrong_word_is_told_the_right_ones() {
    let leads = |words: &[&str]| {
        let page = Page::open_with(words);
        let view = page.wait_for(|view| view["screen"] == "idle");
        let says: Vec<String> = serde_json::from_value(view["says"].clone()).unwrap();
        let place =
            |what| says.iter().position(|said| said.contains(what)).unwrap_or_else(|| panic!("{says:?}"));
        place("Show your health code") < place("请出示健康码")
    };
    assert!(!leads(&[]));
    assert!(leads(&["--language", "en", "--theme", "bright"]));
    for (option, right) in [("--theme", "dark, bright"), ("--language", "zh, en")] {
        let refused = Command::new(env!("CARGO_BIN_EXE_gate-sim")).args([option, "blue"]).output().unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2));
        assert!(said.contains(right), "{said}");
    }
}

/// What the page plays: the bytes behind the WAV header.
fn played(words: &[&str], signal: &str) -> usize {
    let page = Page::open_with(words);
    let (status, answer) = page.ask("GET", &page.path(&format!("sound/{signal}")), None, "");
    assert_eq!(status, 200);
    let length = answer.to_lowercase().split("content-length: ").nth(1).unwrap().to_owned();
    length.split("\r\n").next().unwrap().parse::<usize>().unwrap() - 44
}

#[test]
fn the_slot_for_sichuan_speaks_after_mandarin_and_alone_where_it_is_alone() {
    const NAME: &str = "the_slot_for_sichuan_speaks_after_mandarin_and_alone_where_it_is_alone";
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../ci/test-voices.sh");
    let made = Command::new("bash").arg(script).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&made.stdout);
    if said.contains("SKIPPED") {
        return println!("SKIPPED {NAME}: {said}");
    }
    assert!(made.status.success(), "{said}{}", String::from_utf8_lossy(&made.stderr));
    let slot = |name: &str| {
        let alone = folder.path().join(format!("only-{name}"));
        std::fs::create_dir(&alone).unwrap();
        std::os::unix::fs::symlink(folder.path().join(name), alone.join(name)).unwrap();
        alone.display().to_string()
    };
    let (mandarin, sichuan) = (slot("mandarin"), slot("sichuan"));
    let both = folder.path().display().to_string();
    for signal in ["pass", "assist"] {
        let of = |voices: &str| played(&["--voices", voices], signal);
        let (tones, mandarin, sichuan) = (played(&[], signal), of(&mandarin), of(&sichuan));
        assert!(tones < mandarin && tones < sichuan, "{signal}: each slot speaks");
        assert_eq!(
            of(&both) - tones,
            (mandarin - tones) + (sichuan - tones),
            "{signal}: one after the other"
        );
    }
    // The slot is Sichuan's own: its words, not Mandarin's again.
    let words = |slot: &str| std::fs::read(folder.path().join(slot).join("pass.wav")).unwrap();
    assert_ne!(words("mandarin"), words("sichuan"));
    // And a pack of it with a word that no signal has is refused by name, before the page opens.
    let manifest = folder.path().join("sichuan/manifest.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("pass = ", "goodbye = ")).unwrap();
    let refused =
        Command::new(env!("CARGO_BIN_EXE_gate-sim")).args(["--no-open", "--voices", &both]).output();
    let refused = refused.unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("goodbye"), "{refused:?}");
}
