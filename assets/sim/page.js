// The page: shows the newest view that the virtual terminal sends, and hands it what people do.
// It makes nothing up: what stands here was drawn, told or sealed by the terminal.
import { words, columns, values } from "./words.js";
import { play, wake, mute } from "./sound.js";
import { stops } from "./tour.js";

const $ = (id) => document.getElementById(id);
let language = navigator.language.startsWith("zh") ? "zh" : "en";
let view = null;
let guests = [];
let webcam = null;

const say = (key, n) => (words[language][key] ?? key).replace("{n}", n);
const pick = (pair) => pair?.[language === "zh" ? 0 : 1];

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

// One request after the other: of two under way the second may be heard first, and a typed number is its digits in their order.
let asked = Promise.resolve();
function ask(path, body) {
  wake();
  const mine = asked.then(() => post(path, body));
  asked = mine.catch(() => {});
  return mine;
}

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", body });
  if (!answer.ok) refuse((await answer.json().catch(() => ({}))).error ?? answer.statusText);
}
const order = (what) => ask("do", JSON.stringify(what));
const refuse = (text) => { $("refused").textContent = text ?? ""; };

// ---- who comes

function drawGuests() {
  $("guest-list").replaceChildren(...["phone", "paper", "card", "staff"].map((group) =>
    make("div", { class: "group" }, make("h3", {}, say(group)),
      ...guests.filter((guest) => guest.group === group).map(drawGuest))));
}

function drawGuest(guest) {
  return make("button", { class: `guest ${guest.colour}`, "data-guest": guest.id, onclick: () => order({ do: "guest", id: guest.id }) },
    make("span", { class: `sign ${guest.group}`, "aria-hidden": "true" }),
    make("span", { class: "text" }, make("b", {}, guest.who), make("span", {}, language === "zh" ? guest.zh : guest.en),
      make("i", {}, say("should") + say(guest.expected))));
}

// ---- the attendant's panel

const keys = ["accept", "companion", "emergency", "document", "temperature", "clock", "say_again", "logout"];

function drawPanel() {
  const digit = (d) => make("button", { class: "digit", "data-digit": d, onclick: () => order({ do: "type", text: d }) }, d);
  $("keys").replaceChildren(
    make("div", { class: "acts" }, ...keys.map((key) => make("button", { "data-key": key, onclick: () => order({ do: "key", key }) }, say(`k_${key}`)))),
    make("div", { class: "digits" }, ..."1234567890".split("").map(digit),
      make("button", { "data-key": "back", onclick: () => order({ do: "key", key: "back" }) }, say("k_back")),
      make("button", { class: "strong", "data-key": "ok", onclick: () => order({ do: "key", key: "ok" }) }, say("k_ok"))),
    make("p", { class: "small" }, say("keyboard")));
}

$("panel").addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^[0-9a-zA-Z]$/.test(event.key)) order({ do: "type", text: event.key.toUpperCase() });
  else if (event.key === "Escape") order({ do: "key", key: "back" });
  else if (event.key === "Enter" && !event.target.matches("button:not(.digit)")) order({ do: "key", key: "ok" });
  else return;
  event.preventDefault();
});

// ---- tabs

const tabs = ["why", "journal", "world", "camera"];

function drawTabs() {
  $("tabs").replaceChildren(...tabs.map((tab) => make("button", {
    role: "tab", id: `to-${tab}`, "aria-controls": `tab-${tab}`, "aria-selected": String(!$(`tab-${tab}`).hidden), onclick: () => open(tab),
  }, say(tab))));
}

function open(tab) {
  const focused = $("tabs").contains(document.activeElement);
  for (const other of tabs) $(`tab-${other}`).hidden = other !== tab;
  drawTabs();
  // The tabs are new: whoever came by the keyboard stays where they were.
  if (focused) $(`to-${tab}`).focus();
}

$("tabs").addEventListener("keydown", (event) => {
  const at = tabs.findIndex((tab) => !$(`tab-${tab}`).hidden);
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const next = tabs[(at + step + tabs.length) % tabs.length];
  open(next);
});

// ---- why

