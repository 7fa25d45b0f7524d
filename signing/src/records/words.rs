//! What a report says, in Chinese and in English; verdicts, reasons, advice, acts and documents in the screen's own words.
//! Promises: every known code has a text in both languages (a test); an unknown one is told as a number, never guessed.
//! Must not know: which record it is about.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::LazyLock;

use gate_core::case::{Case, DataAge, EvidenceKind, Finding, Source, Temperature};
use gate_core::time::ClockTrust;
use gate_core::verdict::{Advice, Direction, PlaceKind, Reason, RiskLevel, Verdict};

type Table = BTreeMap<String, BTreeMap<String, String>>;

/// The strings of the screen; read once.
static SCREEN: LazyLock<[Table; 2]> = LazyLock::new(|| {
    let texts =
        [include_str!("../../../assets/strings/zh.toml"), include_str!("../../../assets/strings/en.toml")];
    // A table that cannot be read is no table: its codes are then told as numbers, which a test refuses.
    texts.map(|text| toml::from_str(text).unwrap_or_default())
});

/// One text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) zh: String,
    pub(crate) en: String,
}

impl Said {
    pub(crate) fn new(zh: impl Into<String>, en: impl Into<String>) -> Said {
        Said { zh: zh.into(), en: en.into() }
    }

    /// The same in both: numbers, times, names.
    pub(crate) fn same(text: impl Into<String>) -> Said {
        let text = text.into();
        Said { zh: text.clone(), en: text }
    }

    /// This and that, with a middle dot between.
    pub(crate) fn and(self, other: Said) -> Said {
        Said { zh: format!("{} · {}", self.zh, other.zh), en: format!("{} · {}", self.en, other.en) }
    }
}

fn screen(section: &str, key: &str) -> Said {
    let find = |table: &Table| table.get(section).and_then(|texts| texts.get(key)).cloned();
    let [zh, en] = SCREEN.each_ref().map(|table| find(table).unwrap_or_else(|| format!("[{section}.{key}]")));
    Said { zh, en }
}

pub(crate) fn verdict(letter: u8) -> Said {
    match letter {
        b'P' => Said::new("通行", "PASS"),
        b'L' => Said::new("限制", "LIMIT"),
        b'S' => Said::new("禁止", "STOP"),
        b'A' => Said::new("人工", "ASSIST"),
        other => unknown(other),
    }
}

pub(crate) fn verdict_of(verdict: Verdict) -> Said {
    self::verdict(super::replay::letter(verdict) as u8)
}

/// `Green code (P01)`.
pub(crate) fn reason(reason: Reason) -> Said {
    let said = screen("reason", &snake(&reason));
    Said { zh: format!("{}（{}）", said.zh, reason.code()), en: format!("{} ({})", said.en, reason.code()) }
}

pub(crate) fn advice(advice: Advice) -> Said {
    screen("advice", &snake(&advice))
}

/// The advice of a code in a record: its place in the list, plus one.
pub(crate) fn advice_code(code: u8) -> Said {
    const ALL: [Advice; 10] = [
        Advice::WalkThrough,
        Advice::RegisterAtStaffLane,
        Advice::StaffIsComing,
        Advice::FeverClinicLane,
        Advice::RefreshOrTapCard,
        Advice::TapCard,
        Advice::ShowPhoneToStaff,
        Advice::StaffRegisters,
        Advice::MeasureAgain,
        Advice::StaffLane,
    ];
    ALL.into_iter().find(|one| *one as u8 + 1 == code).map_or_else(|| unknown(code), advice)
}

/// What an attendant accepted or did.
pub(crate) fn act(code: u8) -> Said {
    let (section, key) = match code {
        1 => ("act", "paper_certificate"),
        2 => ("act", "test_report"),
        3 => ("act", "travel_card"),
        4 => ("act", "phone_page"),
        5 => ("act", "document"),
        6 => ("act", "declaration"),
        7 => ("act", "companion"),
        11 => ("cause", "care"),
        12 => ("cause", "emergency"),
        13 => ("cause", "authority"),
        14 => ("cause", "mistake"),
        15 => ("cause", "evacuation"),
        other => return unknown(other),
    };
    screen(section, key)
}

/// A kind of document.
pub(crate) fn document(code: u8) -> Said {
    let key = match code {
        1 => "resident",
        2 => "hmt_residence",
        3 | 4 => "permanent",
        5 => "passport",
        6 => "hk_macau",
        7 => "taiwan",
        8 => "temporary",
        9 => "household",
        other => return unknown(other),
    };
    screen("document", key)
}

/// An input by its number from 1.
pub(super) fn input(number: u8) -> Said {
    match number {
        1 => Said::new("光电开关", "light barrier"),
        2 => Said::new("门触点", "door contact"),
        3 => Said::new("消防输入", "fire input"),
        4 => Said::new("机箱触点", "case contact"),
        5 => Said::new("机械应急开门触点", "contact of the mechanical release"),
        other => unknown(other),
    }
}

