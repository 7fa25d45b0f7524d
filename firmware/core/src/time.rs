//! Time that may be believed (DESIGN §8).
//! Promises: a floor that only signed data of an offline or threshold role raises; a clock is *confirmed* or it is not,
//! and nothing is called expired by one that is not; intervals are monotonic.
//! Must not know: which device a reading came from, nor what a verdict does with it.

/// Whether the clock has been confirmed since boot (DESIGN §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockTrust {
    /// By a healthy RTC, a signed time, three agreeing codes, or an attendant.
    Confirmed,
    /// Not, or no longer.
    Unconfirmed,
}
