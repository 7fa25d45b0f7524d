use super::super::{Config, SAMPLE};
use super::*;

/// The sample with its camera's section in these words, and these after it.
fn with(camera: &str, more: &str) -> anyhow::Result<Config> {
    let from = SAMPLE.find("[camera]").unwrap();
    let to = from + SAMPLE[from..].find("\n[reader]").unwrap();
    Config::parse(&format!("{}[camera]\n{camera}\n{}\n{more}", &SAMPLE[..from], &SAMPLE[to..]))
}

#[test]
fn a_camera_is_a_device_or_a_directory_and_never_both() {
    let config = with("device = \"/dev/video0\"\nformat = \"grey\"\nexposure = 100", "").unwrap();
    let CameraSource::Device(settings) = config.camera.source().unwrap() else { panic!("a directory") };
    assert_eq!((settings.width, settings.height, settings.stall_ms), (1280, 720, 2_000));
    assert_eq!((settings.format, settings.exposure), (Some(PixelFormat::Grey), Exposure::Fixed(100)));
    for bad in ["", "device = \"/dev/video0\"\nframes = \"/x\""] {
        let error = with(bad, "").unwrap_err();
        assert!(format!("{error:#}").contains("either `device`"), "{error:#}");
    }
}

#[test]
fn lines_are_named_by_number_or_by_name() {
    let more = "[latch]\nwire = { chip = \"/dev/gpiochip0\", line = 17 }\n[inputs]\n\
                fire = { chip = \"/dev/gpiochip1\", line = \"FIRE\", active = \"low\", pull = \"up\" }";
    let config = with("frames = \"/x\"", more).unwrap();
    let LatchSource::Wire(latch) = config.latch.as_ref().unwrap().source().unwrap() else { panic!("an LED") };
    assert_eq!((latch.line, latch.polarity), (LineId::Offset(17), Polarity::High));
    let fire = config.inputs.unwrap().lines().fire.unwrap();
    assert_eq!((fire.line, fire.polarity, fire.pull), (LineId::Name("FIRE".into()), Polarity::Low, Pull::Up));
}

#[test]
fn a_reader_without_a_line_is_reached_by_its_pipes_where_that_was_built_in() {
    let reader = |keys: &str| {
        let text = SAMPLE.replacen("serial = \"/dev/ttyS1\"\n", &format!("{keys}\n"), 1);
        Config::parse(&text).map(|config| format!("{:?}", config.reader.unwrap().source().unwrap()))
    };
    assert!(reader("serial = \"/dev/ttyUSB0\"\nusb = \"0400:c35a\"").unwrap().starts_with("Serial"));
    let pipes = reader("usb = \"0400:c35a\"");
    if cfg!(feature = "usb") {
        assert!(pipes.unwrap().starts_with("Usb"));
    } else {
        assert!(format!("{:#}", pipes.unwrap_err()).contains("without the feature `usb`"));
    }
}

#[test]
fn bad_sections_say_what_to_choose() {
    let device = "device = \"/dev/video0\"\n";
    for (camera, more, expected) in [
        ("width = 1\ndevice = \"/dev/video0\"", "", "160 x 120"),
        ("stall_ms = 1\ndevice = \"/dev/video0\"", "", "500 or more"),
        ("format = \"rgb\"\ndevice = \"/dev/video0\"", "", "unknown variant"),
        (device, "[torch]", "[torch] names either"),
        (device, "[latch]", "[latch] names either"),
        (device, "[scanner]", "[scanner] names either"),
        (device, "[scanner]\nserial = \"/dev/ttyACM0\"\nbaud = 300", "`scanner.baud`"),
        (device, "[latch]\nled = \"/l\"\nwire = { chip = \"/c\", line = 1 }", "[latch] names either"),
        (device, "[buzzer]\nchip = \"/c\"\nline = -1", "a line is its number"),
        (device, "[inputs]\nwindow = { chip = \"/c\", line = 1 }", "unknown field `window`"),
        (device, "[buzzer]\nchip = \"/c\"\nline = 1", "heard by one of them"),
    ] {
        let error = with(camera, more).unwrap_err();
        assert!(format!("{error:#}").contains(expected), "{camera} {more}: {error:#}");
    }
}
