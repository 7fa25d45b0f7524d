//! The words for what policies speak of, in both languages.
//! Promises: a word for every value of every dimension, in the order of the dimensions' values.
//! Must not know: which words fit which case.

use gate_core::case::{Case, DIMENSIONS, Dimension};
use gate_core::verdict::{Advice, Verdict};

/// Chinese and English.
pub(crate) type Word = (&'static str, &'static str);

/// For each dimension, in the order of [`Case::indices`], a word for each value in the order of its `ALL`.
pub(super) const VALUES: [&[Word]; DIMENSIONS] = [
    &[
        ("车站", "station"),
        ("医院", "hospital"),
        ("学校", "school"),
        ("政务大厅", "government hall"),
        ("商场超市", "market"),
        ("社区", "community"),
        ("其他场所", "other place"),
    ],
    &[("低风险", "low risk"), ("中风险", "medium risk"), ("高风险", "high risk")],
    &[("进", "in"), ("出", "out")],
    &[
        ("亮码", "screen code"),
        ("离线码", "paper code"),
        ("核酸证明", "test certificate"),
        ("社区或医疗证明", "community or medical certificate"),
        ("刷证件", "card"),
        ("人工录入证件", "typed document"),
    ],
    &[
        ("绿", "green"),
        ("黄", "yellow"),
        ("红", "red"),
        ("未见异常", "no abnormality"),
        ("国家码异常", "national abnormal"),
        ("检测阴性", "negative test"),
        ("检测阳性", "positive test"),
        ("有证明", "certified"),
        ("不在名单", "not listed"),
        ("不在例外名单", "not an exception"),
    ],
    &[("据所出示", "said by the code"), ("据名单", "said by the list")],
    &[("无检测", "no test"), ("检测在有效期内", "test in time"), ("检测已过期", "test too old")],
    &[
        ("名单为新", "list fresh"),
        ("名单过旧", "list stale"),
        ("无名单", "no list"),
        ("名单临近期限", "list ageing"),
        ("名单久已过期", "list expired"),
    ],
    &[("时钟已确认", "clock confirmed"), ("时钟未确认", "clock unconfirmed")],
    &[
        ("未测体温", "no temperature"),
        ("体温正常", "temperature normal"),
        ("体温偏高", "temperature high"),
        ("复测仍高", "high again"),
    ],
    &[
        ("本省签发", "our issuer"),
        ("国家平台签发", "national issuer"),
        ("外省签发", "other province's issuer"),
    ],
    &[("首次使用", "first use"), ("再次使用", "used again")],
];

/// The words for a value of the dimension at this place in [`Case::indices`].
pub(crate) fn value_in_words<D: Dimension>(dimension: usize, value: D) -> Word {
    let words = VALUES.get(dimension).and_then(|values| values.get(usize::from(value.index())));
    words.copied().unwrap_or(("?", "?"))
}

/// A case in words, all twelve.
pub(super) fn case_in_words(case: &Case) -> String {
    let words = case.indices().into_iter().zip(VALUES);
    let words: Vec<&str> =
        words.filter_map(|(index, values)| Some(values.get(usize::from(index))?.1)).collect();
    words.join(", ")
}

pub(super) const fn verdict(verdict: Verdict) -> Word {
    match verdict {
        Verdict::Pass => ("通行", "Pass"),
        Verdict::Limit => ("限制", "Limit"),
        Verdict::Stop => ("禁止", "Stop"),
        Verdict::Assist => ("请走人工通道", "Assist"),
    }
}

pub(super) const fn advice(advice: Advice) -> Word {
    match advice {
        Advice::WalkThrough => ("请通行", "walk through"),
        Advice::RegisterAtStaffLane => ("请到人工通道登记", "register at the staff lane"),
        Advice::StaffIsComing => ("请稍候，工作人员马上来", "staff is coming"),
        Advice::FeverClinicLane => ("请走发热门诊专用通道", "fever clinic lane"),
        Advice::RefreshOrTapCard => ("请刷新，或直接刷身份证", "refresh or tap card"),
        Advice::TapCard => ("请刷身份证", "tap card"),
        Advice::ShowPhoneToStaff => ("请出示手机页面给工作人员看", "show the phone to staff"),
        Advice::StaffRegisters => ("请工作人员登记", "staff registers"),
        Advice::MeasureAgain => ("请复测体温", "measure again"),
        Advice::StaffLane => ("请走人工通道", "staff lane"),
    }
}

#[cfg(test)]
mod tests {
    use gate_core::case::{
        DataAge, EvidenceKind, Finding, IssuerClass, Source, Temperature, TestAge, UseClass,
    };
    use gate_core::time::ClockTrust;
    use gate_core::verdict::{Direction, PlaceKind, RiskLevel};

    use super::*;

    #[test]
    fn there_is_a_word_for_every_value() {
        let counts = [
            PlaceKind::ALL.len(),
            RiskLevel::ALL.len(),
            Direction::ALL.len(),
            EvidenceKind::ALL.len(),
            Finding::ALL.len(),
            Source::ALL.len(),
            TestAge::ALL.len(),
            DataAge::ALL.len(),
            ClockTrust::ALL.len(),
            Temperature::ALL.len(),
            IssuerClass::ALL.len(),
            UseClass::ALL.len(),
        ];
        assert_eq!(VALUES.map(<[Word]>::len), counts);
    }
}
