//! A published `trust` as a page of the hub reads it: metadata that lead to targets, without signatures.

use std::fs;
use std::path::Path;

use gate_proof::digest::sha256;

const STATION: &str = include_str!("../../../../assets/policies/station.json");
/// The example of docs/formats/policy-bands.md.
const BANDS: &str = r#""bands": {
    "status-list": {"ageing_after_days": 3, "stale_after_days": 7, "expired_after_days": 30},
    "key-set": {"ageing_after_days": 20, "stale_after_days": 30, "expired_after_days": 90}}, "test_days""#;

/// The policy for stations with these bands.
pub(crate) fn station_with_bands() -> String {
    STATION.replacen("\"test_days\"", BANDS, 1)
}

/// Publishes targets into `repositories`, which holds `trust`. Another `version` is another publication.
pub(crate) fn publish(repositories: &Path, version: u32, targets: &[(&str, &str)]) {
    let trust = repositories.join("trust");
    fs::create_dir_all(trust.join("metadata")).unwrap();
    fs::create_dir_all(trust.join("targets")).unwrap();
    let mut named = Vec::new();
    for (name, text) in targets {
        let digest: String = sha256(&[text.as_bytes()]).0.iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(trust.join(format!("targets/{digest}.{name}")), text).unwrap();
        named.push(format!(r#""{name}":{{"hashes":{{"sha256":"{digest}"}}}}"#));
    }
    let put = |name: &str, signed: String| {
        fs::write(trust.join("metadata").join(name), format!(r#"{{"signed":{{{signed}}}}}"#)).unwrap();
    };
    let meta = |role: &str| format!(r#""meta":{{"{role}.json":{{"version":{version}}}}}"#);
    put(&format!("{version}.targets.json"), format!(r#""targets":{{{}}}"#, named.join(",")));
    put(&format!("{version}.snapshot.json"), meta("targets"));
    put("timestamp.json", meta("snapshot"));
}