const time = (unix) => new Date((unix + 8 * 3600) * 1000).toISOString().slice(0, 19).replace("T", " ");

function drawWhy() {
  const why = view.why;
  if (!why) return $("tab-why").replaceChildren(make("p", {}, say("nothing_yet")));
  const line = (name, ...what) => make("div", { class: "line" }, make("dt", {}, name), make("dd", {}, ...what));
  const facts = why.case && make("dl", { class: "facts" }, ...Object.entries(why.case).map(([column, value]) => {
    const decisive = why.row?.[1]?.[column] !== undefined;
    return make("div", { class: decisive ? "line decisive" : "line" }, make("dt", {}, pick(columns[column])), make("dd", {}, pick(values[value]) ?? String(value)));
  }));
  $("tab-why").replaceChildren(
    make("p", { class: `badge ${why.verdict}` }, `${say({ P: "pass", L: "limit", S: "stop", A: "assist" }[why.verdict])} · ${why.reason}`),
    make("p", { class: "large" }, language === "zh" ? why.zh : why.en),
    make("dl", {}, line(say("verdict_of", why.sequence), say("read_back"))),
    make("h3", {}, say("facts")), facts ?? make("p", {}, say("rule_none")),
    ...(why.row ? [make("h3", {}, say("rule", why.row[0])), make("pre", {}, JSON.stringify(why.row[1]))] : []),
    make("h3", {}, say("versions")),
    make("dl", {}, ...Object.entries(why.versions).map(([name, version]) => line(name, String(version))),
      line(say("list_as_of"), why.list_as_of ? time(why.list_as_of) : say("none")),
      ...(why.code ? [line(say("code"), `kid ${why.code.kid} · ${say("issued")} ${time(why.code.issued)} · ${say("expires")} ${time(why.code.expires)}`)] : []),
      line(say("uses"), `${why.uses} ${say("times")}`)));
}

// ---- the journal

function drawJournal() {
  const rows = [...view.journal].reverse().map((row) => make("tr", {},
    make("td", {}, String(row.sequence)),
    make("td", { class: "sealed" }, make("code", {}, `${row.sealed}…`), make("span", { class: "small" }, `${row.bytes} ${say("bytes")} · ${say("key_day")} ${row.day_key}`)),
    make("td", {}, make("b", {}, row.query), make("br"), `${time(row.at)} · ${say(`kind_${row.kind}`)}`,
      row.verdict ? make("span", { class: `badge ${row.verdict}` }, `${row.verdict} ${row.reason ?? ""}`) : null,
      row.event ? ` · ${say("event")} ${row.event}` : null, row.act ? ` · ${say("act")} ${row.act}` : null,
      row.subject ? make("span", { class: "small" }, `${say("subject")} ${row.subject}`) : null)));
  $("tab-journal").replaceChildren(
    ...(view.waiting ? [make("p", { class: "warn" }, say("waiting", view.waiting))] : []),
    make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "#"), make("th", { scope: "col" }, say("sealed")), make("th", { scope: "col" }, say("opened")))),
      make("tbody", {}, ...rows)));
}

// ---- the world: built once a language, then only set, so that focus stays where it is

const settings = [];

function toggle(label, read, write) {
  const box = make("input", { type: "checkbox" });
  box.addEventListener("change", () => write(box.checked ? "on" : "off"));
  settings.push(() => { box.checked = read(view) === "on"; });
  return make("label", { class: "toggle" }, box, make("span", {}, label));
}

function choice(label, options, read, write) {
  const select = make("select", { "aria-label": label }, ...options.map(([value, text]) => make("option", { value }, text)));
  select.addEventListener("change", () => write(select.value));
  settings.push(() => { if (document.activeElement !== select) select.value = read(view); });
  return make("label", { class: "choice" }, make("span", {}, label), select);
}

const samples = ["new", "stale", "foreign"];

function drawStick(sample) {
  const stick = make("button", { class: "stick", "data-stick": sample, draggable: "true", onclick: () => order({ do: "stick", sample }) }, say(`stick_${sample}`));
  stick.addEventListener("dragstart", (event) => event.dataTransfer.setData("text/stick", sample));
  return stick;
}

