//! What a test does to a phone: its clock, its network.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Browser;

/// The page's clock runs ahead by `window.ahead` seconds: minutes pass when the test says so.
pub(crate) const CLOCK: &str = "(function () { var real = performance.now.bind(performance); window.ahead = 0; \
                     performance.now = function () { return real() + window.ahead * 1000; }; }());";

impl Browser {
    /// The page's clock stands at so many seconds after its start.
    pub(crate) fn clock(&mut self, seconds: u64) {
        self.read(&format!("window.ahead = {seconds}"));
        // The page looks at its clock four times a second.
        std::thread::sleep(Duration::from_millis(600));
    }

    /// Cuts the phone's network, or brings it back.
    pub(crate) fn network(&mut self, offline: &Value) {
        let conditions =
            json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.call("Network.emulateNetworkConditions", conditions);
    }
}
