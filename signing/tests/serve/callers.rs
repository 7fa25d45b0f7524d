//! Who may ask, and for what; and everything that is not a request.

use std::io::Write;

use gate_signing::serve::{Allowance, Cap, MAX_BODY_BYTES};
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use gate_wire::time::Timestamp;

use crate::world::{Answer, GREEN, NOW, RED, World, body, id, post};

fn refused(answer: Answer) -> (u16, String) {
    answer.refusal()
}

fn said(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn a_caller_gets_a_code_of_fifteen_minutes_about_the_person_and_nothing_it_wrote_is_in_it() {
    let world = World::open();
    let answer = world.code("request-1", GREEN);
    assert_eq!(answer.status, 200, "{answer:?}");
    let json = answer.json();
    assert_eq!((json["colour"].as_str(), json["name"].as_str()), (Some("green"), Some("测*甲")));
    assert_eq!((json["issued"].as_u64(), json["expires"].as_u64()), (Some(NOW), Some(NOW + 900)));
    assert!(answer.field("code").starts_with("TF1:") && answer.field("code").len() < 217);
    assert!(!answer.text.contains(GREEN) && !answer.text.contains("测试甲"));
    assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
}

#[test]
fn every_field_that_could_smuggle_something_in_is_refused() {
    let world = World::open();
    let good = body("request-1", GREEN);
    for field in [
        "colour\":\"green",
        "code\":\"TF1:ABC",
        "payload\":\"hEOhASeg",
        "iat\":\"1",
        "exp\":\"9",
        "cti\":\"00",
        "subject\":\"00",
    ] {
        let smuggled = good.replacen('{', &format!("{{\"{field}\","), 1);
        assert_eq!(
            refused(world.post("/v1/screen-codes", &world.token, &smuggled)),
            said(400, "body_not_in_schema")
        );
        assert_eq!(
            refused(world.post("/v1/sessions", &world.token, &smuggled)),
            said(400, "body_not_in_schema")
        );
    }
    let with_query = format!("/v1/screen-codes?colour=green&number={RED}");
    let answer = world.post(&with_query, &world.token, &body("request-2", RED));
    assert_eq!(answer.field("colour"), "red", "a query is not looked at");
}

#[test]
fn what_is_no_request_of_the_schema_is_refused_by_name() {
    let world = World::open();
    let path = "/v1/screen-codes";
    let good = body("request-1", GREEN);
    let other_type = post(path, &world.token, &good).replace("application/json", "text/plain");
    assert_eq!(refused(world.send(&other_type)), said(415, "content_type"));
    let giant = " ".repeat(MAX_BODY_BYTES + 1);
    assert_eq!(refused(world.post(path, &world.token, &giant)), said(413, "body_too_large"));
    let lie = post(path, &world.token, &good)
        .replace(&format!("Content-Length: {}", good.len()), "Content-Length: 9000000000");
    assert_eq!(refused(world.send(&lie)), said(413, "body_too_large"));
    let chunks = format!("{:x}\r\n{giant}\r\n0\r\n\r\n", giant.len());
    let chunked = post(path, &world.token, "")
        .replace("Content-Length: 0\r\n\r\n", &format!("Transfer-Encoding: chunked\r\n\r\n{chunks}"));
    assert_eq!(refused(world.send(&chunked)), said(413, "body_too_large"));
    assert_eq!(refused(world.post("/v2/anything", &world.token, &good)), said(404, "path_unknown"));
    assert_eq!(refused(world.get(path)), said(405, "method_not_allowed"));
    let heads = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-A: b\r\n".repeat(100));
    assert_eq!(world.send(&heads).status, 431);
    let long = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: {}\r\n\r\n", "b".repeat(100_000));
    assert_eq!(world.send(&long).status, 431);
    assert_eq!(world.get("/healthz").status, 200, "and the service is well");
}

#[test]
fn a_slow_body_and_a_slow_head_are_cut_off() {
    let world = World::open();
    let whole = post("/v1/screen-codes", &world.token, &body("request-1", GREEN));
    for sent in [whole.len() - 5, 40] {
        let mut stream = world.connect();
        stream.write_all(&whole.as_bytes()[..sent]).unwrap();
        let answer = Answer::read(&mut stream);
        assert!([0, 408].contains(&answer.status), "{answer:?}");
    }
    assert_eq!(world.get("/healthz").status, 200);
}

#[test]
fn only_a_token_in_force_opens_and_the_refusal_says_which_way_it_is_not() {
    let mut world = World::open();
    let (path, ask, other) = ("/v1/screen-codes", body("request-1", GREEN), world.admit("other", (60, 1)));
    let forged = other.replace("other", "app");
    for wrong in ["", "x", &world.token[..world.token.len() - 1], &forged] {
        assert_eq!(refused(world.post(path, wrong, &ask)), said(401, "token_not_valid"), "{wrong}");
    }
    let without = post(path, "x", &ask).replace("Authorization: Bearer x\r\n", "");
    assert_eq!(refused(world.send(&without)), said(401, "token_not_valid"));
    world.operators.revoke(&id("other"), world.clock.time()).unwrap();
    world.operators.save(&world.operators_file()).unwrap();
    assert_eq!(refused(world.post(path, &other, &ask)), said(403, "operator_revoked"));
    world.clock.pass(31 * 86_400);
    assert_eq!(refused(world.post(path, &world.token, &ask)), said(401, "token_expired"));
    std::fs::write(world.operators_file(), "{").unwrap();
    assert_eq!(refused(world.post(path, &world.token, &ask)), said(503, "operators_not_readable"));
}

#[test]
fn an_operator_gets_its_kinds_and_issuers_only() {
    let mut world = World::open();
    let cap = Cap::new(60, 9).unwrap();
    let no_kind = world.admit_with(
        "paper-only",
        Allowance { kinds: vec![Kind::PaperCode], issuers: vec![Kid(*b"sc02")], cap },
    );
    let national = world
        .admit_with("nation", Allowance { kinds: vec![Kind::ScreenCode], issuers: vec![Kid(*b"cn01")], cap });
    let laboratory = world
        .admit_with("lab", Allowance { kinds: vec![Kind::ScreenCode], issuers: vec![Kid(*b"lab1")], cap });
    let (path, ask) = ("/v1/screen-codes", body("request-1", GREEN));
    assert_eq!(refused(world.post(path, &no_kind, &ask)), said(403, "kind_not_allowed"));
    assert_eq!(
        refused(world.post(path, &world.token, &ask.replace("screen_code", "staff_badge"))),
        said(403, "kind_not_allowed")
    );
    assert_eq!(
        refused(world.post(path, &national, &ask)),
        said(403, "issuer_not_allowed"),
        "our list is no word of the nation's"
    );
    assert_eq!(refused(world.post(path, &laboratory, &ask)), said(403, "kind_not_allowed"));
    let named = ask.replacen('{', "{\"issuer\":\"636e3031\",", 1);
    assert_eq!(refused(world.post(path, &world.token, &named)), said(403, "issuer_not_allowed"));
}

#[test]
fn over_the_cap_is_told_with_seconds_and_is_each_operators_own() {
    let mut world = World::open();
    let small = world.admit("small", (6, 2));
    let ask = |n: u32| world.post("/v1/screen-codes", &small, &body(&format!("request-{n}"), GREEN));
    assert_eq!([ask(1).status, ask(2).status], [200, 200]);
    let over = ask(3);
    assert_eq!(refused(over), said(429, "over_the_cap"));
    assert!(ask(3).head.contains("retry-after: 10"), "one in ten seconds");
    assert_eq!(world.code("request-3", GREEN).status, 200);
    world.clock.pass(10);
    assert_eq!([ask(4).status, ask(5).status], [200, 429]);
}

#[test]
fn a_request_sent_twice_is_one_code_and_its_name_stands_for_one_body() {
    let world = World::open();
    let first = world.code("request-1", GREEN);
    world.clock.pass(60);
    let again = world.code("request-1", GREEN);
    assert_eq!((first.field("code"), again.field("seconds_left")), (again.field("code"), "840".into()));
    assert_eq!(refused(world.code("request-1", RED)), said(409, "request_id_reused"));
    assert_ne!(world.code("request-2", GREEN).field("code"), first.field("code"));
    world.clock.pass(60);
    assert_ne!(
        world.code("request-1", GREEN).field("code"),
        first.field("code"),
        "forgotten after two minutes"
    );
}

#[test]
fn a_retired_or_revoked_issuers_key_gives_no_more_codes() {
    let world = World::open();
    assert_eq!(world.code("request-1", GREEN).status, 200);
    let mut desk = gate_signing::desk::Desk::open(&world.desk()).unwrap();
    desk.province.register_mut().retire(Kid(*b"sc02"), Timestamp::from_unix(NOW).unwrap()).unwrap();
    desk.save().unwrap();
    drop(desk);
    assert_eq!(refused(world.code("request-2", GREEN)), said(503, "key_not_in_force"));
}
