//! Players that play, fail, hang or are not there.

use std::process::{Command, Stdio};

use super::*;

/// A shell that does this with its standard input.
fn shell(script: &str) -> Player {
    Player::new("sh", &["-c", script])
}

/// Looks until the loudspeaker is so, for as long as a slow machine may take.
fn until(speaker: &mut PipedLoudspeaker, wanted: Result<(), DeviceFault>) {
    for _ in 0..1_000 {
        if speaker.health() == wanted {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(speaker.health(), wanted);
}

fn read_until(path: &std::path::Path, wanted: usize) -> Vec<u8> {
    for _ in 0..1_000 {
        let bytes = std::fs::read(path).unwrap_or_default();
        if bytes.len() >= wanted {
            return bytes;
        }
        thread::sleep(Duration::from_millis(10));
    }
    std::fs::read(path).unwrap_or_default()
}

#[test]
fn samples_reach_the_player_as_little_endian_words() {
    let directory = tempfile::tempdir().unwrap();
    let heard = directory.path().join("heard");
    let mut speaker = PipedLoudspeaker::new(shell(&format!("cat > '{}'", heard.display()))).unwrap();
    read_until(&heard, 2 * RATE / 100);
    speaker.play(&[1, -2, 0x1234]).unwrap();
    for _ in 0..1_000 {
        if std::fs::read(&heard).unwrap_or_default().len() == 6 {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(std::fs::read(&heard).unwrap(), [1, 0, 0xFE, 0xFF, 0x34, 0x12]);
    until(&mut speaker, Ok(()));
}

#[test]
fn a_player_that_is_not_there_is_a_fault_before_the_first_person_comes() {
    let mut speaker = PipedLoudspeaker::new(Player::new("/gate-no-such-player", &[])).unwrap();
    until(&mut speaker, Err(DeviceFault::NotConnected));
    assert_eq!(speaker.play(&[0; 10]), Err(DeviceFault::NotConnected), "said at once, without waiting");
}

#[test]
fn a_player_that_fails_is_a_fault_until_one_plays_well_again() {
    let directory = tempfile::tempdir().unwrap();
    let well = directory.path().join("well");
    let script = format!("cat > /dev/null; test -e '{}'", well.display());
    let mut speaker = PipedLoudspeaker::new(shell(&script)).unwrap();
    until(&mut speaker, Err(DeviceFault::NotAnswering));
    std::fs::write(&well, "").unwrap();
    let _ = speaker.play(&[0; 10]);
    until(&mut speaker, Ok(()));
}

#[test]
fn what_is_new_ends_what_was_playing() {
    let directory = tempfile::tempdir().unwrap();
    let heard = directory.path().join("heard");
    // Plays for ever, but for words of one sample.
    let script = format!("head -c 2 >> '{}'; exec sleep 1000", heard.display());
    let mut speaker = PipedLoudspeaker::new(shell(&script)).unwrap();
    for words in 1..=3_i16 {
        read_until(&heard, 2 * words as usize);
        let _ = speaker.play(&[words]);
    }
    assert_eq!(read_until(&heard, 8), [0, 0, 1, 0, 2, 0, 3, 0]);
}

#[test]
fn a_player_that_hangs_holds_nobody_up_and_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let number = directory.path().join("number");
    let script = format!("echo $$ > '{}'; exec sleep 1000", number.display());
    let mut speaker = PipedLoudspeaker::new(shell(&script)).unwrap();
    // More than a pipe holds: whoever wrote it and waited would wait for ever.
    for _ in 0..10 {
        let _ = speaker.play(&vec![0; 100_000]);
    }
    until(&mut speaker, Err(DeviceFault::NotAnswering));
    let number = std::fs::read_to_string(&number).unwrap();
    assert!(!std::path::Path::new("/proc").join(number.trim()).exists(), "no player is left behind");
}

/// Everybody comes before the last one's words are over: no player is ever late, and none was heard.
#[test]
fn a_player_that_hangs_on_a_busy_lane_is_a_fault_and_the_next_is_heard() {
    let directory = tempfile::tempdir().unwrap();
    let (well, heard) = (directory.path().join("well"), directory.path().join("heard"));
    let script = format!("test -e '{}' || exec sleep 1000; cat > '{}'", well.display(), heard.display());
    let mut speaker = PipedLoudspeaker::new(shell(&script)).unwrap();
    let told = (0..30).find(|_| {
        thread::sleep(Duration::from_millis(1_000));
        speaker.play(&vec![1; 2 * RATE]) == Err(DeviceFault::NotAnswering)
    });
    assert!(told.is_some(), "nothing was heard for so long, and nobody said so");
    // The device is well again while a player still hangs: the next person hears it.
    std::fs::write(&well, "").unwrap();
    let _ = speaker.play(&[7; 100]);
    assert_eq!(read_until(&heard, 200), [7, 0].repeat(100));
    until(&mut speaker, Ok(()));
}

#[test]
fn a_player_that_is_replaced_again_and_again_and_plays_is_well() {
    let mut speaker =
        PipedLoudspeaker::new(shell("while head -c 3200 > /dev/null; do sleep 0.1; done")).unwrap();
    for _ in 0..20 {
        assert_eq!(speaker.play(&vec![1; 30 * RATE]), Ok(()));
        thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(speaker.health(), Ok(()));
}

#[test]
fn a_loudspeaker_that_is_put_away_leaves_no_player() {
    let directory = tempfile::tempdir().unwrap();
    let number = directory.path().join("number");
    let script = format!("echo $$ > '{}'; exec sleep 1000", number.display());
    let speaker = PipedLoudspeaker::new(shell(&script)).unwrap();
    read_until(&number, 2);
    drop(speaker);
    let number = std::fs::read_to_string(&number).unwrap();
    assert!(!std::path::Path::new("/proc").join(number.trim()).exists());
}

#[test]
fn long_words_reach_the_player_whole() {
    let directory = tempfile::tempdir().unwrap();
    let heard = directory.path().join("heard");
    let mut speaker = PipedLoudspeaker::new(shell(&format!("cat > '{}'", heard.display()))).unwrap();
    let long: Vec<i16> = (0..14 * RATE).map(|at| at as i16).collect();
    let _ = speaker.play(&long);
    let bytes: Vec<u8> = long.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    assert!(read_until(&heard, bytes.len()) == bytes);
}

#[test]
fn aplay_plays_into_nowhere() {
    if Command::new("aplay").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("SKIPPED aplay_plays_into_nowhere: no aplay (tools/ci/sound.sh)");
        return;
    }
    let mut speaker = PipedLoudspeaker::new(Player::aplay("null")).unwrap();
    until(&mut speaker, Ok(()));
    speaker.play(&[100; RATE / 10]).unwrap();
    thread::sleep(Duration::from_millis(200));
    assert_eq!(speaker.health(), Ok(()));
    let mut speaker = PipedLoudspeaker::new(Player::aplay("gate-no-such-device")).unwrap();
    until(&mut speaker, Err(DeviceFault::NotAnswering));
}
