//! A stick that is loaded from the hub's program over HTTPS, and from hubs that are cut off, lie, or are somebody else's.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use gate_carry::Spool;
use gate_field::files::{self, names};

use super::by_stick::Stick;
use super::carriers::RealHub;
use super::land::Land;
use super::programs::program;
use super::toxic::{Authority, Hub};

/// A laptop, and what is served to it.
struct Laptop {
    land: Land,
    stick: Stick,
}

impl Laptop {
    fn new() -> Laptop {
        let mut land = Land::new();
        land.bring_out();
        let stick = Stick::new(land.folder.path());
        Laptop { land, stick }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.land.folder.path().join(name)
    }

    /// The command of the manual.
    fn loads(&self, address: &str, pem: &str) -> Output {
        fs::write(self.at("authority.pem"), pem).unwrap();
        let mut load = Command::new(program("gate-field", "gate-field"));
        load.args(["load", "--outbox-mib", "1", "--from", address, "--authority"])
            .arg(self.at("authority.pem"));
        load.arg("--cache").arg(self.at("cache")).arg("--stick").arg(&self.stick.folder);
        load.output().unwrap()
    }

    fn is_taken(&self) -> bool {
        let report = self.stick.visit(&self.land.to, self.land.now);
        report.repository("trust").unwrap().refused.is_none() && report.generation > 0
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[test]
fn a_stick_is_loaded_from_the_hubs_own_program_and_the_second_time_nothing_comes() {
    let mut laptop = Laptop::new();
    let mut hub = RealHub::new(laptop.at("hub"));
    let served = hub.data.join("repository");
    laptop.land.trust.carry(&served);
    let address = format!("{}/repository", hub.serve());
    let pem = fs::read_to_string(hub.data.join("tls/authority.pem")).unwrap();
    let first = laptop.loads(&address, &pem);
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    assert!(laptop.is_taken());
    let again = laptop.loads(&address, &pem);
    assert!(said(&again).contains("trust: 收到 0 个文件 files, 0 字节 bytes"), "{}", said(&again));
    assert!(said(&again).contains("已写入 0 个文件 files"), "{}", said(&again));
    laptop.land.bring_out();
    laptop.land.trust.carry(&served);
    assert_eq!(laptop.loads(&address, &pem).status.code(), Some(0));
    assert!(laptop.is_taken(), "the next generation");
    // Somebody else's hub: no byte of it.
    let foreign = laptop.loads(&address, &Authority::new().pem);
    assert_eq!(foreign.status.code(), Some(2), "{}", said(&foreign));
    assert!(said(&foreign).contains("no connection to the hub"), "{}", said(&foreign));
}

#[test]
fn a_file_that_was_cut_off_goes_on_from_its_byte_and_one_that_is_not_the_announced_one_reaches_no_stick() {
    let laptop = Laptop::new();
    let served = laptop.at("served");
    laptop.land.trust.carry(&served);
    let hub = Hub::honest(&served);
    let name =
        names(&served.join("trust/targets")).into_iter().find(|name| name.contains("key-set")).unwrap();
    let path = served.join("trust/targets").join(&name);
    let whole = fs::read(&path).unwrap();
    // Another file of the same length.
    fs::write(&path, vec![b' '; whole.len()]).unwrap();
    let refused = laptop.loads(&hub.address, &hub.authority.pem);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(
        said(&refused).contains("other bytes came") && said(&refused).contains("the stick is as it was"),
        "{}",
        said(&refused)
    );
    assert!(!laptop.stick.folder.exists());
    // Half of it came the last time.
    fs::write(&path, &whole).unwrap();
    let (digest, half) = (name.split('.').next().unwrap(), whole.len() / 2);
    let digest = gate_core::json::hex(digest).unwrap();
    let cache = Spool::open(&laptop.at("cache"), 1 << 30).unwrap();
    let mut part = cache.part("trust", &digest, whole.len() as u64).unwrap();
    part.append(&whole[..half]).unwrap();
    part.keep().unwrap();
    let loaded = laptop.loads(&hub.address, &hub.authority.pem);
    assert_eq!(loaded.status.code(), Some(0), "{}", said(&loaded));
    let asked: Vec<Option<u64>> =
        hub.asked().into_iter().filter(|asked| asked.path.ends_with(&name)).map(|asked| asked.from).collect();
    assert_eq!(asked, [None, Some(half as u64)]);
    assert_eq!(
        files::small(&laptop.stick.folder, &format!("trust/targets/{name}"), 1 << 20).unwrap(),
        Some(whole)
    );
    assert!(laptop.is_taken());
}

#[test]
fn what_is_no_hub_or_asked_for_wrongly_is_said() {
    let laptop = Laptop::new();
    let hub = Hub::honest(&laptop.at("nothing"));
    let pem = hub.authority.pem.clone();
    for (address, says) in [
        (hub.address.as_str(), "serves no published repository"),
        ("http://localhost/repository", "begins with https://"),
    ] {
        let output = laptop.loads(address, &pem);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(says), "{}", said(&output));
    }
    let mut load = Command::new(program("gate-field", "gate-field"));
    let bare =
        load.args(["load", "--from", &hub.address, "--stick"]).arg(&laptop.stick.folder).output().unwrap();
    assert_eq!(bare.status.code(), Some(2));
    assert!(said(&bare).contains("--authority FILE and --cache DIR"), "{}", said(&bare));
    assert!(!laptop.stick.folder.exists());
}
