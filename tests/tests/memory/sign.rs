//! `gate-sign serve` as a platform's back end asks it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use crate::people::Invented;
use crate::process::Process;
use crate::programs::program;
use crate::world::World;

pub(crate) struct Service {
    pub(crate) process: Process,
    address: String,
    token: String,
}

impl Service {
    pub(crate) fn start(world: &World) -> Service {
        let mut command = Command::new(program("gate-sign", "gate-signing"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--dir"]).arg(world.path("desk"));
        command.arg("--operators").arg(world.path("operators.json"));
        let process = Process::spawn(&mut command);
        let line = process.wait_for("listening on ", || ());
        let address = line.rsplit(' ').next().unwrap().to_owned();
        Service { process, address, token: world.token.clone() }
    }

    pub(crate) fn screen_code(&self, one: &Invented, serial: usize) {
        for path in ["/v1/screen-codes", "/v1/sessions"] {
            let answer = self.ask(path, one, serial);
            assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        }
    }

    fn ask(&self, path: &str, one: &Invented, serial: usize) -> String {
        let body = serde_json::json!({
            "request_id": format!("request-{serial}"),
            "kind": "screen_code",
            "document": {"kind": "resident-id", "number": one.person.number},
            "name": one.person.name,
        })
        .to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn settle(&self) {
        self.process.pass(Duration::from_secs(2), || ());
    }
}
