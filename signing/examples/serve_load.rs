//! Codes a second through HTTP: `cargo run --release -p gate-signing --example serve_load -- ADDRESS TOKEN NUMBER [CONNECTIONS] [SECONDS]`
//! against a `gate-sign serve` that runs beside it (`taskset -c 0` gives it one core). Connections are kept; each sends its next
//! request when the answer is there. Prints codes a second, p50 and p99.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &'static str| arguments.next().context(what);
    let (address, token, number) = (next("ADDRESS")?, next("TOKEN")?, next("NUMBER")?);
    let connections: usize = next("CONNECTIONS").unwrap_or("16".into()).parse()?;
    let seconds: u64 = next("SECONDS").unwrap_or("5".into()).parse()?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let asker = |n: usize| {
        let (address, token, number) = (address.clone(), token.clone(), number.clone());
        std::thread::spawn(move || ask((&address, &token, &number), n, end))
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

/// Times of the requests of one connection.
fn ask(
    (address, token, number): (&str, &str, &str),
    asker: usize,
    end: Instant,
) -> anyhow::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let (mut times, began) = (Vec::new(), std::process::id());
    while Instant::now() < end {
        let body = format!(
            r#"{{"request_id":"load-{began}-{asker}-{}","kind":"screen_code","document":{{"kind":"resident-id","number":"{number}"}},"name":"测试甲"}}"#,
            times.len()
        );
        let start = Instant::now();
        let head = "POST /v1/screen-codes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json";
        write!(
            stream,
            "{head}\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        answer(&mut answers)?;
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
