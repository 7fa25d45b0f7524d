//! Paper sheets as a person uses them: printed, cut out, held to the gate.
#![expect(clippy::unwrap_used, reason = "test helpers: what goes wrong here must fail the test")]

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use gate_core::query::TerminalNumber;
use gate_signing::bulk::{BulkOptions, HEADER, HeldTo, Kinds, MAX_ROWS};
use gate_signing::demo::DemoProvince;
use gate_signing::inputs::Inputs;
use gate_signing::publish::{Device, Publication};
use gate_signing::sheets::{DEFAULT_FONT, SheetFont, Sheets};
use gate_sim::people::Person;
use gate_sim::stage::{beginning, province};
use gate_status::Scope;
use gate_terminal::check::{CheckArgs, run};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::Value;

const NOW: &str = "2026-11-20T20:15:00+08:00";
const NAME: &str = "every_ticket_cut_from_a_printed_page_gets_its_verdict_at_the_gate";
/// Dots an inch of the picture of a page: five pixels a module, far from a fine print.
const DPI: f32 = 100.0;
const PEOPLE: u16 = 10;
/// A page's tickets: columns and rows, their size and the margins, in millimetres.
const TICKET_MM: (f32, f32) = (95.0, 136.0);
const MARGIN_MM: (f32, f32) = (10.0, 12.5);

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    check: CheckArgs,
}

fn colour(serial: u16) -> (&'static str, &'static str) {
    [("green", "pass"), ("yellow", "limit"), ("red", "stop")][usize::from(serial % 3)]
}

/// Everybody is green on an older list: without a list a paper code is the attendant's to judge.
fn list_everybody(province: &mut DemoProvince, path: &Path) {
    let row = |serial| format!("resident-id,{},,green\n", Person::new(serial).unwrap().number);
    let rows: String = (0..PEOPLE).map(row).collect();
    let table = format!("document_kind,number,second_number,colour\n{rows}");
    let place = (path, Scope::Population, beginning().minus(3_600));
    let built = province.province_mut().build_list_from_table(place, table.as_bytes(), &mut Vec::new());
    assert_eq!(built.unwrap().people, u64::from(PEOPLE));
}

fn print_sheets(province: &DemoProvince, folder: &Path) -> PathBuf {
    let row = |serial| {
        let person = Person::new(serial).unwrap();
        format!("resident-id,{},{},paper_code,{},\n", person.number, person.name, colour(serial).0)
    };
    let table = HEADER.join(",") + "\n" + &(0..PEOPLE).map(row).collect::<String>();
    let tags = folder.join("tags");
    let options = BulkOptions {
        now: beginning(),
        issued: beginning().minus(60),
        kid: None,
        life_s: None,
        kinds: Kinds::Paper,
        most: MAX_ROWS,
        threads: NonZeroUsize::MIN,
        tags: &tags,
        held_to: HeldTo::Nothing,
    };
    let (mut pdf, mut rejects, mut told) = (Vec::new(), Vec::new(), |_| ());
    let font = SheetFont::open(DEFAULT_FONT.as_ref()).unwrap();
    let mut sheets =
        Sheets::begin((&mut pdf, &mut rejects), font, "成都市测试街道办事处", &mut told).unwrap();
    let mut rng = ChaCha20Rng::from_seed([8; 32]);
    let done = province.province().issue_table(table.as_bytes(), &mut sheets, &options, &mut rng).unwrap();
    assert_eq!((done.codes, done.rejected), (u64::from(PEOPLE), 0));
    sheets.finish().unwrap();
    let path = folder.join("sheets.pdf");
    std::fs::write(&path, pdf).unwrap();
    path
}

/// Cuts ticket `at` (0 above left) out of a page.
fn cut(pdf: &Path, page: u16, at: u16) -> PathBuf {
    let pixels = |mm: f32| format!("{:.0}", mm / 25.4 * DPI);
    let (left, top) =
        (MARGIN_MM.0 + f32::from(at % 2) * TICKET_MM.0, MARGIN_MM.1 + f32::from(at / 2) * TICKET_MM.1);
    let name = pdf.with_file_name(format!("ticket-{page}-{at}"));
    let mut command = Command::new("pdftoppm");
    command.args(["-gray", "-singlefile", "-png", "-r", &DPI.to_string(), "-f", &page.to_string()]);
    command.args([
        "-x",
        &pixels(left),
        "-y",
        &pixels(top),
        "-W",
        &pixels(TICKET_MM.0),
        "-H",
        &pixels(TICKET_MM.1),
    ]);
    assert!(command.arg(pdf).arg(&name).status().unwrap().success());
    name.with_extension("png")
}

fn verdict(data: &Path, picture: &Path) -> Value {
    let words =
        ["check", "--json", "--now", NOW, "--data", data.to_str().unwrap(), picture.to_str().unwrap()];
    let mut out = Vec::new();
    run(&Cli::parse_from(words).check, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn every_ticket_cut_from_a_printed_page_gets_its_verdict_at_the_gate() {
    if !Path::new(DEFAULT_FONT).exists() || Command::new("pdftoppm").arg("-v").output().is_err() {
        return gate_tests::skip(NAME, "fonts-noto-cjk or no poppler-utils");
    }
    let (folder, mut province) = (tempfile::tempdir().unwrap(), province().unwrap());
    let list = folder.path().join("list.db");
    list_everybody(&mut province, &list);
    let publication = Publication {
        now: beginning().minus(1_800),
        terminal: TerminalNumber::new(42).unwrap(),
        device: Device::MadeHere,
        inputs: &Inputs::demo(),
        status: Some(&list),
        deltas: &[],
        without: &[],
    };
    let data = folder.path().join("data");
    province.publish(&data, &publication).unwrap();
    let pdf = print_sheets(&province, folder.path());
    for serial in 0..PEOPLE {
        let ticket = cut(&pdf, 1 + serial / 4, serial % 4);
        let said = verdict(&data, &ticket);
        assert_eq!(said["verdict"], colour(serial).1, "person {serial}: {said}");
    }
    let empty = verdict(&data, &cut(&pdf, 3, 3));
    assert!(empty["error"].is_string() || empty["verdict"] == "assist", "nobody is there: {empty}");
}
