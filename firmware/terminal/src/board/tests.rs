//! Boards as folders, and the configurations that come of them.

use super::*;
use crate::config::{CameraSource, Config};

/// A board with these files.
fn board(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    root
}

fn configuration(root: &Path) -> (String, Config) {
    let mut text = Vec::new();
    init(root, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let config = Config::parse(&text).unwrap_or_else(|error| panic!("{error:#}\n{text}"));
    (text, config)
}

#[test]
fn a_board_with_everything_gives_a_configuration_that_names_it() {
    let root = board(&[
        ("dev/video0", ""),
        ("sys/class/video4linux/video0/name", "rkisp_mainpath\n"),
        ("dev/video1", ""),
        ("dev/gpiochip0", ""),
        ("dev/gpiochip4", ""),
        ("dev/fb0", ""),
        ("sys/class/graphics/fb0/virtual_size", "1024,600\n"),
        ("dev/dri/card0", ""),
        ("dev/input/by-path/platform-keypad-event-kbd", ""),
        ("dev/input/by-path/platform-mouse-event-mouse", ""),
        ("dev/input/by-path/platform-adc-keys-event", ""),
        ("dev/ttyS3", ""),
        ("dev/i2c-1", ""),
        ("sys/class/leds/latch/trigger", ""),
        ("sys/class/leds/flash/trigger", ""),
        ("sys/class/rtc/rtc0/name", ""),
        ("dev/snd/pcmC0D0p", ""),
        ("sys/bus/usb/devices/1-1/idVendor", "0400\n"),
        ("sys/bus/usb/devices/1-1/idProduct", "c35a\n"),
    ]);
    let (text, config) = configuration(root.path());
    let CameraSource::Device(settings) = config.camera.source().unwrap() else { panic!("no camera") };
    assert_eq!(settings.device, Path::new("/dev/video0"), "video1 gives no frames");
    assert_eq!((config.display.width, config.display.height), (1024, 600));
    for named in [
        "# drm = \"/dev/dri/card0\"",
        "Lines: /dev/gpiochip0, /dev/gpiochip4.",
        "# serial = \"/dev/ttyS3\"",
        "# usb = \"0400:c35a\"",
        "# keyboard = \"/dev/input/by-path/platform-keypad-event-kbd\"",
        "# keyboard = \"/dev/input/by-path/platform-adc-keys-event\"",
        "# [torch]  # take out the # of one of these if it is fitted there\n# led = \"/sys/class/leds/flash\"\n\n",
        "# i2c = \"/dev/i2c-1\"",
        "# led = \"/sys/class/leds/latch\"  # instead of wire",
        "/sys/class/rtc/rtc0 is there",
        "[sound]",
    ] {
        assert!(text.contains(named), "{named} is missing:\n{text}");
    }
    assert!(!text.contains("mouse"), "{text}");
    assert!(config.latch.is_none(), "which line opens the latch is not guessed");
}

#[cfg(feature = "drm")]
#[test]
fn a_board_whose_screen_has_a_display_driver_alone_is_configured_for_that_at_its_size() {
    let root = board(&[("dev/dri/card1", ""), ("sys/class/drm/card1-DSI-1/modes", "1024x600\n800x480\n")]);
    let (text, config) = configuration(root.path());
    let display = &config.display;
    assert_eq!((display.width, display.height), (1024, 600), "{text}");
    assert!(display.drm.as_deref() == Some(Path::new("/dev/dri/card1")) && display.framebuffer.is_none());
}

#[test]
fn a_root_that_is_not_there_is_no_board() {
    let refused = init(Path::new("/no-such-root"), &mut Vec::new()).unwrap_err().to_string();
    assert!(refused.contains("/no-such-root is no folder"), "{refused}");
}

#[test]
fn a_bare_board_gives_a_good_configuration_that_says_what_is_missing() {
    let root = board(&[]);
    let (text, config) = configuration(root.path());
    assert!(config.reader.is_none() && config.sound.is_none());
    for missing in ["no camera was found", "no framebuffer was found", "no GPIO chip was found"] {
        assert!(text.contains(missing), "{missing}:\n{text}");
    }
}

#[test]
fn a_reader_on_usb_is_found_on_a_board_without_lines_and_what_else_is_on_the_bus_is_not_taken_for_one() {
    let stick =
        [("sys/bus/usb/devices/1-2/idVendor", "0781\n"), ("sys/bus/usb/devices/1-2/idProduct", "5567\n")];
    let reader =
        [("sys/bus/usb/devices/1-1/idVendor", "0400\n"), ("sys/bus/usb/devices/1-1/idProduct", "c35a\n")];
    let (text, _) = configuration(board(&[stick, reader].concat()).path());
    assert!(text.contains("# [reader]\n# usb = \"0400:c35a\""), "{text}");
    let (text, _) = configuration(board(&stick).path());
    assert!(!text.contains("reader"), "{text}");
}

#[test]
fn names_of_devices_cannot_write_into_the_configuration() {
    let evil = "x\"\nlane = 9 #";
    let root = board(&[("dev/video0", ""), ("sys/class/video4linux/video0/name", "cam\nlane = 9\n")]);
    std::fs::write(root.path().join("dev").join(format!("fb{}", evil.replace('/', ""))), "").unwrap();
    std::fs::write(root.path().join("dev").join(format!("gpiochip{evil}")), "").unwrap();
    assert_eq!(configuration(root.path()).1.lane, 1);
}

#[test]
fn every_board_that_comes_along_is_a_good_configuration() {
    for name in names() {
        let mut text = Vec::new();
        show(name, &mut text).unwrap();
        let parsed = Config::parse(std::str::from_utf8(&text).unwrap());
        if name == "spi-panel" && cfg!(not(feature = "spi")) {
            let error = format!("{:#}", parsed.unwrap_err());
            assert!(error.contains("without the feature `spi`"), "{error}");
            continue;
        }
        let config = parsed.unwrap_or_else(|error| panic!("{name}: {error:#}"));
        assert!(config.latch.is_some() && config.inputs.is_some(), "{name}");
    }
}

#[test]
fn a_board_that_does_not_come_along_is_refused_with_those_that_do() {
    let refused = show("toaster", &mut Vec::new()).unwrap_err().to_string();
    assert!(refused.contains("rk3568-panel"), "{refused}");
}
