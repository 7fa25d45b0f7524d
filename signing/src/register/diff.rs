//! What a new key set changes, in words.
//! Promises: every difference between two key sets is told, in Chinese and English, an issuer at a time.
//! Must not know: whether it may be published.

use gate_core::keyset::{Holder, IssuerKey, KeySet, Purpose};
use gate_wire::credential::Kind;
use gate_wire::time::Timestamp;

use super::{Register, kid_in_words};

/// One difference, in Chinese and English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What changes from `old` to `new`; issuers are called as `register` calls them.
pub fn changes(old: &KeySet, new: &KeySet, register: &Register) -> Vec<Told> {
    let mut told = Vec::new();
    for key in new.keys() {
        let name = Name::of(key, register);
        match old.find(key.kid()) {
            None => told.push(name.says(added(key))),
            Some(before) => told.extend(changed(before, key).into_iter().map(|words| name.says(words))),
        }
    }
    for gone in old.keys().iter().filter(|key| new.find(key.kid()).is_none()) {
        let words = match register.is_put_away(gone.kid()) {
            true => ("移出；其签发的码都已过期".into(), "is put away; all that it signed has expired".into()),
            false => {
                ("移出；其签发的码一律转人工通道".into(), "is gone; all its codes go to the attendant".into())
            }
        };
        told.push(Name::of(gone, register).says(words));
    }
    told
}

type Words = (String, String);

struct Name(Words);

impl Name {
    /// What people call it, else what it is.
    fn of(key: &IssuerKey, register: &Register) -> Name {
        let (kid, region) = (kid_in_words(key.kid()), key.region());
        let holder = holder(key.holder());
        Name(match register.name_of(key.kid()) {
            Some(name) => (name.to_owned(), format!("{name} ({kid})")),
            None => (
                format!("{} {} {kid}", region.as_str(), holder.0),
                format!("{} of {}, {kid}", holder.1, region.as_str()),
            ),
        })
    }

    fn says(&self, (zh, en): Words) -> Told {
        Told { zh: format!("{}: {zh}", self.0.0), en: format!("{}: {en}", self.0.1) }
    }
}

fn added(key: &IssuerKey) -> Words {
    let lives =
        || Kind::ALL.into_iter().filter_map(|kind| Some((kind_in_words(kind), key.longest_life(kind)?)));
    let mut zh: Vec<String> =
        lives().map(|(kind, life)| format!("{} 最长 {}", kind.0, duration(life).0)).collect();
    let mut en: Vec<String> =
        lives().map(|(kind, life)| format!("{} at most {}", kind.1, duration(life).1)).collect();
    if key.purpose() == Purpose::Acknowledgements {
        zh.push("只回执通行记录，不签任何码".into());
        en.push("acknowledges records, signs no code".into());
    }
    let (from, until) = (shown(key.from()), end(key.until()));
    (
        format!("新增，{}；自 {from} 起，至 {}", zh.join("、"), until.0),
        format!("new, {}; from {from} until {}", en.join(", "), until.1),
    )
}

fn changed(old: &IssuerKey, new: &IssuerKey) -> Vec<Words> {
    let mut words = Vec::new();
    if old.public_key().as_bytes() != new.public_key().as_bytes() {
        words.push((
            "密钥被换；原密钥签发的码全部转人工通道".into(),
            "another key under this id; the codes of the former go to the attendant".into(),
        ));
    }
    if (old.region(), old.holder()) != (new.region(), new.holder()) {
        let (a, b) = (holder(old.holder()), holder(new.holder()));
        let (from, to) = (old.region(), new.region());
        words.push((
            format!("身份 {} {} → {} {}", from.as_str(), a.0, to.as_str(), b.0),
            format!("from {} of {} to {} of {}", a.1, from.as_str(), b.1, to.as_str()),
        ));
    }
    words.extend(Kind::ALL.into_iter().filter_map(|kind| life_change(old, new, kind)));
    if old.from() != new.from() {
        let (a, b) = (shown(old.from()), shown(new.from()));
        words.push((format!("启用 {a} → {b}"), format!("begins {a} → {b}")));
    }
    if old.until() != new.until() {
        let (a, b) = (end(old.until()), end(new.until()));
        words.push((
            format!("停用 {} → {}；此前签发的码到期前仍有效", a.0, b.0),
            format!("ends {} → {}; what it signed before stays good until it expires", a.1, b.1),
        ));
    }
    words.extend(revoked(old.void_from(), new.void_from()));
    words
}

