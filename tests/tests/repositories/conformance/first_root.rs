//! The suite's cases of a first root that is none: nothing is begun from it, and nothing that is brought is believed.

use gate_trust::memory::MemoryFault;
use gate_trust::refusal::Cause;
use serde_json::{Value, json};

use super::super::land::Carrier;
use super::super::world::World;
use super::Visited;

/// The image's command says so; the terminal has no root, takes nothing by any carrier, and says that.
fn refused(change: fn(&mut Value)) {
    for carrier in [Carrier::Spool, Carrier::Https, Carrier::Stick] {
        let visited = Visited::by(carrier, World::new());
        let mut root = visited.world.get("1.root.json");
        change(&mut root);
        let fault = visited.seed(&serde_json::to_vec(&root).unwrap()).unwrap_err();
        assert!(matches!(fault, MemoryFault::ReadRoot(_)), "{fault}");
        assert!(fault.to_string().ends_with("1.root.json is no root of a repository"), "{fault}");
        visited.publish();
        let (report, _) = visited.round(0);
        let refusal = report.refused.unwrap();
        assert_eq!((refusal.cause, report.root, report.targets), (Cause::NotEnrolled, 0, 0), "{refusal}");
        assert!(refusal.facts.contains("no root was put into this terminal"), "{refusal}");
        assert!(visited.trusted().is_err());
        // And the honest one is taken afterwards.
        visited.seed(visited.world.bytes("1.root.json")).unwrap();
        assert_eq!(visited.round(0).0.targets, 1);
    }
}

#[test]
fn a_first_root_without_a_version_is_none() {
    refused(|root| drop(root["signed"].as_object_mut().unwrap().remove("version")));
}

#[test]
fn a_first_root_without_its_signatures_is_none() {
    refused(|root| root["signatures"][0]["sig"] = json!("00".repeat(64)));
}
