// What the terminal sounds: the very samples that its loudspeaker is given, fetched once each.
const samples = new Map();
let audio = null;
let heard = 0;
export let muted = false;

// Browsers let a page sound only after a person has touched it.
export function wake() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

export function mute(yes) { muted = yes; }

export function play(sounds, volume) {
  const fresh = sounds.filter((sound) => sound.number > heard);
  const last = sounds.length ? sounds[sounds.length - 1].number : 0;
  const first = heard === 0;
  heard = last;
  if (first || muted || !audio) return;
  for (const sound of fresh) sounded(sound.signal, volume);
}

async function sounded(signal, volume) {
  const buffer = await of(signal);
  if (!buffer?.length) return;
  const source = new AudioBufferSourceNode(audio, { buffer });
  // Loudness is felt as a power: the terminal turns itself down by the same square.
  source.connect(new GainNode(audio, { gain: (volume / 9) ** 2 })).connect(audio.destination);
  source.start();
  document.body.dataset.sounded = signal;
}

function of(signal) {
  if (!samples.has(signal)) {
    samples.set(signal, fetch(`sound/${signal}`).then((answer) => answer.arrayBuffer())
      .then((bytes) => bytes.byteLength > 44 ? audio.decodeAudioData(bytes) : null).catch(() => null));
  }
  return samples.get(signal);
}
