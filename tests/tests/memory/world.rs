//! A desk founded now, with everybody in its list, and what it published to a terminal.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use gate_core::keyset::Region;
use gate_core::manifest::Demo;
use gate_core::query::TerminalNumber;
use gate_proof::stretch::MemoryKib;
use gate_signing::code::Code;
use gate_signing::desk::{Desk, Order};
use gate_signing::issue::{Claim, IssueRequest};
use gate_signing::list::Listed;
use gate_signing::province::{Founding, Province};
use gate_signing::publish::Device;
use gate_signing::serve::{Allowance, Cap, OperatorId, Operators};
use gate_status::Scope;
use gate_wire::cose::Kid;
use gate_wire::credential::{Colour, Condition, Kind, Role};
use gate_wire::time::Timestamp;
use getrandom::SysRng;
use rand_core::UnwrapErr;

use crate::people::Invented;

pub(crate) const PIN: &str = "482913";

pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) token: String,
}

pub(crate) fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    Timestamp::from_unix(seconds).unwrap()
}

impl World {
    pub(crate) fn new(crowd: &[Invented]) -> World {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = UnwrapErr(SysRng);
        let founding = Founding {
            region: Region::parse("510000").unwrap(),
            nature: Demo::Yes,
            tag_memory: MemoryKib::LEAST,
            founded: now().minus(600),
            days: 3,
        };
        let province = Province::found(&founding, &mut rng).unwrap();
        let mut desk = Desk::create(&folder.path().join("desk"), province).unwrap();
        let document = &crowd[7].person.document;
        desk.province.add_staff(document, Role::Attendant, PIN.as_bytes(), &mut rng).unwrap();
        let listed: Vec<Listed> = crowd
            .iter()
            .map(|one| desk.province.subject(&one.person.document).unwrap())
            .map(|subject| Listed { subjects: vec![subject], colour: Colour::Green })
            .collect();
        let list = desk.status_file();
        desk.province.build_list(&list, Scope::Population, now().minus(300), listed.into_iter()).unwrap();
        let order = Order {
            now: now().minus(200),
            terminal: TerminalNumber::new(3).unwrap(),
            device: Device::MadeHere,
            status: Some(&list),
            deltas: &[],
            without: &[],
        };
        desk.publish(&folder.path().join("data"), &order, &mut rng).unwrap();
        desk.save().unwrap();
        let token = operator(&folder.path().join("operators.json"));
        World { folder, token }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn code(&self, one: &Invented) -> Vec<u8> {
        self.issue(one, Claim::Screen(Condition::Colour(Colour::Green)))
    }

    pub(crate) fn badge(&self, one: &Invented) -> Vec<u8> {
        self.issue(one, Claim::Badge(Role::Attendant))
    }

    /// A picture of a code.
    fn issue(&self, one: &Invented, claim: Claim) -> Vec<u8> {
        let desk = Desk::open(&self.path("desk")).unwrap();
        let (document, full_name) = (&one.person.document, one.person.name);
        let issued = now().minus(10);
        let request = IssueRequest { document, full_name, claim, issued, life_s: 900 };
        let kid = desk.province.issuer_for(claim, issued).unwrap();
        let code = desk.province.issue(kid, &request, now(), &mut UnwrapErr(SysRng)).unwrap();
        Code::of(&code.text).unwrap().png(6).unwrap()
    }
}

fn operator(file: &Path) -> String {
    let (mut operators, until) = (Operators::default(), now().plus(86_400));
    let cap = Cap::new(60_000, 1_000).unwrap();
    let allowance = Allowance { kinds: vec![Kind::ScreenCode], issuers: vec![Kid(*b"sc02")], cap };
    let id = OperatorId::new("app").unwrap();
    let token = operators.add(id, allowance, until, &mut UnwrapErr(SysRng)).unwrap();
    operators.save(file).unwrap();
    token.expose().to_owned()
}
