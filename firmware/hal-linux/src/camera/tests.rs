//! The camera's thread over devices of this machine: none, a wrong one, and the kernel's test camera where it has one.

use std::sync::mpsc::channel;
use std::time::Instant;

use super::*;

fn settings(device: &Path) -> CameraSettings {
    CameraSettings {
        device: device.to_owned(),
        width: 640,
        height: 480,
        format: None,
        frames_a_second: None,
        exposure: Exposure::Automatic,
        stall_ms: 3_000,
    }
}

fn watched(device: &Path) -> (V4l2Camera, std::sync::mpsc::Receiver<String>) {
    let (said, heard) = channel();
    let said = Mutex::new(said);
    let tell: Tell = Arc::new(move |what| {
        let _ = said.lock().unwrap().send(what.to_string());
    });
    (V4l2Camera::new(settings(device), tell), heard)
}

/// The fault it comes to. It is waited for: it comes from a thread.
fn fault(camera: &mut V4l2Camera) -> DeviceFault {
    let began = Instant::now();
    while began.elapsed().as_secs() < 60 {
        if let Err(fault) = camera.frame() {
            return fault;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("no fault within a minute")
}

#[test]
fn a_camera_that_is_not_there_is_a_fault_that_says_what_to_set() {
    let (mut camera, heard) = watched(Path::new("/dev/gate-no-such-camera"));
    assert_eq!(fault(&mut camera), DeviceFault::NotConnected);
    assert!(heard.recv().unwrap().contains("check `camera.device`"));
}

#[test]
fn what_is_no_camera_is_a_fault() {
    let (mut camera, heard) = watched(Path::new("/dev/null"));
    assert_eq!(fault(&mut camera), DeviceFault::NotAnswering);
    assert!(heard.recv().unwrap().contains("does not answer"));
    assert!(name_of(Path::new("/dev/null")).is_none());
    assert!(try_once(&settings(Path::new("/dev/null"))).is_err());
}

#[test]
fn a_frame_left_by_the_thread_is_given_once_and_the_newest_one() {
    let (mut camera, _heard) = watched(Path::new("/dev/gate-no-such-camera"));
    fault(&mut camera);
    for value in [1, 2] {
        let pixels = [value; 6];
        camera.mailbox.put(&CameraFrame { pixels: &pixels, width: 3, height: 2, stride: 3 });
    }
    camera.mailbox.open().fault = None;
    assert_eq!(camera.frame().unwrap().unwrap().pixels, [2; 6]);
    let again = camera.frame();
    assert!(matches!(again, Ok(None) | Err(_)), "given twice");
}

#[test]
fn a_driver_that_hangs_is_a_fault_and_not_waited_for() {
    let (mut camera, _heard) = watched(Path::new("/dev/gate-no-such-camera"));
    fault(&mut camera);
    // The thread of another camera: this mailbox hears nothing more.
    camera.mailbox = Arc::new(Mailbox(Mutex::new(Post {
        frame: Grey::default(),
        fresh: Fresh::Taken,
        fault: None,
        heard: Millis(0),
    })));
    camera.settings.stall_ms = 0;
    if monotonic().0 > HUNG_MS {
        assert!(matches!(camera.frame(), Err(DeviceFault::NotAnswering)));
    }
}

#[test]
fn the_kernels_test_camera_gives_frames() {
    let Some(device) = vivid() else {
        println!("SKIPPED the_kernels_test_camera_gives_frames: no vivid here");
        return;
    };
    let found = try_once(&settings(&device)).unwrap();
    assert_eq!((found.agreed.width, found.agreed.height), (640, 480));
    let (mut camera, _heard) = watched(&device);
    let began = Instant::now();
    let mut frames = 0;
    while frames < 5 {
        assert!(began.elapsed().as_secs() < 60, "{frames} frames in a minute");
        if let Ok(Some(frame)) = camera.frame() {
            assert_eq!((frame.width, frame.height), (640, 480));
            frames += 1;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn vivid() -> Option<PathBuf> {
    let nodes = std::fs::read_dir("/dev").ok()?.flatten().map(|entry| entry.path());
    let cameras = nodes.filter(|path| path.to_string_lossy().starts_with("/dev/video"));
    cameras.into_iter().find(|path| name_of(path).is_some_and(|name| name.contains("vivid")))
}
