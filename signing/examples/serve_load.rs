//! Codes a second through HTTP, or HTTPS where CERT is given (the name is `localhost`):
//! `cargo run --release -p gate-signing --example serve_load -- ADDRESS TOKEN NUMBER [CONNECTIONS] [SECONDS] [CERT]`
//! against a `gate-sign serve` that runs beside it (`taskset -c 0` gives it one core): `just serve-load` does both. Connections are
//! kept; each sends its next request when the answer is there. Prints codes a second, p50 and p99.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A connection, in the clear or not.
trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &'static str| arguments.next().context(what);
    let (address, token, number) = (next("ADDRESS")?, next("TOKEN")?, next("NUMBER")?);
    let connections: usize = next("CONNECTIONS").unwrap_or("16".into()).parse()?;
    let seconds: u64 = next("SECONDS").unwrap_or("5".into()).parse()?;
    let tls = arguments.next().map(|certificate| trusting(&certificate)).transpose()?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let asker = |n: usize| {
        let (address, token, number, tls) = (address.clone(), token.clone(), number.clone(), tls.clone());
        std::thread::spawn(move || ask(connected(&address, tls)?, (&token, &number), n, end))
    };
    let askers: Vec<_> = (0..connections).map(asker).collect();
    let mut times = Vec::new();
    for asker in askers {
        times.extend(asker.join().map_err(|_| anyhow::anyhow!("an asker ended badly"))??);
    }
    times.sort_unstable();
    let at = |part: f64| times.get((times.len() as f64 * part) as usize).copied().unwrap_or_default();
    let rate = times.len() as f64 / seconds as f64;
    println!("{connections} connections: {rate:.0} codes/s, p50 {:?}, p99 {:?}", at(0.5), at(0.99));
    Ok(())
}

/// A client that trusts this certificate alone.
fn trusting(certificate: &str) -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate)?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    Ok(Arc::new(config.with_no_client_auth()))
}

fn connected(address: &str, tls: Option<Arc<ClientConfig>>) -> anyhow::Result<Box<dyn Wire>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let Some(config) = tls else { return Ok(Box::new(stream)) };
    Ok(Box::new(StreamOwned::new(ClientConnection::new(config, "localhost".try_into()?)?, stream)))
}

/// Times of the requests of one connection.
fn ask(
    stream: Box<dyn Wire>,
    (token, number): (&str, &str),
    asker: usize,
    end: Instant,
) -> anyhow::Result<Vec<Duration>> {
    let mut stream = BufReader::new(stream);
    let (mut times, began) = (Vec::new(), std::process::id());
    while Instant::now() < end {
        let body = format!(
            r#"{{"request_id":"load-{began}-{asker}-{}","kind":"screen_code","document":{{"kind":"resident-id","number":"{number}"}},"name":"测试甲"}}"#,
            times.len()
        );
        let start = Instant::now();
        let head = "POST /v1/screen-codes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json";
        let length = body.len();
        let ask =
            format!("{head}\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.get_mut().write_all(ask.as_bytes())?;
        stream.get_mut().flush()?;
        answer(&mut stream)?;
        times.push(start.elapsed());
    }
    Ok(times)
}

fn answer(from: &mut impl BufRead) -> anyhow::Result<()> {
    let (mut line, mut length) = (String::new(), 0);
    from.read_line(&mut line)?;
    ensure!(line.contains(" 200 "), "{line}");
    while line != "\r\n" {
        line.clear();
        ensure!(from.read_line(&mut line)? > 0, "the connection ended");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    from.take(length).read_to_end(&mut Vec::new())?;
    Ok(())
}