fn life_change(old: &IssuerKey, new: &IssuerKey, kind: Kind) -> Option<Words> {
    let name = kind_in_words(kind);
    match (old.longest_life(kind), new.longest_life(kind)) {
        (a, b) if a == b => None,
        (Some(a), Some(b)) => {
            let (a, b) = (duration(a), duration(b));
            Some((
                format!("{} 最长 {} → {}", name.0, a.0, b.0),
                format!("{} at most {} → {}", name.1, a.1, b.1),
            ))
        }
        (None, Some(life)) => {
            let life = duration(life);
            Some((
                format!("可签{}，最长 {}", name.0, life.0),
                format!("may sign {}, at most {}", name.1, life.1),
            ))
        }
        _ => Some((format!("不再签{}", name.0), format!("no longer signs {}", name.1))),
    }
}

fn revoked(old: Option<Timestamp>, new: Option<Timestamp>) -> Option<Words> {
    match (old, new) {
        (a, b) if a == b => None,
        (_, Some(cutoff)) => {
            let cutoff = shown(cutoff);
            Some((
                format!("吊销，{cutoff} 起签发的码全部作废"),
                format!("revoked: what it signed from {cutoff} on is void"),
            ))
        }
        _ => Some(("撤回吊销".into(), "no longer revoked".into())),
    }
}

pub(super) fn kind_in_words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::ScreenCode => ("亮码", "screen codes"),
        Kind::PaperCode => ("长期纸质码", "paper codes"),
        Kind::NucleicAcidTest => ("核酸证明", "test certificates"),
        Kind::Certificate => ("社区或医疗证明", "certificates"),
        Kind::StaffBadge => ("工作证", "badges"),
    }
}

fn holder(holder: Holder) -> (&'static str, &'static str) {
    match holder {
        Holder::Province => ("省级平台", "province's platform"),
        Holder::National => ("国家平台", "national platform"),
        Holder::Laboratory => ("检测机构", "laboratory"),
        Holder::Community => ("社区", "community"),
        Holder::Medical => ("医疗机构", "medical institution"),
        Holder::StaffOffice => ("工作证签发处", "staff office"),
        Holder::Place => ("场所", "place"),
        Holder::Hub => ("汇聚节点", "hub"),
        Holder::Terminal => ("终端", "terminal"),
    }
}

pub(crate) fn duration(seconds: u32) -> Words {
    let (count, zh, en) = match seconds {
        s if s % 86_400 == 0 => (s / 86_400, "天", "days"),
        s if s % 3_600 == 0 => (s / 3_600, "小时", "h"),
        s if s % 60 == 0 => (s / 60, "分钟", "min"),
        s => (s, "秒", "s"),
    };
    (format!("{count} {zh}"), format!("{count} {en}"))
}

fn end(until: Option<Timestamp>) -> Words {
    until.map_or(("不定期".into(), "open".into()), |end| (shown(end), shown(end)))
}

