//! A platform's side: a desk of the simulator's province, its service, and phone pages for people.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use gate_core::keyset::Region;
use gate_core::manifest::Demo;
use gate_proof::stretch::MemoryKib;
use gate_signing::desk::access::Access;
use gate_signing::desk::{Desk, STATUS_FILE};
use gate_signing::list::Listed;
use gate_signing::province::{Founding, Province};
use gate_signing::serve::{
    Allowance, Cap, Clock, Limits, OperatorId, Operators, Server, Service, Settings, Sources, Stopper,
    by_hand,
};
use gate_sim::people::Person;
use gate_sim::stage::{beginning, province};
use gate_status::Scope;
use gate_wire::cose::Kid;
use gate_wire::credential::{Colour, Kind};
use gate_wire::time::{Millis, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// The seed of the simulator's province: its gate must know this desk's issuers.
const SEED: [u8; 32] = *b"tianfu gate demo keys for anyone";

#[derive(Clone)]
struct Told(Arc<Mutex<Timestamp>>);

impl Clock for Told {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn monotonic(&self) -> Millis {
        Millis(self.now().since(beginning()) * 1000)
    }
}

pub(crate) struct Platform {
    _directory: tempfile::TempDir,
    _stopper: Stopper,
    address: SocketAddr,
    clock: Told,
    token: String,
    requests: AtomicU64,
}

impl Platform {
    pub(crate) fn open(people: &[(&Person, Colour)]) -> Platform {
        let directory = tempfile::tempdir().unwrap();
        let desk = directory.path().join("desk");
        let mut rng = ChaCha20Rng::from_seed(SEED);
        let founding = Founding {
            region: Region::parse("510000").unwrap(),
            nature: Demo::Yes,
            tag_memory: MemoryKib::LEAST,
            founded: beginning().minus(2 * 86_400),
            days: 90,
        };
        let mut desk_open = Desk::create(&desk, Province::found(&founding, &mut rng).unwrap()).unwrap();
        let (ours, theirs) =
            (desk_open.province.key_set().unwrap(), province().unwrap().province().key_set().unwrap());
        assert_eq!(ours.keys()[0].public_key().as_bytes(), theirs.keys()[0].public_key().as_bytes());
        let subject = |person: &Person| desk_open.province.subject(&person.document).unwrap();
        let listed: Vec<Listed> = people
            .iter()
            .map(|(person, colour)| Listed { subjects: vec![subject(person)], colour: *colour })
            .collect();
        let (list, as_of) = (desk.join(STATUS_FILE), beginning().minus(600));
        desk_open.province.build_list(&list, Scope::Population, as_of, listed.into_iter()).unwrap();
        desk_open.save().unwrap();
        drop(desk_open);
        let allowance = Allowance {
            kinds: vec![Kind::ScreenCode],
            issuers: vec![Kid(*b"sc02")],
            cap: Cap::new(600, 100).unwrap(),
        };
        let (mut operators, file) = (Operators::default(), directory.path().join("operators.json"));
        let until = beginning().plus(86_400);
        let token = operators.add(OperatorId::new("app").unwrap(), allowance, until, &mut rng).unwrap();
        operators.save(&file).unwrap();
        let settings = Settings {
            sources: Sources { desk, list, deltas: None, list_age_most_s: 86_400 },
            operators: file,
            session_s: 7_200,
            sessions_most: 100,
            say: |_| {},
        };
        let clock = Told(Arc::new(Mutex::new(beginning())));
        let service = Service::new(settings, Access::demo(), Box::new(clock.clone()), [1; 32]);
        let address = "127.0.0.1:0".parse().unwrap();
        let server = Server::bind(Arc::new(service), address, None, Limits::default()).unwrap();
        let address = server.address().unwrap();
        let (stopper, stop) = by_hand();
        std::thread::spawn(move || server.run(stop));
        let token = token.expose().to_owned();
        let requests = AtomicU64::new(0);
        Platform { _directory: directory, _stopper: stopper, address, clock, token, requests }
    }

    pub(crate) fn set(&self, time: Timestamp) {
        *self.clock.0.lock().unwrap() = time;
    }

    pub(crate) fn pass(&self, seconds: u64) {
        let mut time = self.clock.0.lock().unwrap();
        *time = time.plus(seconds);
    }

    /// The address that a platform's app would open for this person.
    pub(crate) fn page(&self, person: &Person) -> String {
        let n = self.requests.fetch_add(1, Ordering::Relaxed);
        let body = serde_json::json!({
            "request_id": format!("session-{n}"),
            "kind": "screen_code",
            "document": {"kind": "resident-id", "number": person.number},
            "name": person.name,
        })
        .to_string();
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(
            stream,
            "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, json) = answer.split_once("\r\n\r\n").unwrap();
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        format!("http://{}{}", self.address, json["page"].as_str().expect("a session is opened"))
    }
}
