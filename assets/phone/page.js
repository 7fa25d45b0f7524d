// The phone page: shows a living code, refreshes it in time, and says so when it cannot.
// Promises: one code is shown until the next one is there or its own time is over; times are the server's (seconds left, time of
// day) and run on by this page's own clock; the session's token stands behind # and leaves in one header alone.
// Must not know: a name or a number beyond what the server masked.
// Written in the language of 2009 (ES5): web views of old phones read it.
(function () {
  "use strict";
  var WORDS = {
    green: ["绿码", "Green"], yellow: ["黄码", "Yellow"], red: ["红码", "Red"],
    wait: ["请稍候", "Please wait"], over: ["此码已过期，请点刷新", "Expired: tap Refresh"],
    ended: ["会话已结束，请回到应用重新打开", "Session over: open it again from the app"],
    unlisted: ["未查到记录，请持有效证件到工作人员处登记", "No record: please register with staff, with your document"],
    none: ["暂时无法出码，请刷身份证或走人工通道", "No code now: tap your ID card, or go to the staff lane"],
    failed: ["刷新未成功，稍后自动重试", "Not refreshed yet: trying again"],
    fresh: ["已刷新", "Refreshed"]
  };
  var AHEAD_S = 300, SPREAD_S = 120, RETRY_LEAST_S = 4, RETRY_MOST_S = 60, ANSWER_MS = 10000;
  var token = window.location.hash.replace(/^#/, "");
  var shown = null, tries = 0, asking = false, nextAt = 0;

  function by(id) { return document.getElementById(id); }
  function now() { return (window.performance && performance.now ? performance.now() : new Date().getTime()) / 1000; }
  function write(id, text) { var node = by(id); if (node.textContent !== text) { node.textContent = text; } }
  function say(word) { write("status", word ? word[0] + " " + word[1] : ""); }
  function two(n) { return (n < 10 ? "0" : "") + n; }
  function left() { return shown ? shown.until - now() : 0; }

  function cover(word) {
    by("cover").hidden = !word;
    write("cover-zh", word ? word[0] : "");
    write("cover-en", word ? word[1] : "");
  }

  function show(answer) {
    var word = WORDS[answer.colour];
    shown = { until: now() + answer.seconds_left, midnight: answer.time_of_day - now() };
    by("code").setAttribute("viewBox", "0 0 " + answer.side + " " + answer.side);
    by("code").setAttribute("aria-label", "健康码 " + word[0] + " Health code, " + word[1]);
    by("modules").setAttribute("d", answer.path);
    document.body.className = answer.colour;
    write("colour", word[0]);
    write("colour-en", word[1]);
    write("name", answer.name);
    cover(null);
    // Everybody's page does not come back at the same second.
    nextAt = now() + Math.max(1, answer.seconds_left - AHEAD_S - Math.random() * SPREAD_S);
    tries = 0;
  }

  function hide(word, state) {
    document.body.className = state;
    by("modules").setAttribute("d", "");
    by("code").setAttribute("aria-label", word[0] + " " + word[1]);
    write("colour", word === WORDS.over ? "已过期" : "无码");
    write("colour-en", word === WORDS.over ? "Expired" : "No code");
    write("name", "");
    cover(word);
    shown = null;
  }

  function failed(status, error) {
    var wait = Math.min(RETRY_MOST_S, RETRY_LEAST_S * Math.pow(2, tries));
    tries += 1;
    nextAt = now() + Math.max(error.retry_after_s || 0, wait * (0.5 + Math.random() / 2));
    if (status === 401) { nextAt = Infinity; hide(WORDS.ended, "over"); say(null); return; }
    // The authority knows nothing of the person any more: what is shown is not true any more either.
    if (error.code === "not_listed") { hide(WORDS.unlisted, "over"); say(null); return; }
    if (!shown && document.body.className === "none") { hide(WORDS.none, "none"); }
    say(WORDS.failed);
  }

  function parsed(text) {
    try { return JSON.parse(text) || {}; } catch (wrong) { return {}; }
  }

  function ask(byHand) {
    var request;
    if (asking) { return; }
    asking = true;
    by("again").disabled = true;
    request = new XMLHttpRequest();
    request.open("POST", "next", true);
    request.timeout = ANSWER_MS;
    request.setRequestHeader("Authorization", "Bearer " + token);
    request.onloadend = function () {
      var answer = parsed(request.responseText || "");
      asking = false;
      by("again").disabled = false;
      if (request.status === 200 && answer.path && WORDS[answer.colour]) {
        show(answer);
        say(byHand ? WORDS.fresh : null);
      } else {
        failed(request.status, answer.error || {});
      }
      tick();
    };
    request.send();
  }

  function tick() {
    var seconds = Math.max(0, Math.floor(left())), time;
    if (shown && left() <= 0) { hide(WORDS.over, "over"); say(null); }
    if (shown) {
      time = Math.floor(now() + shown.midnight) % 86400;
      write("clock", two(Math.floor(time / 3600)) + ":" + two(Math.floor(time / 60) % 60) + ":" + two(time % 60));
      write("left", "剩余 " + two(Math.floor(seconds / 60)) + ":" + two(seconds % 60) + " left");
    } else {
      write("clock", "--:--:--");
      write("left", "");
    }
    if (now() >= nextAt) { ask(false); }
  }

  by("again").onclick = function () { ask(true); };
  // A page that slept in a pocket wakes up honest.
  document.addEventListener("visibilitychange", tick, false);
  // Another token in the address bar is another session.
  window.onhashchange = function () { window.location.reload(); };
  if (!token) { nextAt = Infinity; hide(WORDS.ended, "over"); }
  window.setInterval(tick, 250);
  tick();
}());
