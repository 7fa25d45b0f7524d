//! Many at once, and the log that stays right.

use std::io::Write;

use gate_signing::desk::Desk;
use gate_signing::serve::{Limits, ServeFault, Server, Service, Settings, Sources, SystemClock};

use crate::world::{Answer, GREEN, World, body, limits, post};

#[test]
fn a_thousand_connections_at_once_are_all_answered_within_the_limit_of_connections() {
    let mut world = World::closed();
    world.serve(Limits { connections: 64, ..Limits::default() });
    let mut streams: Vec<_> = (0..1_000)
        .map(|n| {
            let mut stream = world.connect();
            let ask = post("/v1/screen-codes", &world.token, &body(&format!("request-{n}"), GREEN));
            stream.write_all(ask.as_bytes()).unwrap();
            stream
        })
        .collect();
    let given =
        streams.iter_mut().map(|stream| Answer::read(stream).status).filter(|status| *status == 200).count();
    assert_eq!(given, 1_000);
    world.stop();
    let log = world.log();
    let count = |operation: &str| -> u64 {
        log.iter()
            .filter(|line| line["operation"] == operation)
            .map(|line| line["count"].as_u64().unwrap())
            .sum()
    };
    assert_eq!(count("serve-end"), 1_000, "the log says how many");
    assert!(count("serve-lease") >= 1_000);
    assert!(
        log.iter().filter(|line| line["operation"] == "serve-lease").all(|line| line["operator"] == "app")
    );
    assert!(Desk::open(&world.desk()).unwrap().log().verify().is_ok());
}

#[test]
fn people_who_only_hold_a_connection_do_not_keep_others_out() {
    let mut world = World::closed();
    world.serve(Limits { connections: 16, ..limits() });
    let _silent: Vec<_> = (0..48).map(|_| world.connect()).collect();
    assert_eq!(world.code("request-1", GREEN).status, 200);
}

#[test]
fn no_log_no_code() {
    let world = World::open();
    let log = world.desk().join("desk-log.head");
    std::fs::write(&log, "not a head").unwrap();
    let refused = world.code("request-1", GREEN).refusal();
    assert!(
        refused.0 == 503 && ["log_not_writable", "desk_not_readable"].contains(&refused.1.as_str()),
        "{refused:?}"
    );
}

#[test]
fn nothing_of_a_person_is_in_any_file_counter_or_error() {
    let mut world = World::open();
    let number_in = |text: &str| text.contains(GREEN) || text.contains("测试甲") || text.contains("测*甲");
    world.code("request-1", GREEN);
    let wrong = format!("{}1", &GREEN[..17]);
    let answers = [
        world.code("request-2", &wrong),
        world.post("/v1/screen-codes", &world.token, &body("request-3", GREEN).replace("screen_code", GREEN)),
        world.post(
            "/v1/screen-codes",
            &world.token,
            &body("request-4", GREEN).replace("\"name\"", "\"测试甲\""),
        ),
        world.get("/metrics"),
        world.get("/healthz"),
    ];
    for answer in &answers {
        assert!(!number_in(&answer.text) && !answer.text.contains(&wrong), "{answer:?}");
    }
    assert!(answers[3].text.contains("gate_sign_codes_total 1\n"), "{}", answers[3].text);
    assert!(answers[3].text.contains("{code=\"number_not_valid\"} 1"));
    world.stop();
    for entry in std::fs::read_dir(world.desk()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            assert!(
                !number_in(&String::from_utf8_lossy(&std::fs::read(&path).unwrap())),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn other_addresses_than_this_machines_need_tls() {
    let world = World::closed();
    let sources = Sources { desk: world.desk(), list: world.desk(), deltas: None, list_age_most_s: 1 };
    let (operators, say) = (world.operators_file(), (|_| {}) as fn(&str));
    let settings = Settings { sources, operators, session_s: 1, sessions_most: 1, say };
    let access = gate_signing::desk::access::Access::demo();
    let service = Service::new(settings, access, Box::new(SystemClock::new()), [0; 32]);
    let bound = Server::bind(std::sync::Arc::new(service), "0.0.0.0:0".parse().unwrap(), None, limits());
    assert!(matches!(bound, Err(ServeFault::ProtectNetwork(_))));
}
