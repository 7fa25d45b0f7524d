//! The lane's unit. Drivers that are modules are there before `DeviceAllow=` is looked up: systemd asks `/proc/devices` once, when the
//! lane starts, and leaves out what it does not find (systemd.resource-control(5)).
#![allow(clippy::unwrap_used, reason = "a test program: an error is a failed test")]

use std::path::Path;

/// Groups of devices that modules bring, and the module. What else is allowed is built into the kernels of our boards.
const OF_MODULES: [(&str, &str); 8] = [
    ("char-ttyUSB", "usbserial"),
    ("char-ttyACM", "cdc_acm"),
    ("char-video4linux", "videodev"),
    ("char-alsa", "snd"),
    ("char-drm", "drm"),
    ("char-i2c", "i2c_dev"),
    ("char-spi", "spidev"),
    ("char-fb", "fb"),
];
const BUILT_IN: [&str; 6] =
    ["char-ttyS", "char-ttyAMA", "char-input", "char-rtc", "char-gpiochip", "char-usb_device"];

#[test]
fn what_the_lane_may_use_is_known_to_the_kernel_before_it_starts() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/systemd/gate.service");
    let unit = std::fs::read_to_string(path).unwrap();
    let values = |key: &str| {
        let lines = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        lines.flat_map(str::split_whitespace).map(str::to_owned).collect::<Vec<_>>()
    };
    let (wants, after) = (values("Wants"), values("After"));
    for allowed in values("DeviceAllow").iter().filter(|word| word.starts_with("char-")) {
        let module = OF_MODULES.iter().find(|(group, _)| group == allowed).map(|(_, module)| *module);
        let Some(module) = module else {
            assert!(BUILT_IN.contains(&allowed.as_str()), "{allowed}: which module brings it?");
            continue;
        };
        let loads = format!("modprobe@{module}.service");
        assert!(wants.contains(&loads) && after.contains(&loads), "{allowed} needs {loads}");
    }
}
