// The tones of the terminal's signals. Verdicts differ in number, rise and rhythm of their tones, not in pitch alone.
const tones = {
  pass: [[660, 0, 0.12], [880, 0.13, 0.2]],
  limit: [[520, 0, 0.18], [520, 0.26, 0.18], [520, 0.52, 0.18]],
  stop: [[300, 0, 0.5], [220, 0.5, 0.6]],
  silent_stop: [[520, 0, 0.18]],
  assist: [[520, 0, 0.16], [440, 0.2, 0.3]],
  hint: [[740, 0, 0.08]],
  reading: [[988, 0, 0.05]],
  opened: [[660, 0, 0.1], [660, 0.14, 0.16]],
  key: [[1200, 0, 0.03]],
  staff_refused: [[240, 0, 0.25]],
};

let audio = null;
let heard = 0;
export let muted = false;

// Browsers let a page sound only after a person has touched it.
export function wake() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

export function mute(yes) { muted = yes; }

export function play(sounds) {
  const fresh = sounds.filter((sound) => sound.number > heard);
  const last = sounds.length ? sounds[sounds.length - 1].number : 0;
  const first = heard === 0;
  heard = last;
  if (first || muted || !audio) return;
  for (const sound of fresh) (tones[sound.signal] ?? []).forEach(tone);
}

function tone([hertz, after, lasts]) {
  const start = audio.currentTime + after;
  const source = new OscillatorNode(audio, { type: "triangle", frequency: hertz });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.2, start + 0.01);
  volume.gain.setValueAtTime(0.2, start + lasts - 0.02);
  volume.gain.linearRampToValueAtTime(0, start + lasts);
  source.connect(volume).connect(audio.destination);
  source.start(start);
  source.stop(start + lasts);
}
