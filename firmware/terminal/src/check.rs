//! `gate check`: the verdict for pictures, texts, cards and typed numbers, without opening anything.
//! Promises: the same proving, looking up and deciding as the loop; nothing is opened, nothing counts as a use.
//! Must not know: devices.
//!
//! With `--json` one line for each input, in the order of the options: `{"input", "verdict", "reason", "message": {"zh",
//! "en"}, "advice": {"zh", "en"}, "opens", "basis": {…}, "us": {"read", "prove", "look_up", "decide"}}`, or
//! `{"input", "error"}`.

mod typed;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use gate_core::case::{Case, Temperature};
use gate_core::decide::Decision;
use gate_core::screen::Opens;
use gate_core::time::{ClockTrust, RtcHealth, RtcReading, TrustedTime};
use gate_core::verdict::Reason;
use gate_hal_linux::picture::GreyPicture;
use gate_scan::{Frame, Scanner};
use gate_ui::words;
use gate_wire::document::{Document, DocumentKind};
use gate_wire::sdt::read_answer_hex;
use gate_wire::time::{Millis, Timestamp};
use serde_json::{Value, json};

use crate::believed::{Believed, NothingSeen};
use crate::files;
use crate::judge::{Judge, Proven, Shown, Station};
use crate::secrets::Secrets;
use crate::{later, moment};

pub use typed::StaffArgs;

