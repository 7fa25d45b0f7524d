//! What a draft changes, in words, for whoever is about to sign or to be asked: class by class against the usual.
//! Promises: every class that has people in it has a line; what is, with what was published today, far from a usual day is marked.
//! Must not know: caps' reasons.

use gate_wire::time::Day;

use super::class::Counts;
use super::ledger::Ledger;
use super::rules::Over;

/// More in a day than so many times the usual is marked.
const FAR: u64 = 3;

/// A line for each class, Chinese and English.
pub(super) fn summary(counts: &Counts, ledger: &Ledger, today: Day) -> Vec<String> {
    let lines: Vec<String> = counts
        .each()
        .filter(|(_, count)| *count > 0)
        .map(|(class, count)| {
            let (zh, en, so_far) = (class.zh(), class.name(), ledger.published(class, today));
            let more = match so_far {
                0 => (String::new(), String::new()),
                _ => (format!("，今日已发布 {so_far} 人"), format!(", {so_far} published today already")),
            };
            match ledger.usual(class, today) {
                (_, 0) => format!(
                    "{zh} {count} 人{}，尚无往日可比 ({en}: {count} people{}, no day to compare with)",
                    more.0, more.1
                ),
                (usual, days) => {
                    // The usual is of a day: ten drafts just below the mark would be ten times it.
                    let today = count.saturating_add(so_far);
                    let mark = if today > usual.saturating_mul(FAR) { "! " } else { "" };
                    format!(
                        "{mark}{zh} {count} 人{}，前 {days} 日中位数 {usual} ({en}: {count} people{}, usual {usual} a day over {days} days)",
                        more.0, more.1
                    )
                }
            }
        })
        .collect();
    match lines.is_empty() {
        true => vec!["颜色不变 (nobody's colour changes)".into()],
        false => lines,
    }
}

/// People of a colour before and after, and how many turn it on a day as usual.
pub(super) fn total(name: &str, (was, is): (u64, u64), (usual, days): (u64, usize)) -> String {
    let more = is.saturating_sub(was);
    let mark = if more > usual.saturating_mul(FAR) { "! " } else { "" };
    let change = if is >= was { format!("+{more}") } else { format!("-{}", was - is) };
    format!(
        "{mark}{name}: {was} -> {is} ({change}); 前 {days} 日每日转入中位数 {usual} (usual {usual} turn it a day over {days} days)"
    )
}

/// Caps that were gone over.
pub(super) fn overs(overs: &[Over]) -> String {
    let one = |over: &Over| {
        let Over { class, asked, spent, cap } = over;
        let (zh, en) = (class.zh(), class.name());
        format!("{zh} {en}: {asked} asked, {spent} signed for today, cap {cap}")
    };
    overs.iter().map(one).collect::<Vec<_>>().join("; ")
}
