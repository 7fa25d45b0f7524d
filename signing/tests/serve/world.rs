//! A demo desk with a list, its service on a loopback port, and a client that writes bytes as it likes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use gate_core::keyset::Region;
use gate_core::manifest::Demo;
use gate_proof::stretch::MemoryKib;
use gate_signing::desk::access::Access;
use gate_signing::desk::{Desk, STATUS_FILE};
use gate_signing::list::Listed;
use gate_signing::province::{Founding, Province};
use gate_signing::serve::{
    Allowance, Cap, Clock, Limits, OperatorId, Operators, ServeFault, Server, Service, Settings, Sources,
    Stopper, by_hand,
};
use gate_status::Scope;
use gate_wire::cose::Kid;
use gate_wire::credential::{Colour, Kind};
use gate_wire::document::{Document, DocumentKind};
use gate_wire::time::{Millis, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::Value;

/// 2026-11-20T20:15:00+08:00.
pub(crate) const NOW: u64 = 1_795_176_900;
pub(crate) const GREEN: &str = "510100194001010010";
pub(crate) const YELLOW: &str = "510100194001010029";
pub(crate) const RED: &str = "510100194001010037";
pub(crate) const UNLISTED: &str = "510100194001010045";

/// A clock that stands until it is moved.
#[derive(Clone)]
pub(crate) struct Standing(Arc<Mutex<u64>>);

impl Standing {
    pub(crate) fn pass(&self, seconds: u64) {
        *self.0.lock().unwrap() += seconds;
    }

    pub(crate) fn time(&self) -> Timestamp {
        Timestamp::from_unix(*self.0.lock().unwrap()).unwrap()
    }
}

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.time()
    }

    fn monotonic(&self) -> Millis {
        Millis((self.time().unix() - NOW) * 1000)
    }
}

/// What stops it, its thread, its address.
type Running = (Stopper, JoinHandle<Result<(), ServeFault>>, SocketAddr);

pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) clock: Standing,
    pub(crate) operators: Operators,
    pub(crate) token: String,
    rng: ChaCha20Rng,
    running: Option<Running>,
}

pub(crate) fn document(number: &str) -> Document {
    Document::parse(DocumentKind::ResidentId, number).unwrap()
}

pub(crate) fn id(text: &str) -> OperatorId {
    OperatorId::new(text).unwrap()
}

pub(crate) fn limits() -> Limits {
    let millis = Duration::from_millis;
    Limits { patience: millis(1_500), request: millis(1_500), farewell: millis(500), ..Limits::default() }
}

impl World {
    /// A desk with a list of everybody, an operator `app`, no service yet.
    pub(crate) fn closed() -> World {
        let dir = tempfile::tempdir().unwrap();
        let (mut rng, founded) =
            (ChaCha20Rng::from_seed([9; 32]), Timestamp::from_unix(NOW - 86_400).unwrap());
        let region = Region::parse("510000").unwrap();
        let tag_memory = MemoryKib::LEAST;
        let founding = Founding { region, nature: Demo::Yes, tag_memory, founded, days: 1 };
        let province = Province::found(&founding, &mut rng).unwrap();
        drop(Desk::create(&dir.path().join("desk"), province).unwrap());
        let clock = Standing(Arc::new(Mutex::new(NOW)));
        let operators = Operators::default();
        let mut world = World { dir, clock, operators, token: String::new(), rng, running: None };
        world.build_list(
            Scope::Population,
            600,
            &[(GREEN, Colour::Green), (YELLOW, Colour::Yellow), (RED, Colour::Red)],
        );
        world.token = world.admit("app", (60_000, 1_000));
        world
    }

    /// The same with its service.
    pub(crate) fn open() -> World {
        let mut world = World::closed();
        world.serve(limits());
        world
    }