/// What to check.
#[derive(Clone, Debug, clap::Args)]
pub struct CheckArgs {
    /// One JSON line for each input.
    #[arg(long)]
    json: bool,
    /// The terminal's data directory (with manifest.json).
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The time to decide at, RFC 3339; the system's clock otherwise.
    #[arg(long, value_name = "RFC3339")]
    now: Option<String>,
    /// Place number.
    #[arg(long, default_value_t = 1)]
    place: u32,
    /// Lane number.
    #[arg(long, default_value_t = 1)]
    lane: u16,
    /// Text of a code (`TF1:…` or anything else that a camera could read).
    #[arg(long, value_name = "TEXT")]
    text: Vec<String>,
    /// File with the card reader's whole answer (command 30 01) in hexadecimal.
    #[arg(long, value_name = "HEXFILE")]
    card: Vec<PathBuf>,
    /// A document, e.g. passport:E12345678 or resident-id:…; a badge is needed unless the province is a demo.
    #[arg(long, value_name = "TYPE:NUMBER")]
    id: Vec<String>,
    #[command(flatten)]
    staff: StaffArgs,
    /// Pictures: PNG, JPEG or PGM.
    #[arg(value_name = "IMAGE")]
    images: Vec<PathBuf>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckOutcome {
    /// Every input got a verdict.
    AllDecided,
    /// Some inputs could not be read.
    SomeUnreadable,
}

/// Checks every input.
///
/// # Errors
/// If the data directory cannot be used at all, or the output cannot be written. An input that cannot be read is an
/// `error` in its own line.
pub fn run(args: &CheckArgs, out: &mut impl Write) -> anyhow::Result<CheckOutcome> {
    if args.images.is_empty() && args.text.is_empty() && args.card.is_empty() && args.id.is_empty() {
        bail!("nothing to check: name pictures, --text, --card or --id");
    }
    let mut checker = Checker::new(args)?;
    let mut outcome = CheckOutcome::AllDecided;
    for input in inputs(args) {
        let line = checker.check(&input, &args.staff).unwrap_or_else(|cause| {
            outcome = CheckOutcome::SomeUnreadable;
            json!({ "input": input.name(), "error": format!("{cause:#}") })
        });
        if args.json { writeln!(out, "{line}")? } else { print(&line, out)? }
    }
    Ok(outcome)
}

enum Input<'a> {
    Image(&'a Path),
    Text(&'a str),
    Card(&'a Path),
    Id(&'a str),
}

impl Input<'_> {
    /// How the input is named in the output. A typed number is not repeated (DOMAIN §15).
    fn name(&self) -> String {
        match self {
            Input::Image(path) | Input::Card(path) => escaped(&path.to_string_lossy()),
            Input::Text(text) => escaped(text),
            // What stands where the kind belongs may be the number: only a known kind is repeated.
            Input::Id(id) => {
                let kind = id.split(':').next().and_then(|kind| DocumentKind::parse(kind).ok());
                format!("{}:…", kind.map_or("document", DocumentKind::token))
            }
        }
    }
}

fn inputs(args: &CheckArgs) -> Vec<Input<'_>> {
    let images = args.images.iter().map(|path| Input::Image(path));
    let texts = args.text.iter().map(|text| Input::Text(text));
    let cards = args.card.iter().map(|path| Input::Card(path));
    let ids = args.id.iter().map(|id| Input::Id(id));
    images.chain(texts).chain(cards).chain(ids).collect()
}

struct Checker {
    judge: Judge,
    time: TrustedTime,
}

/// Commands by hand have no monotonic clock to follow: every check happens at this instant.
const NOW: Millis = Millis(0);

impl Checker {
    fn new(args: &CheckArgs) -> anyhow::Result<Checker> {
        let believed = Believed::load(&args.data, &NothingSeen);
        for problem in &believed.problems {
            crate::say!("gate check: {problem}");
        }
        let secrets = Secrets::load(&args.data)?;
        let now = args.now.as_deref().map_or_else(|| Ok(moment::system_now()), moment::parse)?;
        let floor = believed.issued.iter().copied().fold(Timestamp::EPOCH, later);
        let given = RtcReading { time: now, health: RtcHealth::Healthy, set_from: ClockTrust::Confirmed };
        let time = TrustedTime::at_boot(floor, Some(given), NOW);
        if time.now(NOW).trust == ClockTrust::Unconfirmed {
            crate::say!(
                "gate check: the time given lies before the data's issue times, so the clock counts as unconfirmed"
            );
        }
        let station = Station { place: args.place, lane: args.lane };
        Ok(Checker { judge: Judge::new(believed, secrets, station), time })
    }

    fn check(&mut self, input: &Input<'_>, staff: &StaffArgs) -> anyhow::Result<Value> {
        let began = Instant::now();
        let read = match input {
            Input::Image(path) => Read::Symbol(self.read_image(path)?),
            Input::Text(text) => Read::Symbol(Some(text.as_bytes().to_vec())),
            Input::Card(path) => Read::Card(read_hex(path)?),
            Input::Id(id) => {
                let document = parse_id(id)?;
                typed::permit(&mut self.judge, staff, &self.time)?;
                Read::Typed(document)
            }
        };
        let read_at = Instant::now();
        let shown = self.prove(&read)?;
        let proven_at = Instant::now();
        let facts = self.judge.facts(&shown, self.time.now(NOW), 0, Temperature::NotMeasured);
        let looked_up_at = Instant::now();
        let decision = self.judge.decide(&shown, &facts);
        let us = json!({
            "read": micros(began, read_at),
            "prove": micros(read_at, proven_at),
            "look_up": micros(proven_at, looked_up_at),
            "decide": micros(looked_up_at, Instant::now()),
        });
        Ok(self.line(&input.name(), &shown, &decision, us))
    }

    /// The first symbol of the picture, a credential before others; `None` where nothing was read.
    fn read_image(&mut self, path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
        let picture = GreyPicture::load(path)?;
        let frame = Frame::new(&picture.pixels, picture.width, picture.height, picture.width)?;
        // Files are no sequence of frames.
        let symbols = Scanner::new().look(&frame);
        let credential = symbols.iter().find(|symbol| symbol.bytes().starts_with(gate_core::alleged::PREFIX));
        Ok(credential.or(symbols.iter().next()).map(|symbol| symbol.bytes().to_vec()))
    }

    fn prove(&mut self, read: &Read) -> anyhow::Result<Shown> {
        Ok(match read {
            Read::Symbol(None) => bail!("no code was found in the picture"),
            Read::Symbol(Some(bytes)) => match self.judge.prove(bytes, &self.time, NOW) {
                Proven::Person(code, subject) => Shown::Code(code, subject),
                Proven::Badge(..) => Shown::Refused(Reason::BadgeIsNoCode),
                Proven::Refused(reason) => Shown::Refused(reason),
            },
            Read::Card(Ok(card)) => Shown::Document(self.judge.card(card, self.time.now(NOW))?),
            Read::Card(Err(reason)) => Shown::Refused(*reason),
            Read::Typed(document) => Shown::Document(self.judge.typed(document)?),
        })
    }

    fn line(&self, input: &str, shown: &Shown, decision: &Decision, us: Value) -> Value {
        let (message, advice) = (words::reason(decision.reason()), words::advice(decision.advice()));
        let heading = words::verdict(decision.verdict());
        json!({
            "input": input,
            "verdict": decision.verdict(),
            "reason": decision.reason().code(),
            "heading": { "zh": heading.zh, "en": heading.en },
            "message": { "zh": message.zh, "en": message.en },
            "advice": { "zh": advice.zh, "en": advice.en },
            "opens": decision.opens() == Opens::Yes,
            "basis": self.basis(shown, decision),
            "us": us,
        })
    }

    fn basis(&self, shown: &Shown, decision: &Decision) -> Value {
        let versions: serde_json::Map<String, Value> = self
            .judge
            .believed()
            .versions()
            .iter()
            .map(|(dataset, version)| (dataset.name().to_owned(), json!(version)))
            .collect();
        let reading = self.time.now(NOW);
        json!({
            "issuer": shown.code().map(|code| json!({
                "region": code.issuer().region.as_str(),
                "class": code.issuer().class,
                "kid": code.issuer().kid.0.map(|byte| format!("{byte:02x}")).concat(),
            })),
            "kind": shown.code().map(|code| format!("{:?}", code.get().statement.kind())),
            "document": shown.document().map(|document| document.kind),
            "case": decision.basis().map(|(case, _)| case_words(case)),
            "policy_row": decision.basis().map(|(_, row)| row.0),
            "list_as_of": self.judge.list_as_of().map(|as_of| as_of.unix()),
            "clock": { "unix": reading.time.unix(), "trust": reading.trust },
            "versions": versions,
        })
    }
}

/// What came of an input before it was proven.
enum Read {
    Symbol(Option<Vec<u8>>),
    Card(Result<gate_wire::card::CardRead, Reason>),
    Typed(Document),
}

fn read_hex(path: &Path) -> anyhow::Result<Result<gate_wire::card::CardRead, Reason>> {
    use gate_wire::card::CardError;
    use gate_wire::sdt::AnswerError;
    let bytes = files::read(path)?;
    let text = std::str::from_utf8(&bytes).with_context(|| format!("reading {}", path.display()))?;
    Ok(match read_answer_hex(text) {
        Ok(card) => Ok(card),
        Err(AnswerError::AcceptCard(CardError::CheckDigit)) => Err(Reason::CheckDigitWrong),
        Err(AnswerError::AcceptCard(_)) => Err(Reason::CardUnreadable),
        Err(other) => return Err(anyhow!("{}: {other}", path.display())),
    })
}

fn parse_id(id: &str) -> anyhow::Result<Document> {
    let (kind, number) = id.split_once(':').context("a document is TYPE:NUMBER, e.g. passport:E12345678")?;
    let known = DocumentKind::ALL.map(DocumentKind::token).join(", ");
    let kind = DocumentKind::parse(kind)
        .map_err(|_| anyhow!("before the colon stands no kind of document; known are {known}"))?;
    Ok(Document::parse(kind, number)?)
}

fn case_words(case: &Case) -> Value {
    json!({
        "place": case.place, "risk": case.risk, "direction": case.direction, "evidence": case.evidence,
        "finding": case.finding, "source": case.source, "test": case.test, "data": case.data, "clock": case.clock,
        "temperature": case.temperature, "issuer": case.issuer, "uses": case.uses,
    })
}

fn micros(from: Instant, to: Instant) -> u128 {
    to.duration_since(from).as_micros()
}

/// Control characters of a foreign code never reach the terminal raw.
fn escaped(text: &str) -> String {
    text.escape_debug().to_string()
}

fn print(line: &Value, out: &mut impl Write) -> std::io::Result<()> {
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(error) = line.get("error") {
        return writeln!(
            out,
            "{}\n    cannot be checked: {}",
            text("/input"),
            error.as_str().unwrap_or_default()
        );
    }
    writeln!(out, "{}", text("/input"))?;
    writeln!(out, "    {}  {}  {}", text("/heading/zh"), text("/heading/en"), text("/reason"))?;
    writeln!(out, "    {} {}", text("/message/zh"), text("/advice/zh"))?;
    writeln!(out, "    {} {}", text("/message/en"), text("/advice/en"))?;
    let part = |pointer: &str| match line.pointer(pointer) {
        None | Some(Value::Null) => "none".to_owned(),
        Some(value) => value.to_string(),
    };
    writeln!(out, "    issuer {}  policy row {}", part("/basis/issuer"), part("/basis/policy_row"))?;
    writeln!(out, "    versions {}  clock {}", part("/basis/versions"), part("/basis/clock/trust"))?;
    writeln!(out, "    microseconds {}", part("/us"))
}
