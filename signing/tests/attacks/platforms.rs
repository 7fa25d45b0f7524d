//! Who may ask the screen-code service, and who would like to.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::world::World;

const ADD: [&str; 8] = ["operator", "add", "--dir", "desk", "--operators", "operators.json", "--name", "app"];

#[test]
fn a_platform_is_admitted_for_issuers_that_can_give_a_screen_code_here() {
    let world = World::demo();
    for (kid, why) in [("zzzz", "no issuer zzzz"), ("stf1", "may not sign screen codes")] {
        let refused = world.refused(&[&ADD[..], &["--kid", kid]].concat());
        assert!(refused.contains(why), "{refused}");
        assert!(!world.path("operators.json").exists());
    }
    world.good(&[&ADD[..], &["--kid", "sc02"]].concat());
}

#[test]
fn a_platform_admitted_rotated_and_ended_is_a_line_each_in_the_desks_log() {
    let world = World::demo();
    world.good(&[&ADD[..], &["--kid", "sc02"]].concat());
    for change in ["rotate", "revoke"] {
        world.good(&[&["operator", change], &ADD[2..]].concat());
    }
    let lines = world.told("operator-change");
    assert!(lines.iter().all(|line| line["platform"] == json!("app") && line["operator"] == json!("clerk")));
    let digests: Vec<_> = lines.iter().map(|line| line["digest"].to_string()).collect();
    assert!(digests.len() == 3 && digests[0] != digests[1] && digests[1] != digests[2], "{digests:?}");
}

#[test]
fn a_file_of_platforms_or_a_passphrase_that_others_may_reach_is_not_taken() {
    let world = World::demo();
    world.good(&[&ADD[..], &["--kid", "sc02"]].concat());
    let file = world.path("operators.json");
    for mode in [0o666, 0o640, 0o602] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        for words in [
            &["operator", "list", "--operators", "operators.json"][..],
            &[&["operator", "rotate"], &ADD[2..]].concat(),
        ] {
            assert!(world.refused(words).contains("mode 600"), "{mode:o}");
        }
    }
    fs::write(world.path("words"), "a passphrase for tests only\n").unwrap();
    fs::set_permissions(world.path("words"), fs::Permissions::from_mode(0o644)).unwrap();
    let head = ["log", "head", "--dir", "desk", "--out", "head.cose", "--passphrase-file", "words"];
    assert!(world.refused(&head).contains("can be read by others (mode 644)"));
    fs::set_permissions(world.path("words"), fs::Permissions::from_mode(0o600)).unwrap();
    world.good(&head);
}