function folderField() {
  const field = make("input", { type: "file", id: "stick-folder", webkitdirectory: true, "aria-label": say("stick_folder") });
  field.addEventListener("change", () => sendFolder(Array.from(field.files, (file) => [file.webkitRelativePath, file])));
  return make("label", { class: "button folder" }, say("stick_folder"), field);
}

// A file: the length of its path (2 bytes), its own (4 bytes), the path, the bytes.
async function sendFolder(files) {
  const parts = files.flatMap(([path, file]) => {
    const name = new TextEncoder().encode(path.replace(/^\//, ""));
    const head = new DataView(new ArrayBuffer(6));
    head.setUint16(0, name.length);
    head.setUint32(2, file.size);
    return [head, name, file];
  });
  await ask("stick", new Blob(parts));
}

async function filesOf(entry) {
  if (entry.isFile) return [[entry.fullPath, await new Promise((done, failed) => entry.file(done, failed))]];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return found;
    for (const one of some) found.push(...await filesOf(one));
  }
}

$("slot").addEventListener("dragover", (event) => { event.preventDefault(); $("slot").classList.add("over"); });
$("slot").addEventListener("dragleave", () => $("slot").classList.remove("over"));
$("slot").addEventListener("drop", async (event) => {
  event.preventDefault();
  $("slot").classList.remove("over");
  const sample = event.dataTransfer.getData("text/stick");
  if (sample) return order({ do: "stick", sample });
  const entries = Array.from(event.dataTransfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [];
  for (const entry of entries) files.push(...await filesOf(entry));
  sendFolder(files);
});

function drawSlot() {
  const slot = view.slot;
  $("gate").toggleAttribute("data-stick", slot !== null);
  const text = slot ? `${say(`stick_${slot.stick}`)}：${say(`at_${slot.state}`, slot.files)}` : "";
  if ($("stick").textContent !== text) $("stick").textContent = text;
}

function drawWorld() {
  settings.length = 0;
  const device = (name) => toggle(say(`d_${name}`), (v) => v.world[name], (state) => order({ do: "device", device: name, state }));
  const place = (lane) => ["station", "hospital"].map((p) => [`${p} ${lane}`, `${say(p)} · ${say(`lane_${lane}`)}`]);
  const slider = make("input", { type: "range", id: "clock", min: "-1440", max: "1440", step: "5", "aria-label": say("clock") });
  const off = make("output", { for: "clock" });
  slider.addEventListener("input", () => { off.textContent = say("minutes", slider.value); });
  slider.addEventListener("change", () => order({ do: "clock", minutes: Number(slider.value) }));
  settings.push(() => {
    if (document.activeElement === slider) return;
    slider.value = view.world.clock_minutes ?? 0;
    off.textContent = view.world.clock_minutes === null ? "1970" : say("minutes", view.world.clock_minutes);
  });
  const age = make("output", {});
  settings.push(() => { age.textContent = say("list_age", view.world.list_age_h); });
  const warm = make("input", { type: "range", id: "warm", min: "350", max: "400", step: "1", "aria-label": say("warm") });
  const degrees = make("output", { for: "warm" });
  warm.addEventListener("input", () => { degrees.textContent = `${(warm.value / 10).toFixed(1)} °C`; });
  warm.addEventListener("change", () => order({ do: "warm", tenths: Number(warm.value) }));
  settings.push(() => {
    if (document.activeElement === warm) return;
    warm.value = view.world.tenths ?? 365;
    degrees.textContent = view.world.tenths === null ? say("no_one") : `${(view.world.tenths / 10).toFixed(1)} °C`;
  });
  const report = make("pre", { id: "stick-report", tabindex: "0", role: "log", "aria-label": say("sticks") });
  settings.push(() => {
    const text = view.slot?.report.join("\n") || say("stick_none");
    if (report.textContent !== text) report.textContent = text;
  });
  const button = (label, what, id) => make("button", { id, onclick: () => order(what) }, label);
  $("tab-world").replaceChildren(
    make("fieldset", {}, make("legend", {}, say("place")),
      choice(say("place"), [...place("in"), ...place("out")], (v) => `${v.place} ${v.lane}`, (value) => { const [p, lane] = value.split(" "); order({ do: "world", place: p, lane }); })),
    make("fieldset", {}, make("legend", {}, say("network")), toggle(say("network"), (v) => v.world.network, (state) => order({ do: "network", state })),
      make("p", { class: "small" }, say("network_how")), make("p", {}, age),
      make("div", { class: "row" }, make("span", {}, say("days")), ...[1, 3, 7].map((n) => button(say(`day${n}`), { do: "days", count: n }, `days-${n}`)))),
    make("fieldset", {}, make("legend", {}, say("sticks")), make("p", { class: "small" }, say("sticks_how")),
      make("div", { class: "row" }, ...samples.map(drawStick), folderField()), report),
    make("fieldset", {}, make("legend", {}, say("devices")), ...["camera", "reader", "sounder", "lamps", "latch"].map(device),
      choice(say("disk"), ["well", "full", "broken"].map((s) => [s, say(s)]), (v) => v.world.disk, (state) => order({ do: "disk", state })),
      toggle(say("fire"), (v) => v.world.fire, (state) => order({ do: "fire", state })),
      toggle(say("case"), (v) => v.world.case, (state) => order({ do: "case", state })),
      button(say("power"), { do: "power_cut" }, "power")),
    make("fieldset", {}, make("legend", {}, say("clock")), slider, off,
      make("div", { class: "row" }, button(say("clock_right"), { do: "clock_right" }, "clock-right"), button(say("clock_dead"), { do: "clock_dead" }, "clock-dead"))),
    make("fieldset", {}, make("legend", {}, say("warm")), warm, degrees),
    make("fieldset", {}, make("legend", {}, say("walk")), toggle(say("by_itself"), (v) => v.world.walking, (by_itself) => order({ do: "walking", by_itself })),
      make("div", { class: "row" }, button(say("walk"), { do: "walk" }, "walk"), button(say("leave"), { do: "leave" }, "leave"))));
}

// ---- the camera: text, pictures, webcam

function drawCamera() {
  const text = make("textarea", { id: "code-text", rows: "3", maxlength: "2000", placeholder: say("text_hint"), "aria-label": say("text_code") });
  const file = make("input", { type: "file", id: "code-file", accept: "image/png,image/jpeg", "aria-label": say("picture") });
  file.addEventListener("change", () => file.files[0] && ask("picture", file.files[0]));
  const drop = make("div", { id: "drop" }, say("drop"), make("label", { class: "button" }, say("choose"), file));
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) ask("picture", event.dataTransfer.files[0]);
  });
  $("tab-camera").replaceChildren(
    make("h3", {}, say("sees")), make("img", { id: "camera", alt: "", hidden: true }), make("p", { id: "camera-none" }, say("sees_nothing")),
    make("h3", {}, say("text_code")), text, make("button", { id: "show-text", onclick: () => order({ do: "text", text: text.value.trim() }) }, say("show")),
    make("h3", {}, say("picture")), drop,
    make("button", { id: "webcam", onclick: useWebcam }, say(webcam ? "webcam_stop" : "webcam")), make("video", { id: "webcam-view", muted: true, playsinline: true, hidden: true }));
}

