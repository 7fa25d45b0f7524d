//! `gate-sign serve` as a platform's back end asks it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::people::Invented;
use crate::process::Process;
use crate::programs::program;
use crate::search::Search;
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

    /// Asks for somebody who gets nothing: not in the list, with a wrong token, in a form that is none, broken off.
    pub(crate) fn refused(&self, one: &Invented, serial: usize) {
        let (body, stranger) = (body(one, serial), "tgs_app_".to_owned() + &"x".repeat(43));
        let other_form = body.replacen("\"name\"", "\"nome\"", 1);
        for (status, token, body) in
            [(422, &self.token, &body), (401, &stranger, &body), (400, &self.token, &other_form)]
        {
            let answer = self.answer(&request("/v1/screen-codes", token, body));
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        }
        let whole = request("/v1/screen-codes", &self.token, &body);
        let mut broken_off = TcpStream::connect(&self.address).unwrap();
        broken_off.write_all(&whole.as_bytes()[..whole.len() - 3]).unwrap();
    }

    fn ask(&self, path: &str, one: &Invented, serial: usize) -> String {
        self.answer(&request(path, &self.token, &body(one, serial)))
    }

    fn answer(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn settle(&self) {
        self.process.pass(Duration::from_secs(2), || ());
    }
}

fn body(one: &Invented, serial: usize) -> String {
    serde_json::json!({
        "request_id": format!("request-{serial}"),
        "kind": "screen_code",
        "document": {"kind": "resident-id", "number": one.person.number},
        "name": one.person.name,
    })
    .to_string()
}

fn request(path: &str, token: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// One code by command: the person comes over a pipe, the code goes to a file.
pub(crate) fn issue(world: &World, one: &Invented, serial: usize) {
    let mut command = Command::new(program("gate-sign", "gate-signing"));
    command.args(["issue", "screen", "--colour", "green", "--person", "-", "--dir"]).arg(world.path("desk"));
    for (option, ending) in [("--text", "txt"), ("--png", "png")] {
        command.arg(option).arg(world.path(&format!("code-{serial}.{ending}")));
    }
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = piped.spawn().unwrap();
    let line = format!("resident-id,{},{}\n", one.person.number, one.person.name);
    running.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = [output.stdout, output.stderr].concat();
    assert_eq!(Search::of(std::slice::from_ref(one)).hits(&said, Path::new("its output")), []);
}