/// In the civil time of the rules, UTC+8.
pub(super) fn shown(time: Timestamp) -> String {
    let ((year, month, day), second) = (time.civil_day().ymd(), time.civil_second());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", second / 3600, second / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::DemoProvince;
    use crate::demo_issuers::DemoIssuer;
    use crate::register::{RegisterRefused, Terms};
    use gate_core::keyset::Region;
    use gate_proof::ed25519::SigningKey;
    use gate_wire::cose::Kid;

    fn now() -> Timestamp {
        Timestamp::from_unix(1_795_104_000).unwrap()
    }

    /// The differences that `change` makes to a demo's register.
    fn told(change: impl FnOnce(&mut Register)) -> Vec<Told> {
        let mut demo = DemoProvince::from_seed([3; 32], now()).unwrap();
        demo.province_mut().register_mut().name(DemoIssuer::Medical.kid(), "成都市卫健委").unwrap();
        let old = demo.province().key_set().unwrap();
        change(demo.province_mut().register_mut());
        changes(&old, &demo.province().key_set().unwrap(), demo.province().register())
    }

    fn terms(holder: Holder, region: &str, kind: Kind) -> Terms {
        let region = Region::parse(region).unwrap();
        Terms { kid: Kid(*b"new1"), region, holder, kinds: vec![(kind, 900)], from: now(), until: None }
    }

    #[test]
    fn a_shorter_life_is_told_as_from_and_to() {
        let told = told(|register| {
            register.shorten(DemoIssuer::Medical.kid(), Kind::NucleicAcidTest, 14 * 86_400).unwrap();
        });
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].zh, "成都市卫健委: 核酸证明 最长 30 天 → 14 天");
        assert_eq!(told[0].en, "成都市卫健委 (med1 (6d656431)): test certificates at most 30 days → 14 days");
    }

    #[test]
    fn a_life_is_never_made_longer() {
        told(|register| {
            let refused = register.shorten(DemoIssuer::Province.kid(), Kind::PaperCode, 31 * 86_400);
            assert_eq!(
                refused,
                Err(RegisterRefused::LengthenLife { kind: Kind::PaperCode, longest_s: 30 * 86_400 })
            );
            let kind = Kind::StaffBadge;
            let refused = register.shorten(DemoIssuer::Province.kid(), kind, 1);
            assert_eq!(refused, Err(RegisterRefused::FindKind { kind }));
        });
    }

    #[test]
    fn every_change_of_an_issuer_is_told() {
        let key = SigningKey::from_seed(&[77; 32]).public_key();
        let told = told(|register| {
            register.add(&key, &terms(Holder::Province, "420000", Kind::ScreenCode)).unwrap();
            register.retire(DemoIssuer::Community.kid(), now()).unwrap();
            register.revoke(DemoIssuer::Laboratory.kid(), now().minus(3_600), now()).unwrap();
        });
        let zh: Vec<&str> = told.iter().map(|one| one.zh.as_str()).collect();
        assert_eq!(
            zh,
            [
                "510000 检测机构 lab1 (6c616231): 吊销，2026-11-19 23:00 起签发的码全部作废",
                "510000 社区 com1 (636f6d31): 停用 2027-11-20 00:00 → 2026-11-20 00:00；此前签发的码到期前仍有效",
                "420000 省级平台 new1 (6e657731): 新增，亮码 最长 15 分钟；自 2026-11-20 00:00 起，至 不定期",
            ]
        );
    }

    #[test]
    fn what_domain_5_forbids_is_refused_with_the_clause_and_what_to_do() {
        let key = SigningKey::from_seed(&[77; 32]).public_key();
        for (terms, parts) in [
            (terms(Holder::Place, "510100", Kind::ScreenCode), ["DOMAIN §5", "第四条", "places.json"]),
            (terms(Holder::Hub, "510000", Kind::PaperCode), ["DOMAIN §5", "第四条", "the province's code"]),
            (
                terms(Holder::Terminal, "510000", Kind::ScreenCode),
                ["DOMAIN §5", "第四条", "the province's code"],
            ),
            (terms(Holder::Laboratory, "510000", Kind::PaperCode), ["DOMAIN §5", "第四条", "platform alone"]),
            (
                terms(Holder::Province, "510100", Kind::ScreenCode),
                ["DOMAIN §5", "一码通行", "the province's platform"],
            ),
        ] {
            told(|register| {
                let refused = register.add(&key, &terms).unwrap_err().to_string();
                for part in parts {
                    assert!(refused.contains(part), "{refused}");
                }
            });
        }
    }

    #[test]
    fn a_name_of_an_issuer_is_no_number_of_a_person() {
        told(|register| {
            for wrong in ["", "5101001", "a\nb", &"长".repeat(31)] {
                assert_eq!(register.name(DemoIssuer::Medical.kid(), wrong), Err(RegisterRefused::NameIssuer));
            }
            assert!(register.name(Kid(*b"none"), "x").is_err());
        });
    }
}
