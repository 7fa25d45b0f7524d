// The fleet's ages grow while the page is open: it is read again, and what changed is put in its place. What the keyboard is on,
// what stands open and where the page is scrolled to stay. Without scripts the page is whole, and as old as its clock says.
"use strict";

const EVERY_MS = 60000;
let isAsking = false;

function put(old, now) {
  const [was, is] = [old, now].map((one) => one.querySelector("details"));
  if (was && is) is.open = was.open;
  if (old.innerHTML === now.innerHTML) return;
  const on = old.contains(document.activeElement) ? document.activeElement : null;
  old.innerHTML = now.innerHTML;
  const again = on && ((on.id && document.getElementById(on.id)) || old.querySelector("summary, a"));
  if (again) again.focus({ preventScroll: true });
}

function putRows(old, now) {
  const rows = [...old.rows].map((row) => row.id).join();
  const isSame = rows === [...now.rows].map((row) => row.id).join();
  // Rows that stand elsewhere now would move under whoever reads one: they wait until nobody does.
  const isRead = old.contains(document.activeElement) || old.querySelector("details[open]");
  if (!isSame && !isRead) {
    old.innerHTML = now.innerHTML;
    return;
  }
  for (const row of now.rows) {
    const here = document.getElementById(row.id);
    if (here && here.cells.length === row.cells.length) {
      [...row.cells].forEach((cell, at) => put(here.cells[at], cell));
    } else if (here) {
      here.innerHTML = row.innerHTML;
    }
  }
}

async function refresh() {
  const rows = document.getElementById("rows");
  const late = document.getElementById("late");
  if (!rows || document.hidden || isAsking) return;
  isAsking = true;
  try {
    // This is nobody's look: whoever may change something is logged out when they went away.
    const headers = { "x-gate-refresh": "1" };
    // What was looked for is in the address; what is being written in the form stays.
    const answer = await fetch(location.pathname + location.search, { headers, cache: "no-store", signal: AbortSignal.timeout(30000) });
    const now = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok) throw new Error();
    const read = now.getElementById("rows");
    if (!read) {
      // The session has ended.
      location.reload();
      return;
    }
    for (const id of ["now", "numbers", "bands", "found", "pages"]) put(document.getElementById(id), now.getElementById(id));
    putRows(rows, read);
    late.hidden = true;
  } catch {
    late.hidden = false;
  } finally {
    isAsking = false;
  }
}

document.addEventListener("visibilitychange", refresh);
setInterval(refresh, EVERY_MS);