/// What happened to devices or staff.
pub(crate) fn event(code: u8) -> Said {
    match code {
        1 => Said::new("本机启动", "the terminal started"),
        2 => Said::new("消防信号", "fire signal"),
        3 => Said::new("消防信号解除", "fire signal over"),
        4 => Said::new("机箱被打开", "case opened"),
        5 => Said::new("机箱已关闭", "case closed"),
        6 => Said::new("机械应急开门", "mechanical release pulled"),
        7 => Said::new(
            "记录未及时存下，闸门未开，已请走人工通道",
            "a record was saved too late: the gate stayed shut, and Assist was told",
        ),
        8 => Said::new("时钟不再可信", "clock no longer confirmed"),
        9 => Said::new("时钟已确认", "clock confirmed"),
        10 => Said::new("换用新数据", "new data in force"),
        11 => Said::new("消防信号输入失联", "the fire input cannot be read"),
        12 => Said::new("消防信号输入恢复", "the fire input can be read again"),
        13 => Said::new("传感器失联", "a sensor or contact cannot be read"),
        14 => Said::new("传感器恢复", "all sensors and contacts can be read again"),
        15 => Said::new("闸门长时间被占住未关", "the gate has been held open for long"),
        16 => Said::new("闸门不再被占住", "the gate is held open no more"),
        17 => Said::new("闸锁不听指令", "the latch does not take what it is told"),
        18 => Said::new("闸锁恢复", "the latch takes what it is told again"),
        19 => Said::new(
            "闸锁未动作，闸门未开，已请走人工通道",
            "the latch did not open: the gate stayed shut, and Assist was told",
        ),
        20 => Said::new(
            "日志在启动之后才打开，此前的记录没有保存",
            "the journal was opened after the start: records before it were not saved",
        ),
        21 => Said::new("工作人员登录", "staff logged in"),
        22 => Said::new("工作人员退出", "staff logged out"),
        23 => Said::new("工作人员录入证件", "a document was typed"),
        24 => Said::new("录入复测体温", "a second temperature was typed"),
        25 => Said::new("维护人员自检", "a technician ran the self-test"),
        26 => Said::new("维护人员查看", "a technician looked at a page"),
        27 => Said::new("设置音量", "the volume was set"),
        28 => Said::new("挂牌维护", "\"under maintenance\" was put up"),
        29 => Said::new("收起维护牌", "\"under maintenance\" was taken down"),
        30 => Said::new("向数据中心登记", "a technician asked to enrol this terminal"),
        51 => Said::new("触点反复跳动", "a contact chatters"),
        31..=41 => Said::new(format!("工作人员操作被拒（{code}）"), format!("staff refused ({code})")),
        other => unknown(other),
    }
}

/// A credential's kind and what it states.
pub(crate) fn statement(kind: u8, statement: u8) -> Said {
    let colour = |code: u8| match code {
        0 => Said::new("绿色", "green"),
        1 => Said::new("黄色", "yellow"),
        2 => Said::new("红色", "red"),
        3 => Said::new("未见异常", "no abnormality"),
        4 => Said::new("异常", "abnormal"),
        other => unknown(other),
    };
    match kind {
        1 => Said::new("手机屏幕码", "screen code").and(colour(statement)),
        2 => Said::new("离线码（纸质）", "paper code").and(colour(statement)),
        3 if statement == 0 => Said::new("核酸检测证明 · 阴性", "test certificate · negative"),
        3 => Said::new("核酸检测证明 · 阳性", "test certificate · positive"),
        4 if statement == 1 => Said::new("社区证明", "community certificate"),
        4 => Said::new("医疗机构证明", "medical certificate"),
        5 => Said::new("工作人员证", "staff badge"),
        other => unknown(other),
    }
}

/// The list's answer; `None` where it was not asked.
pub(crate) fn list_answer(code: u8) -> Option<Said> {
    Some(match code {
        0 => return None,
        1 => Said::new("本机没有名单", "there was no list"),
        2 => Said::new("名单在此处损坏", "the list was damaged there"),
        3 => Said::new("不在名单中", "not on the list"),
        4 => Said::new("不在例外名单中", "not among the exceptions"),
        5 => Said::new("绿色", "green"),
        6 => Said::new("黄色", "yellow"),
        7 => Said::new("红色", "red"),
        other => unknown(other),
    })
}

pub(crate) fn place_kind(kind: PlaceKind) -> Said {
    match kind {
        PlaceKind::Station => Said::new("车站", "station"),
        PlaceKind::Hospital => Said::new("医院", "hospital"),
        PlaceKind::School => Said::new("学校", "school"),
        PlaceKind::Government => Said::new("政务大厅", "government hall"),
        PlaceKind::Market => Said::new("市场", "market"),
        PlaceKind::Community => Said::new("小区", "community"),
        PlaceKind::Other => Said::new("其他场所", "other place"),
    }
}

