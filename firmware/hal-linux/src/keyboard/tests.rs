//! Strokes of a list, and devices that are no keyboards.

use super::*;

/// Plays strokes once.
pub(crate) struct Played(pub(crate) Vec<Stroke>);

impl Played {
    /// Each key down and up.
    pub(crate) fn struck(codes: &[u16]) -> Played {
        let both = |code: &u16| [Way::Down, Way::Up].map(|way| Stroke { code: *code, way });
        Played(codes.iter().flat_map(both).collect())
    }
}

impl Strokes for Played {
    fn take(&mut self, into: &mut Vec<Stroke>) -> Result<(), DeviceFault> {
        into.append(&mut self.0);
        Ok(())
    }
}

fn event(kind: u16, code: u16, value: i32) -> Vec<u8> {
    let mut bytes = vec![0xA5; EVENT - 8];
    bytes.extend(kind.to_le_bytes());
    bytes.extend(code.to_le_bytes());
    bytes.extend(value.to_le_bytes());
    bytes
}

#[test]
fn a_key_goes_down_and_up_and_is_not_struck_again_while_it_is_held() {
    let read = |kind, code, value| stroke(&event(kind, code, value)).map(|stroke| (stroke.code, stroke.way));
    assert_eq!(read(1, 30, 1), Some((30, Way::Down)));
    assert_eq!(read(1, 30, 0), Some((30, Way::Up)));
    assert_eq!(read(1, 30, 2), None);
    assert_eq!(read(0, 0, 0), None);
    assert_eq!(read(0, 3, 0), Some((0, Way::Lost)));
    assert_eq!(read(4, 4, 458_756), None);
}

// linux/input.h: EVIOCGRAB is _IOW('E', 0x90, int).
#[test]
fn the_number_of_the_grab_is_that_of_the_header() {
    assert_eq!(u64::from(GRAB), 0x4004_4590);
}

#[test]
fn what_is_no_keyboard_is_not_listened_to_and_what_is_not_there_is_not_connected() {
    assert!(matches!(grabbed(Path::new("/dev/null")), Err(DeviceFault::NotAnswering)));
    let mut keyboard = Keyboard::new(Path::new("/dev/input/gate-no-such-keyboard"));
    for _ in 0..2 {
        assert_eq!(keyboard.take(&mut Vec::new()), Err(DeviceFault::NotConnected));
    }
}
