//! `gate-sign serve` as a process: started, killed, started again, told to stop; over TLS too.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use gate_signing::desk::Desk;
use gate_status::Scope;
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;

use crate::world::{Answer, GREEN, World, body, post};

struct Process {
    child: Child,
    address: String,
    /// Kept open: a service whose error output is gone would fail at its last word.
    said: BufReader<std::process::ChildStderr>,
}

impl Process {
    fn start(world: &World, more: &[&str]) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--dir"]).arg(world.desk());
        command.arg("--operators").arg(world.operators_file()).args(more);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on ") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "it ended before it listened");
        }
        let address = line.trim().rsplit(' ').next().unwrap().to_owned();
        Process { child, address, said }
    }

    fn ask(&self, token: &str, n: u32) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let ask = post("/v1/screen-codes", token, &body(&format!("request-{n}"), GREEN));
        stream.write_all(ask.as_bytes()).unwrap();
        Answer::read(&mut stream)
    }

    /// The next line of its error output.
    fn says(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line
    }

    fn signal(&mut self, name: &str) -> Option<i32> {
        let told = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code()
    }
}

/// A desk whose list is of this hour by the machine's own clock.
fn world() -> (World, String) {
    let mut world = World::closed();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let here = world.clock.time().unix();
    if now > here {
        world.clock.pass(now - here);
    }
    world.build_list(Scope::Population, 0, &[(GREEN, Colour::Green)]);
    let token = world.token.clone();
    (world, token)
}

#[test]
fn after_a_kill_the_log_says_the_most_there_can_have_been_and_the_next_start_goes_on() {
    let (world, token) = world();
    if world.clock.time() > Timestamp::from_unix(crate::world::NOW + 29 * 86_400).unwrap() {
        println!("SKIPPED after_a_kill: this machine's clock is past the demo's operators");
        return;
    }
    let mut first = Process::start(&world, &[]);
    for n in 0..20 {
        assert_eq!(first.ask(&token, n).status, 200);
    }
    assert_eq!(first.signal("-KILL"), None, "killed");
    let mut second = Process::start(&world, &[]);
    assert_eq!(second.ask(&token, 0).status, 200, "a request of before is a new one");
    assert_eq!(second.signal("-TERM"), Some(0), "told to stop, it ends well");
    let log = world.log();
    let counts = |operation: &str| -> Vec<u64> {
        log.iter()
            .filter(|line| line["operation"] == operation)
            .map(|line| line["count"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(counts("serve-lease"), [61_000, 61_000], "both before their first code");
    assert_eq!(counts("serve-end"), [1], "the killed one could not say: its lease stands");
    assert!(Desk::open(&world.desk()).unwrap().log().verify().is_ok());
}

/// A client that trusts the test's own certificate alone.
fn tls_client(address: &str) -> rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(include_bytes!("../data/tls-TEST-ONLY.cert.pem")).unwrap())
        .unwrap();
    let provider = std::sync::Arc::new(rustls_graviola::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let client = rustls::ClientConnection::new(std::sync::Arc::new(config), name).unwrap();
    rustls::StreamOwned::new(client, TcpStream::connect(address).unwrap())
}

#[test]
fn over_tls_a_code_comes_and_in_the_clear_none_does() {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;
    let (world, token) = world();
    let (certificate, key) = (world.dir.path().join("cert.pem"), world.dir.path().join("key.pem"));
    std::fs::write(&certificate, include_bytes!("../data/tls-TEST-ONLY.cert.pem")).unwrap();
    std::fs::write(&key, include_bytes!("../data/tls-TEST-ONLY.key.pem")).unwrap();
    let open_to_all = gate_signing::serve::Tls::load(&certificate, &key).err();
    assert!(matches!(open_to_all, Some(gate_signing::serve::TlsRefused::HideKey(_))), "{open_to_all:?}");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let both = format!("{},{}", certificate.display(), key.display());
    let mut process = Process::start(&world, &["--tls", &both]);
    let mut stream = tls_client(&process.address);
    stream.write_all(post("/v1/screen-codes", &token, &body("request-1", GREEN)).as_bytes()).unwrap();
    let mut answer = String::new();
    // A server may end a connection without a last word.
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("TF1:"), "{answer}");
    assert_eq!(process.ask(&token, 2).status, 0, "no answer to what is not TLS");
    assert_eq!(process.signal("-TERM"), Some(0));
}

#[test]
fn a_cause_that_stops_the_codes_is_told_by_its_own_word_and_once_on_the_services_output() {
    let (world, token) = world();
    let mut process = Process::start(&world, &[]);
    let (log, list) = (world.desk().join("desk-log.jsonl"), world.desk().join("status-list.db"));
    let (whole, kept) = (std::fs::read_to_string(&log).unwrap(), world.dir.path().join("kept.db"));
    // Cut, and nothing else changed: the service holds the desk and the list.
    let shorter: Vec<&str> = whole.lines().collect();
    std::fs::write(&log, shorter[..shorter.len() - 1].join("\n") + "\n").unwrap();
    for n in 0..2 {
        assert_eq!(process.ask(&token, n).refusal(), (503, "log_not_writable".into()));
    }
    // So it is where the desk is read anew, too.
    std::fs::rename(&list, &kept).unwrap();
    std::fs::copy(&kept, &list).unwrap();
    assert_eq!(process.ask(&token, 2).refusal(), (503, "log_not_writable".into()));
    let said = process.says();
    assert!(said.contains("no codes (log_not_writable)") && said.contains("its end was removed"), "{said}");
    std::fs::write(&log, &whole).unwrap();
    assert_eq!(process.ask(&token, 3).status, 200);
    assert!(process.says().contains("codes are given again"), "each cause is said once");
    std::fs::remove_file(&list).unwrap();
    assert_eq!(process.ask(&token, 4).refusal(), (503, "list_not_readable".into()));
    assert!(process.says().contains("no codes (list_not_readable)"));
    assert_eq!(process.signal("-TERM"), Some(0));
}