pub(crate) fn direction(direction: Direction) -> Said {
    match direction {
        Direction::In => Said::new("进", "going in"),
        Direction::Out => Said::new("出", "going out"),
    }
}

/// The case that policy decided, in words.
pub(crate) fn case(case: &Case) -> Said {
    let risk = match case.risk {
        RiskLevel::Low => Said::new("低风险", "low risk"),
        RiskLevel::Medium => Said::new("中风险", "medium risk"),
        RiskLevel::High => Said::new("高风险", "high risk"),
    };
    let source = match case.source {
        Source::Code => Said::new("据所出示的凭证", "by what was shown"),
        Source::List => Said::new("据名单", "by our list"),
    };
    let data = match case.data {
        DataAge::Fresh => Said::new("名单在有效期内", "list current"),
        DataAge::Stale => Said::new("名单过期", "list out of date"),
        DataAge::Ageing => Said::new("名单临近期限", "list near its limit"),
        DataAge::Expired => Said::new("名单久已过期", "list long out of date"),
        DataAge::Missing => Said::new("无名单可用", "no list to ask"),
    };
    let clock = match case.clock {
        ClockTrust::Confirmed => Said::new("时钟可信", "clock confirmed"),
        ClockTrust::Unconfirmed => Said::new("时钟未确认", "clock not confirmed"),
    };
    let temperature = match case.temperature {
        Temperature::NotMeasured => Said::new("未测温", "temperature not measured"),
        Temperature::Normal => Said::new("体温正常", "temperature normal"),
        Temperature::High => Said::new("体温偏高", "temperature high"),
        Temperature::HighAgain => Said::new("复测仍偏高", "temperature high again"),
    };
    let parts = [
        place_kind(case.place),
        risk,
        direction(case.direction),
        evidence(case.evidence),
        finding(case.finding),
        source,
        data,
        clock,
        temperature,
    ];
    let mut parts = parts.into_iter();
    let first = parts.next().unwrap_or_else(|| Said::same(""));
    parts.fold(first, Said::and)
}

fn evidence(kind: EvidenceKind) -> Said {
    match kind {
        EvidenceKind::ScreenCode => Said::new("手机屏幕码", "screen code"),
        EvidenceKind::PaperCode => Said::new("离线码", "paper code"),
        EvidenceKind::NucleicAcidTest => Said::new("核酸检测证明", "test certificate"),
        EvidenceKind::Certificate => Said::new("证明", "certificate"),
        EvidenceKind::Card => Said::new("刷证件", "card"),
        EvidenceKind::TypedDocument => Said::new("录入证件", "typed document"),
    }
}

fn finding(finding: Finding) -> Said {
    match finding {
        Finding::Green => Said::new("绿", "green"),
        Finding::Yellow => Said::new("黄", "yellow"),
        Finding::Red => Said::new("红", "red"),
        Finding::NoAbnormality => Said::new("未见异常", "no abnormality"),
        Finding::Abnormal => Said::new("异常", "abnormal"),
        Finding::Negative => Said::new("阴性", "negative"),
        Finding::Positive => Said::new("阳性", "positive"),
        Finding::Certified => Said::new("有证明", "certified"),
        Finding::NotListed => Said::new("不在名单中", "not on the list"),
        Finding::NotAnException => Said::new("不在例外名单中", "not among the exceptions"),
    }
}

fn unknown(code: u8) -> Said {
    Said::new(format!("未知代码 {code}"), format!("unknown code {code}"))
}

/// `GreenCode` → `green_code`.
fn snake(value: &impl Debug) -> String {
    let mut name = String::new();
    for c in format!("{value:?}").chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use gate_core::attendant::{Act, Cause};
    use gate_wire::document::DocumentKind;

    #[test]
    fn every_code_has_its_words_in_both_languages() {
        let acts = Act::PROOFS.into_iter().chain([Act::Companion]).chain(Cause::ALL.map(Act::Override));
        let mut said: Vec<Said> = Reason::ALL.iter().map(|one| reason(*one)).collect();
        said.extend((1..=10).map(advice_code));
        said.extend(acts.map(|one| act(one.code())));
        said.extend(DocumentKind::ALL.iter().map(|kind| document(kind.code())));
        said.extend((1..=41).chain([51]).map(event));
        for Said { zh, en } in said {
            assert!(!zh.is_empty() && zh != en, "{zh} {en}");
            assert!(!zh.contains('[') && !en.contains('[') && !en.contains("unknown"), "{zh} {en}");
        }
        assert_eq!(reason(Reason::GreenCode), Said::new("绿码（P01）", "Green code (P01)"));
        assert_eq!(advice_code(1), advice(Advice::WalkThrough));
        assert!(advice_code(99).en.contains("unknown"));
    }
}