async function useWebcam() {
  if (webcam) {
    webcam.getTracks().forEach((track) => track.stop());
    webcam = null;
    order({ do: "leave" });
  } else {
    try {
      webcam = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480, facingMode: "environment" } });
    } catch { return refuse(say("webcam_none")); }
  }
  drawCamera();
  drawView();
  $("webcam").focus();
  // After the drawing: a video that is taken out of the page stops.
  if (webcam) sendFrames();
}

async function sendFrames() {
  const video = $("webcam-view");
  video.srcObject = webcam;
  await video.play();
  const canvas = new OffscreenCanvas(640, 480);
  const ink = canvas.getContext("2d");
  while (webcam) {
    ink.drawImage(video, 0, 0, 640, 480);
    await ask("picture", await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 }));
    await new Promise((done) => setTimeout(done, 150));
  }
}

// ---- the newest view

function drawView() {
  if (!view) return;
  $("display").src = `display/${view.display.number}`;
  $("display").alt = view.says.join(" ");
  if ($("says").textContent !== view.says.join(" ")) $("says").textContent = view.says.join(" ");
  const gate = $("gate");
  gate.dataset.open = view.latch.open;
  gate.dataset.lamp = view.lamp;
  gate.dataset.walking = view.latch.occupied;
  gate.dataset.held = view.held !== null;
  gate.dataset.laid = view.laid !== null;
  $("lamp").setAttribute("aria-label", view.lamp);
  $("where").textContent = `${say(view.place)} · ${say(`lane_${view.lane}`)} · ${time(view.time)}`;
  const latch = view.latch.occupied ? say("occupied") : view.latch.open ? say(`open_${view.latch.by}`) : say("shut");
  if ($("latch").textContent !== latch) $("latch").textContent = latch;
  refuse(view.refused);
  drawSlot();
  drawWhy();
  drawJournal();
  settings.forEach((set) => set());
  const seen = $("camera");
  seen.hidden = !view.camera;
  $("camera-none").hidden = Boolean(view.camera);
  if (view.camera) seen.src = `camera/${view.camera.number}`;
  for (const button of document.querySelectorAll(".guest")) button.toggleAttribute("data-here", [view.held, view.laid].includes(button.dataset.guest));
  play(view.sounds, view.volume);
}