    pub(crate) fn serve(&mut self, limits: Limits) {
        let settings = Settings {
            sources: Sources {
                desk: self.desk(),
                list: self.desk().join(STATUS_FILE),
                deltas: None,
                list_age_most_s: 86_400,
            },
            operators: self.operators_file(),
            session_s: 7_200,
            sessions_most: 10,
            say: |_| {},
        };
        let service = Service::new(settings, Access::demo(), Box::new(self.clock.clone()), [3; 32]);
        let server = Server::bind(Arc::new(service), "127.0.0.1:0".parse().unwrap(), None, limits).unwrap();
        let address = server.address().unwrap();
        let (stopper, stop) = by_hand();
        self.running = Some((stopper, std::thread::spawn(move || server.run(stop)), address));
    }

    /// Tells the service to stop and waits until it has.
    pub(crate) fn stop(&mut self) {
        let (stopper, thread, _) = self.running.take().unwrap();
        drop(stopper);
        thread.join().unwrap().unwrap();
    }

    pub(crate) fn desk(&self) -> PathBuf {
        self.dir.path().join("desk")
    }

    pub(crate) fn operators_file(&self) -> PathBuf {
        self.dir.path().join("operators.json")
    }

    pub(crate) fn log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.desk().join("desk-log.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn admit(&mut self, name: &str, (per_minute, burst): (u32, u32)) -> String {
        let allowance = Allowance {
            kinds: vec![Kind::ScreenCode],
            issuers: vec![Kid(*b"sc02")],
            cap: Cap::new(per_minute, burst).unwrap(),
        };
        self.admit_with(name, allowance)
    }

    pub(crate) fn admit_with(&mut self, name: &str, allowance: Allowance) -> String {
        let until = Timestamp::from_unix(NOW + 30 * 86_400).unwrap();
        let token = self.operators.add(id(name), allowance, until, &mut self.rng).unwrap();
        self.operators.save(&self.operators_file()).unwrap();
        token.expose().to_owned()
    }

    /// The next list of the desk, as of so many seconds before now.
    pub(crate) fn build_list(&mut self, scope: Scope, age_s: u64, people: &[(&str, Colour)]) {
        let mut desk = Desk::open(&self.desk()).unwrap();
        let (path, as_of) = (self.dir.path().join("next.db"), self.clock.time().minus(age_s));
        let subject = |number: &str| desk.province.subject(&document(number)).unwrap();
        let listed: Vec<Listed> = people
            .iter()
            .map(|(number, colour)| Listed { subjects: vec![subject(number)], colour: *colour })
            .collect();
        desk.province.build_list(&path, scope, as_of, listed.into_iter()).unwrap();
        desk.save().unwrap();
        std::fs::rename(&path, self.desk().join(STATUS_FILE)).unwrap();
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.running.as_ref().unwrap().2).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// One request on a connection of its own.
    pub(crate) fn send(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        // A server that refuses early may have closed already.
        let _ = stream.write_all(request.as_bytes());
        Answer::read(&mut stream)
    }

    pub(crate) fn post(&self, path: &str, token: &str, body: &str) -> Answer {
        self.send(&post(path, token, body))
    }

    pub(crate) fn code(&self, request_id: &str, number: &str) -> Answer {
        self.post("/v1/screen-codes", &self.token, &body(request_id, number))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    }
}

pub(crate) fn body(request_id: &str, number: &str) -> String {
    format!(
        r#"{{"request_id":"{request_id}","kind":"screen_code","document":{{"kind":"resident-id","number":"{number}"}},"name":"测试甲"}}"#
    )
}

pub(crate) fn post(path: &str, token: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// What came back, to the end of the connection.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn read(stream: &mut TcpStream) -> Answer {
        let mut bytes = Vec::new();
        let mut room = [0; 4096];
        // A reset after the answer, because not all was read, is no loss.
        while let Ok(length @ 1..) = stream.read(&mut room) {
            bytes.extend_from_slice(&room[..length]);
        }
        let all = String::from_utf8_lossy(&bytes).into_owned();
        let (head, text) = all.split_once("\r\n\r\n").unwrap_or((&all, ""));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_ascii_lowercase(), text: text.to_owned() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// Status and the stable word of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
    }

    pub(crate) fn field(&self, name: &str) -> String {
        match &self.json()[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}