function listen() {
  const stream = new EventSource("views");
  stream.onmessage = (event) => { view = JSON.parse(event.data); drawView(); };
  stream.onerror = () => refuse(say("lost"));
}

// ---- the tour

let stop = -1;

function guide(to) {
  document.querySelectorAll(".shown").forEach((element) => element.classList.remove("shown"));
  stop = to;
  const now = stops[stop];
  $("guide").hidden = !now;
  if (!now) return;
  if (now.tab) open(now.tab);
  if (now.guest) order({ do: "guest", id: now.guest });
  $(now.at === "display" ? "bezel" : now.at).classList.add("shown");
  $("guide-text").textContent = now[language];
  $("guide-step").textContent = `${stop + 1} / ${stops.length}`;
  stepAside();
  $("guide-next").focus();
}

// The guide stands where it hides least of what it speaks of.
function stepAside() {
  const shown = document.querySelector(".shown");
  if (!shown) return;
  shown.scrollIntoView({ block: "nearest" });
  const hidden = (place) => {
    $("guide").dataset.place = place;
    const [a, b] = [shown, $("guide")].map((element) => element.getBoundingClientRect());
    const common = (low, high) => Math.max(0, Math.min(a[high], b[high]) - Math.max(a[low], b[low]));
    return common("left", "right") * common("top", "bottom");
  };
  const places = ["below", "right", "left", "above"].map((place) => [hidden(place), place]);
  $("guide").dataset.place = places.reduce((best, one) => (one[0] < best[0] ? one : best))[1];
}

// ---- the beginning

function translate() {
  document.documentElement.lang = language;
  document.title = say("title");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
  $("language").textContent = language === "zh" ? "English" : "中文";
  $("language").lang = language === "zh" ? "en" : "zh";
  drawGuests();
  drawPanel();
  drawTabs();
  drawWorld();
  drawCamera();
  drawView();
}

$("language").addEventListener("click", () => { language = language === "zh" ? "en" : "zh"; translate(); if (stop >= 0) { $("guide-text").textContent = stops[stop][language]; stepAside(); } });
$("mute").addEventListener("click", () => { const on = $("mute").getAttribute("aria-pressed") !== "true"; $("mute").setAttribute("aria-pressed", String(on)); wake(); mute(!on); });
$("mute").setAttribute("aria-pressed", "true");
$("tour-start").addEventListener("click", () => guide(0));
$("guide-next").addEventListener("click", () => guide(stop + 1 < stops.length ? stop + 1 : -1));
$("guide-end").addEventListener("click", () => guide(-1));

guests = await (await fetch("guests.json")).json();
open("why");
translate();
listen();
