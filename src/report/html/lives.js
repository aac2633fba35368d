"use strict";
// The interactive timeline of Jobs and Pods, of reports and of the page that simulates: lanes to zoom and move, and a moment
// to scrub, step and play through. It is given timelines and asks for nothing else.
const jobsimLives = ({moved = () => {}} = {}) => {
  const byId = (id) => document.getElementById(id);
  const root = document.documentElement, canvas = byId("lives");
  const about = byId("about"), pick = byId("pick"), find = byId("find"), only = byId("only"), scrub = byId("scrub");
  const span = (s) => {
    if (s == null) return "never";
    const sign = s < 0 ? "-" : "";
    s = Math.abs(s);
    if (s < 60) return sign + (s < 10 ? Math.round(s * 1000) / 1000 : Math.round(s * 10) / 10) + "s";
    const r = Math.round(s), d = Math.floor(r / 86400), h = Math.floor(r % 86400 / 3600), m = Math.floor(r % 3600 / 60);
    const parts = [[d, "d"], [h, "h"], [m, "m"], [r % 60, "s"]];
    const first = parts.findIndex(([n]) => n > 0);
    return sign + parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, u]) => n + u).join("");
  };
  // A moment is told to the millisecond, however late it is.
  const moment = (s) => {
    const ms = Math.round(s * 1000), whole = Math.floor(ms / 1000);
    const text = whole < 60 ? "" : span(whole - whole % 60);
    const rest = Math.round(ms - (whole - whole % 60) * 1000) / 1000;
    return "+" + text + (rest || !text ? rest + "s" : "");
  };

  // All Jobs of a fleet look like one Job, with a row for each of them in the place of a Pod.
  const fleet = (timeline) => ({
    fleet: true, name: "all Jobs", end: `${timeline.fleet.length} Jobs` + (timeline.fleetLeftOut ? ` (${timeline.fleetLeftOut} more are left out)` : ""),
    created: 0, finished: null, changes: [], waits: [], events: [], troubles: [],
    pods: timeline.fleet.map((job) => ({...job, runs: [], isJob: true})),
  });
  // The steps of all Jobs, made when they are looked at: what is about the cluster is said once.
  const stepsOfAll = (timeline) => {
    const at = new Map();
    timeline.jobs.forEach((job) => (job.steps ?? []).forEach(([t, fails, says]) => {
      const step = at.get(t);
      if (!step) { at.set(t, [t, fails, [...says]]); return; }
      step[1] ||= fails;
      says.forEach((line) => { if (!step[2].some(([words]) => words === line[0])) step[2].push(line); });
    }));
    return [...at.values()].sort((a, b) => a[0] - b[0]);
  };
  // The stages of Jobs: words, colour, hatched.
  const STAGES = [["running", "--c2", false], ["starting", "--c4", false], ["waiting for room", "--c1", true], ["waiting for the throttle", "--c5", true],
    ["back-off", "--c3", true], ["suspended", "--grid", false], ["controller", "--c6", false]];

  let choices = [], job, rules = [], zero, end, until, rows, steps = [], now, view, top_, hovered, rowHeight, other = null, playing = null;

  const outcome = (pod) => pod.isJob ? ({Complete: "succeeded", Failed: "failed", Deleted: "stopped"}[pod.end] || "unfinished") : pod.phase === "Succeeded" && pod.finished != null ? "succeeded"
    : pod.deletion != null ? "stopped" : pod.phase === "Failed" ? "failed" : "unfinished";

  // The stages of a Pod: colour, hatched, from, to.
  const stages = (pod, end) => {
    if (pod.isJob) return pod.stages.map(([n, from, to]) => [STAGES[n][1], STAGES[n][2], from, to]);
    const over = pod.finished ?? pod.gone ?? end, list = [], stops = pod.deletion ?? Infinity;
    const push = (colour, hatched, from, to) => { if (to > from) list.push([colour, hatched, from, to]); };
    push("--c4", false, pod.created, pod.running ?? over);
    let before = null;
    for (const run of pod.runs) {
      if (before != null) push("--c6", false, before, run.from);
      const to = run.to ?? over;
      const stopped = to > stops || run.exitCode == null;
      push(stopped ? "--c1" : run.exitCode === 0 ? "--c2" : "--c3", !stopped && run.exitCode !== 0, run.from, Math.min(to, Math.max(stops, run.from)));
      before = to;
    }
    if (before != null) push("--c6", false, before, Math.min(over, stops));
    if (stops < over) push("--c5", true, Math.max(stops, pod.created), over);
    return list;
  };

  // A row for each index, or for each Pod without one.
  const rowsOf = (pods, end) => {
    const lives = pods.map((pod) => ({pod, stages: stages(pod, end)}));
    lives.sort((a, b) => (a.pod.index ?? 0) - (b.pod.index ?? 0) || a.pod.created - b.pod.created);
    const rows = [];
    for (const one of lives) {
      const last = rows[rows.length - 1];
      if (one.pod.index != null && last && last.index === one.pod.index) last.pods.push(one);
      else rows.push({index: one.pod.index, label: one.pod.index ?? one.pod.name, pods: [one]});
    }
    return rows;
  };

  const filter = () => {
    const words = find.value.trim(), want = only.value;
    const range = words.match(/^(\d+)(?:-(\d+))?$/);
    const fits = (pod) => {
      if (want && (want === "disrupted" ? !(pod.disrupted || pod.deletionCause === "disrupted") : outcome(pod) !== want)) return false;
      if (!words) return true;
      if (range && pod.index != null) return pod.index >= +range[1] && pod.index <= +(range[2] ?? range[1]);
      return pod.name.includes(words);
    };
    rows = rowsOf(job.pods.filter(fits), end);
    top_ = 0;
    draw();
  };

  const endOf = (job, timeline) => {
    const last = job.pods.slice(-2000).reduce((last, p) => Math.max(last, p.finished ?? 0), job.finished ?? 0);
    return Math.max(last, job.finished == null && !job.fleet ? timeline.end : 0) || timeline.end;
  };
  const choose = (at) => {
    stop();
    const {timeline} = choices[pick.value];
    job = choices[pick.value].job;
    rules = timeline.rules ?? [];
    zero = job.created ?? 0;
    end = endOf(job, timeline);
    if (other) end = Math.max(end, endOf(other.job, other.timeline));
    byId("of-pods").hidden = !!job.fleet;
    byId("of-jobs").hidden = !job.fleet;
    view = [zero, end + (end - zero) * 0.02];
    const count = job.completions != null && job.indexed ? job.completions : job.pods.length;
    canvas.style.height = Math.min(460, Math.max(120, count * 18 + 30)) + "px";
    if (job.fleet) timeline.allSteps ??= stepsOfAll(timeline);
    steps = (job.fleet ? timeline.allSteps : job.steps) ?? [];
    // Some things happen after the end that is shown, such as deletions.
    until = steps.length ? Math.max(end, steps[steps.length - 1][0]) : end;
    now = null;
    hovered = null;
    for (const id of ["moments", "scrub", "moment"]) if (byId(id)) byId(id).hidden = !steps.length;
    filter();
    about.textContent = `${choices[pick.value].name}: ${job.end}${job.reason ? ` (${job.reason})` : ""}` + (job.fleet
      ? ".\nPoint at a Job for its stages; click it for its Pods; step through what happened to all of them."
      : `${job.finished != null ? ` after ${span(job.finished - zero)}` : ""}; ${job.pods.length} Pods, ${steps.length} instants.\n` +
        "Point at a Pod for its life; step through what happened with . and , (or the buttons).");
    if (typeof at === "number" && steps.length) seek(at);
    else showMoment();
  };

  const BOTTOM = 22;
  let LEFT = 92;
  const width = () => canvas.clientWidth, height = () => canvas.clientHeight;
  const x = (t) => LEFT + (t - view[0]) / (view[1] - view[0]) * (width() - LEFT - 6);
  const timeAt = (px) => view[0] + (px - LEFT) / (width() - LEFT - 6) * (view[1] - view[0]);
  const shown = () => Math.max(1, Math.floor((height() - BOTTOM - 4) / rowHeight));

  // A name cut to a width: what is at its end tells it from others.
  const short = (g, name, room) => {
    if (g.measureText(name).width <= room) return name;
    let from = 1;
    while (from < name.length && g.measureText("…" + name.slice(from)).width > room) from += 1;
    return "…" + name.slice(from);
  };

  // Draws rows on a canvas; the main one may be scrolled, and its left margin fits the other's too.
  const paint = (canvas, rows, job, rowHeight, top) => {
    const css = getComputedStyle(root), colour = (name) => css.getPropertyValue(name).trim();
    const ratio = devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
    canvas.width = w * ratio; canvas.height = h * ratio;
    const g = canvas.getContext("2d");
    g.scale(ratio, ratio);
    g.font = "11px system-ui, sans-serif";
    const bottom = h - BOTTOM;
    // The back-off of the whole Job, as a shade.
    g.fillStyle = colour("--grid");
    for (const wait of job.waits) {
      if (wait.what === "backoff" && wait.index == null) {
        const from = Math.max(x(wait.from), LEFT), to = Math.min(x(Math.min(wait.to, end)), w);
        if (to > from) g.fillRect(from, 0, to - from, bottom);
      }
    }
    // Time.
    const nice = [0.001, 0.01, 0.1, 1, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 432000, 864000, 8640000];
    const ticks = Math.max(3, Math.min(9, (w - LEFT) / 60));
    const tick = nice.find((s) => s * ticks >= view[1] - view[0]) ?? (view[1] - view[0]) / 5;
    g.fillStyle = colour("--muted"); g.strokeStyle = colour("--grid"); g.textAlign = "center";
    for (let t = Math.ceil((view[0] - zero) / tick) * tick; t + zero <= view[1]; t += tick) {
      const px = x(t + zero);
      g.beginPath(); g.moveTo(px, 0); g.lineTo(px, bottom); g.stroke();
      const words = "+" + span(t), half = g.measureText(words).width / 2;
      g.fillText(words, Math.min(px, w - half - 2), h - 7);
    }
    // Rows.
    const every = Math.max(1, Math.ceil(13 / rowHeight));
    rows.slice(top, top + Math.max(1, Math.floor((h - BOTTOM - 4) / rowHeight))).forEach((row, n) => {
      const y = 4 + n * rowHeight, thick = Math.max(1.5, rowHeight * 0.76);
      if (n % every === 0) {
        g.fillStyle = colour("--muted"); g.textAlign = "right";
        g.fillText(short(g, String(row.label), LEFT - 10), LEFT - 6, y + Math.min(rowHeight, 12) / 2 + 4);
      }
      for (const one of row.pods) for (const [name, hatched, from, to] of one.stages) {
        const a = Math.max(x(from), LEFT), b = Math.min(x(to), w);
        if (b < LEFT || a > w) continue;
        g.fillStyle = colour(name);
        g.fillRect(a, y, Math.max(b - a, 1), thick);
        if (hatched && thick > 5) {
          g.save(); g.beginPath(); g.rect(a, y, Math.max(b - a, 1), thick); g.clip();
          g.strokeStyle = colour("--card"); g.lineWidth = 1.2; g.beginPath();
          for (let k = a - thick; k < b; k += 6) { g.moveTo(k, y + thick); g.lineTo(k + thick, y); }
          g.stroke(); g.restore();
        }
        if (one.pod === hovered) { g.strokeStyle = colour("--ink"); g.lineWidth = 1.5; g.strokeRect(a, y, Math.max(b - a, 1), thick); }
      }
    });
    if (!rows.length) { g.fillStyle = colour("--muted"); g.textAlign = "center"; g.fillText("no Pod fits the filter", w / 2, h / 2); }
    if (now != null) {
      const px = x(now);
      // What is to come is paler.
      if (px < w) { g.globalAlpha = 0.35; g.fillStyle = colour("--card"); g.fillRect(Math.max(px, LEFT), 0, w - Math.max(px, LEFT), bottom); g.globalAlpha = 1; }
      g.strokeStyle = colour("--ink"); g.lineWidth = 1.5;
      g.beginPath(); g.moveTo(px, 0); g.lineTo(px, bottom); g.stroke();
    }
  };
  const rowHeightOf = (rows, h) => Math.min(18, Math.max(3, (h - BOTTOM - 4) / Math.max(1, rows.length)));
  function draw() {
    if (!job) return;
    const w = width(), h = height(), g = canvas.getContext("2d");
    g.font = "11px system-ui, sans-serif";
    rowHeight = rowHeightOf(rows, h);
    top_ = Math.max(0, Math.min(top_, rows.length - shown()));
    // As wide as the names need, up to a third.
    LEFT = Math.ceil(Math.min(w * 0.32, Math.max(30, ...rows.slice(0, 400).map((row) => g.measureText(String(row.label)).width)) + 12));
    paint(canvas, rows, job, rowHeight, top_);
    if (other) {
      const below = byId("other");
      below.style.height = Math.min(300, Math.max(70, other.rows.length * 18 + 30)) + "px";
      paint(below, other.rows, other.job, rowHeightOf(other.rows, below.clientHeight), 0);
    }
    Object.assign(canvas.dataset, {from: view[0] - zero, to: view[1] - zero, rows: rows.length, top: top_, step: stepAt(now), steps: steps.length,
      pod: hovered ? hovered.name : "", now: now == null ? "" : now - zero});
  }

  const zoom = (factor, middle) => {
    const length = (view[1] - view[0]) * factor, whole = (end - zero) * 1.02;
    if (length < 0.01) return;
    if (length >= whole) view = [zero, zero + whole];
    else {
      const from = Math.max(zero, Math.min(middle - (middle - view[0]) * factor, zero + whole - length));
      view = [from, from + length];
    }
    draw();
  };
  const pan = (share) => {
    const length = view[1] - view[0], most = zero + (end - zero) * 1.02 - length;
    const from = Math.max(zero, Math.min(view[0] + length * share, Math.max(zero, most)));
    view = [from, from + length];
    draw();
  };
  const centre = () => now ?? (view[0] + view[1]) / 2;

  // The last step that has happened at a moment; -1 if none has.
  const stepAt = (t) => {
    if (t == null) return -1;
    let low = 0, high = steps.length;
    while (low < high) { const middle = (low + high) >> 1; if (steps[middle][0] <= t) low = middle + 1; else high = middle; }
    return low - 1;
  };
  // The last of entries in order of time that is not later than a moment.
  const lastAt = (entries, t) => {
    let low = 0, high = entries.length;
    while (low < high) { const middle = (low + high) >> 1; if (entries[middle].at <= t) low = middle + 1; else high = middle; }
    return low > 0 ? entries[low - 1] : null;
  };
  // What happened at a step, in words.
  const told = (n) => {
    const [at, , says] = steps[n], state = lastAt(job.changes, now), {timeline} = choices[pick.value];
    const numbers = state ? `active ${state.active}, ready ${state.ready}, terminating ${state.terminating}, succeeded ${state.succeeded}, failed ${state.failed}` : "";
    const since = now - at > 0.0005 ? ` (the last change, ${span(now - at)} ago)` : "";
    return `${n + 1} of ${steps.length}, ${moment(at - zero)}${since}   ${numbers}\n` + says.slice(0, 12).map(([words]) => words).join("\n") +
      (says.length > 12 ? `\n… and ${says.length - 12} more` : "") +
      (n + 1 === steps.length && timeline.stepsLeftOut ? `\n${timeline.stepsLeftOut} later changes are not gone through here.` : "");
  };
  let shownAt = 0;
  function seek(t) {
    now = Math.max(zero, Math.min(t, until));
    if (steps.length) now = Math.max(now, steps[0][0]);
    const length = view[1] - view[0];
    if (now < view[0] || now > view[1]) view = [Math.max(zero, now - length / 2), Math.max(zero, now - length / 2) + length];
    // While it plays, the lanes move with each picture of the screen, and the tables ten times a second.
    if (!playing || now >= until || performance.now() - shownAt > 100) {
      shownAt = performance.now();
      const n = stepAt(now);
      if (n >= 0) about.textContent = told(n);
      showMoment();
      moved(now - zero);
    }
    draw();
  }
  const go = (to) => { if (steps.length) seek(steps[Math.max(0, Math.min(to, steps.length - 1))][0]); };
  const nextFailure = () => {
    const n = stepAt(now), to = steps.findIndex((step, m) => m > n && step[1]);
    if (to >= 0) go(to);
    else about.textContent = "Nothing fails after this moment.\n" + about.textContent.replace(/^Nothing fails after this moment.\n/, "");
  };

  // Playing: so many seconds of virtual time in a second, or all in half a minute.
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  function stop() {
    if (playing == null) return;
    if (playing.frame) cancelAnimationFrame(playing.frame);
    if (playing.timer) clearInterval(playing.timer);
    playing = null;
    about.setAttribute("aria-live", "polite");
    byId("play").textContent = "▶ play";
    byId("play").setAttribute("aria-pressed", "false");
  }
  const play = () => {
    if (playing) return stop();
    if (!steps.length) return;
    if (now == null || now >= until) now = zero;
    playing = {};
    // Who listens is told when it stops.
    about.setAttribute("aria-live", "off");
    byId("play").textContent = "❚❚ pause";
    byId("play").setAttribute("aria-pressed", "true");
    const speed = () => byId("speed").value === "all" ? (until - zero) / 30 : +byId("speed").value;
    // Who asks for less motion sees one change after the other.
    if (still.matches) {
      playing.timer = setInterval(() => { if (stepAt(now) + 1 >= steps.length) stop(); else go(stepAt(now) + 1); }, 1200);
      return;
    }
    let before = performance.now();
    const frame = (at) => {
      if (!playing) return;
      seek(now + (at - before) / 1000 * speed());
      before = at;
      if (now >= until) return stop();
      playing.frame = requestAnimationFrame(frame);
    };
    playing.frame = requestAnimationFrame(frame);
  };

  // What is at the moment, in tables. Elements are made of text alone.
  const table = (heads, lines) => {
    const table = document.createElement("table");
    const row = (cells, tag) => { const tr = document.createElement("tr"); cells.forEach((cell) => { const td = document.createElement(tag); td.textContent = cell ?? ""; tr.append(td); }); return tr; };
    if (heads) { const head = document.createElement("thead"); head.append(row(heads, "th")); table.append(head); }
    const body = document.createElement("tbody");
    lines.forEach((cells) => body.append(row(cells, "td")));
    table.append(body);
    return table;
  };
  const text = (words, tag = "p") => { const element = document.createElement(tag); element.textContent = words; return element; };
  const fill = (id, ...children) => { const box = byId(id); if (box) box.replaceChildren(...children); };
  // An age as kubectl writes it.
  const age = (s) => {
    s = Math.floor(s + 1e-6);
    const m = Math.floor(s / 60), h = Math.floor(s / 3600), d = Math.floor(h / 24);
    const two = (a, ua, b, ub) => b ? a + ua + b + ub : a + ua;
    if (s < 120) return s + "s";
    if (m < 10) return two(m, "m", s % 60, "s");
    if (m < 180) return m + "m";
    if (h < 8) return two(h, "h", m % 60, "m");
    if (h < 48) return h + "h";
    if (h < 192) return two(d, "d", h % 24, "h");
    if (h < 24 * 365 * 2) return d + "d";
    if (h < 24 * 365 * 8) return two(Math.floor(d / 365), "y", d % 365, "d");
    return Math.floor(d / 365) + "y";
  };
  const MOST = 12;
  const status = (pod) => {
    if (pod.finished != null && pod.finished <= now) return pod.phase === "Succeeded" ? "Completed" : "Error";
    if (pod.deletion != null && pod.deletion <= now) return "Terminating";
    const run = pod.runs.filter((run) => run.from <= now).pop();
    if (run) return run.to == null || run.to > now ? "Running" : "CrashLoopBackOff";
    return pod.bound != null && pod.bound <= now ? "ContainerCreating" : "Pending";
  };
  // Of all Jobs: which stage each is in.
  const showJobs = () => {
    const stage = (one) => {
      const at = one.stages.find(([, from, to]) => from <= now && now < to);
      return at ? STAGES[at[0]][0] : one.end;
    };
    const there = job.pods.filter((one) => one.created <= now), counts = new Map();
    there.forEach((one) => counts.set(stage(one), (counts.get(stage(one)) || 0) + 1));
    const lines = there.slice(-MOST).reverse().map((one) => [one.name, stage(one), age(now - one.created)]);
    fill("now-pods", text([...counts].map(([name, n]) => `${n} ${name}`).join(", ") || "no Jobs"), ...(lines.length ? [table(["NAME", "STAGE", "AGE"], lines)] : []),
      ...(there.length > MOST ? [text(`… and ${there.length - MOST} earlier ones`)] : []));
  };
  const showPods = () => {
    const there = job.pods.filter((pod) => pod.created <= now && (pod.gone == null || pod.gone > now));
    const counts = new Map();
    there.forEach((pod) => { const s = status(pod); counts.set(s, (counts.get(s) || 0) + 1); });
    const order = ["Running", "Pending", "ContainerCreating", "Terminating", "CrashLoopBackOff", "Error", "Completed"];
    there.sort((a, b) => order.indexOf(status(a)) - order.indexOf(status(b)) || b.created - a.created);
    const ready = (pod) => pod.ready != null && pod.ready <= now && status(pod) === "Running" ? "1/1" : "0/1";
    const lines = there.slice(0, MOST).map((pod) => [pod.name, ready(pod), status(pod), Math.max(0, pod.runs.filter((run) => run.from <= now).length - 1), age(now - pod.created)]);
    fill("now-pods", text([...counts].map(([name, n]) => `${n} ${name}`).join(", ") || "no Pods"), ...(lines.length ? [table(["NAME", "READY", "STATUS", "RESTARTS", "AGE"], lines)] : []),
      ...(there.length > MOST ? [text(`… and ${there.length - MOST} more`)] : []));
  };
  const showController = (state) => {
    const at = job.moments && lastAt(job.moments, now), sees = at?.sees, n = (value) => value ?? 0;
    const lines = [["active", n(state?.active), sees?.active], ["ready", n(state?.ready), sees?.ready], ["terminating", n(state?.terminating), sees?.terminating],
      ["uncounted", n(state?.uncounted), ""], ["succeeded", n(state?.succeeded), ""], ["failed", n(state?.failed), ""]];
    if (sees) lines.push(["finished, to be accounted for", "", sees.unaccounted], ["expected creations", "", sees.expectedCreations], ["expected deletions", "", sees.expectedDeletions], ["failures in a row", "", at.backoff?.failures ?? 0]);
    fill("now-controller", table(sees ? ["", "status", "its cache"] : ["", "status"], sees ? lines : lines.map((line) => line.slice(0, 2))));
  };
  const showClock = () => {
    const waits = job.waits.filter((wait) => wait.from <= now && now < wait.to);
    const names = {restart: "the kubelet restarts containers", throttle: "requests get their tokens", room: "a Pod has room"};
    const lines = waits.slice(0, MOST).map((wait) => {
      const line = document.createElement("div"), bar = document.createElement("progress");
      line.className = "wait";
      bar.max = wait.to - wait.from; bar.value = now - wait.from;
      bar.setAttribute("aria-label", "how much of the wait is over");
      // Of what was saved only the result of the formula is known.
      const result = span(wait.backoff), formula = wait.what !== "backoff" ? "" : ` ${wait.failures} failure${wait.failures > 1 ? "s" : ""} in a row` +
        (wait.index != null ? ` of index ${wait.index}` : "") + `, the last at ${moment(wait.to - wait.backoff - zero)}: ` +
        (wait.formula && wait.formula !== result ? `${wait.formula} = ${result}` : result) + `, over at ${moment(wait.to - zero)}.`;
      line.append(text(`${span(wait.to - now)} until ${names[wait.what] ?? "the next Pod may be created"}.${formula}`), bar);
      return line;
    });
    const past = job.waits.filter((wait) => wait.what === "backoff" && wait.to <= now).length;
    fill("now-clock", ...(lines.length ? lines : [text("Nothing is waited for." + (past ? ` ${past} back-off${past > 1 ? "s are" : " is"} over.` : ""))]));
  };
  const showKubectl = () => {
    const conditions = job.changes.filter((change) => change.at <= now).flatMap((change) => (change.conditions || []).map((name) => [...name.split("/"), age(now - change.at)]));
    fill("now-conditions", ...(conditions.length ? [table(["TYPE", "REASON", "AGE"], conditions.slice(-MOST).map(([type, reason, age]) => [type, age == null ? "" : reason, age ?? reason]))] : [text("none is True")]));
    const events = new Map();
    for (const event of job.events) {
      if (event.at > now) continue;
      const key = event.reason + "\0" + event.message, seen = events.get(key);
      if (seen) { seen.count += 1; seen.last = event.at; } else events.set(key, {...event, count: 1, first: event.at, last: event.at});
    }
    const lines = [...events.values()].slice(-MOST).map((event) => [event.type, event.reason,
      event.count > 1 ? `${age(now - event.last)} (x${event.count} over ${age(now - event.first)})` : age(now - event.at), event.message]);
    fill("now-events", ...(lines.length ? [table(["TYPE", "REASON", "AGE", "MESSAGE"], lines)] : [text("none")]));
  };
  const showWhy = () => {
    const n = stepAt(now), seen = new Set(), lines = [];
    byId("now-why").parentElement.hidden = !rules.length;
    for (const [words, rule] of n >= 0 ? steps[n][2] : []) {
      if (rule < 0 || seen.has(rule) || !rules[rule]) continue;
      seen.add(rule);
      const line = document.createElement("div"), source = text(rules[rule][1], "p");
      source.className = "meta";
      line.append(text(words, "h4"), text(rules[rule][0].charAt(0).toUpperCase() + rules[rule][0].slice(1) + "."), source);
      lines.push(line);
    }
    fill("now-why", ...(lines.length ? lines.slice(0, 5) : [text("This follows from the step before, or comes from outside.")]));
  };
  function showMoment() {
    if (scrub) {
      const share = now == null || until <= zero ? 0 : (now - zero) / (until - zero);
      scrub.value = share * 1000;
      scrub.setAttribute("aria-valuetext", now == null ? "before the first change" : `${moment(now - zero)} of ${span(until - zero)}`);
    }
    const box = byId("moment");
    if (!box) return;
    box.hidden = now == null;
    if (now == null) return;
    byId("when").textContent = moment(now - zero);
    const ofJob = !job.fleet;
    for (const id of ["now-controller", "now-clock", "now-conditions", "now-events"]) byId(id).parentElement.hidden = !ofJob;
    byId("now-pods").previousElementSibling.textContent = ofJob ? "Pods" : "Jobs";
    if (!ofJob) { showJobs(); showWhy(); return; }
    showPods();
    showController(lastAt(job.changes, now));
    showClock();
    showKubectl();
    showWhy();
  }

  const life = (pod) => {
    const at = (t) => t == null ? null : "+" + span(t - zero);
    if (pod.isJob) {
      const sums = STAGES.map(([words], n) => [words, pod.stages.reduce((sum, [m, from, to]) => sum + (m === n ? to - from : 0), 0)]);
      return `${pod.name}: ${pod.end}${pod.reason ? ` (${pod.reason})` : ""}, created at ${at(pod.created)}` +
        `${pod.finished != null ? `, over after ${span(pod.finished - pod.created)}` : ""}\n` +
        sums.filter(([, sum]) => sum > 0).map(([words, sum]) => `${words} ${span(sum)}`).join("  ·  ");
    }
    const lines = [`${pod.name}${pod.index != null ? `, index ${pod.index}, attempt ${pod.attempt}` : ""}: ${outcome(pod)}` + (pod.disrupted ? " (disrupted)" : "")];
    const events = [["created", pod.created], ["bound", pod.bound], ["running", pod.running], ["ready", pod.ready],
      [`deletion asked for${pod.deletionCause ? ` (${pod.deletionCause})` : ""}`, pod.deletion], [pod.phase, pod.finished], ["counted by the controller", pod.tracked], ["gone", pod.gone]];
    lines.push(events.filter(([, t]) => t != null).map(([what, t]) => `${at(t)} ${what}`).join("  ·  "));
    pod.runs.slice(0, 6).forEach((run, n) => lines.push(`run ${n + 1}: ${at(run.from)} to ${at(run.to) ?? "…"}${run.exitCode != null ? `, exit code ${run.exitCode}` : ""}`));
    const over = pod.finished ?? pod.gone;
    const wait = over != null && job.waits.find((w) => w.what === "backoff" && (w.index == null || w.index === pod.index) && w.from >= over && w.from <= over + 3);
    if (wait) lines.push(`then the controller waits until +${span(wait.to - zero)}: back-off ${span(wait.backoff)} after ${wait.failures} in a row`);
    return lines.join("\n");
  };
  const podAt = (px, py) => {
    const row = rows[top_ + Math.floor((py - 4) / rowHeight)], t = timeAt(px), slack = 3 * (view[1] - view[0]) / width();
    if (!row || px < LEFT) return null;
    const hit = row.pods.filter((one) => one.stages.some(([, , from, to]) => from - slack <= t && t <= to + slack)).pop();
    return hit ? hit.pod : null;
  };
  const hover = (pod) => {
    if (pod === hovered) return;
    hovered = pod;
    if (pod) about.textContent = life(pod);
    draw();
  };

  let dragged = null;
  const place = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  canvas.addEventListener("pointerdown", (event) => { dragged = {x: place(event)[0], from: view[0], moves: false}; canvas.focus({preventScroll: true}); });
  addEventListener("pointerup", () => { dragged = null; });
  addEventListener("pointercancel", () => { dragged = null; });
  canvas.addEventListener("click", (event) => {
    if (!job) return;
    const at = job.fleet && podAt(...place(event));
    const to = at ? choices.findIndex((c) => !c.job.fleet && c.timeline === choices[pick.value].timeline && c.job.name === at.name) : -1;
    if (to >= 0) { pick.value = to; choose(); }
  });
  // A double click goes to that moment.
  canvas.addEventListener("dblclick", (event) => { if (job && steps.length) seek(timeAt(place(event)[0])); });
  canvas.addEventListener("pointermove", (event) => {
    if (!job) return;
    const [px, py] = place(event);
    if (!dragged) return hover(podAt(px, py));
    const length = view[1] - view[0];
    pan((dragged.from - (px - dragged.x) / (width() - LEFT) * length - view[0]) / length);
  });
  // The wheel alone scrolls the page.
  canvas.addEventListener("wheel", (event) => {
    if (!job || !event.shiftKey && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    if (event.shiftKey) { top_ += Math.sign(event.deltaY || event.deltaX) * Math.ceil(shown() / 6); return draw(); }
    zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(place(event)[0]));
  }, {passive: false});
  // Up and down go from Pod to Pod, so that a life can be read without a mouse.
  const walk = (by) => {
    const all = rows.flatMap((row) => row.pods.map((one) => one.pod));
    if (!all.length) return;
    const at = all.indexOf(hovered), next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(at + by, all.length - 1));
    const row = rows.findIndex((r) => r.pods.some((one) => one.pod === all[next]));
    if (row < top_) top_ = row;
    if (row >= top_ + shown()) top_ = row - shown() + 1;
    hover(all[next]);
  };
  const by = (n) => { stop(); go(now == null ? 0 : stepAt(now) + n); };
  const keys = {
    "+": () => zoom(0.8, centre()), "=": () => zoom(0.8, centre()), "-": () => zoom(1.25, centre()), "0": () => zoom(1e9, centre()),
    ArrowLeft: () => pan(-0.1), ArrowRight: () => pan(0.1), ArrowDown: () => walk(1), ArrowUp: () => walk(-1),
    PageDown: () => { top_ += shown(); draw(); }, PageUp: () => { top_ -= shown(); draw(); },
    ".": () => by(1), ",": () => by(now != null && stepAt(now) >= 0 && now - steps[stepAt(now)][0] > 0.0005 ? 0 : -1),
    f: () => { stop(); nextFailure(); }, " ": play, Home: () => { stop(); go(0); }, End: () => { stop(); go(steps.length - 1); },
  };
  canvas.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!job || !act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  const press = {in: "+", out: "-", all: "0", back: ",", next: ".", failure: "f", play: " ", first: "Home", last: "End"};
  for (const [id, key] of Object.entries(press)) byId(id)?.addEventListener("click", () => { if (job) keys[key](); });
  scrub?.addEventListener("input", () => { stop(); seek(zero + scrub.value / 1000 * (until - zero)); });
  pick.addEventListener("change", () => choose());
  find.addEventListener("input", filter);
  only.addEventListener("change", filter);
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  return {
    draw,
    age,
    stop,
    // The moment, in seconds after the creation of the Job that is shown; null before the first step.
    now: () => now == null ? null : now - zero,
    at: () => now,
    job: () => job,
    // Shows timelines: [{name, timelines}]. `at` is a moment after the creation of the Job; `beside` another future.
    show(points, {at = null, beside = null, job: wanted = null} = {}) {
      choices = [];
      points.forEach((point) => point.timelines.forEach((timeline) => {
        const why = (timeline.chosenAs || []).filter((why) => why !== "asked");
        const which = `replication ${timeline.replication}` + (why.length ? ` (${why.join(", ")})` : "");
        const add = (of, more) => choices.push({name: [point.name, of, which].filter(Boolean).join(", "), timeline, ...more});
        if (timeline.fleet?.length) add("all Jobs", {job: fleet(timeline)});
        const several = timeline.fleet || timeline.jobs.filter((job) => job.pods.length).length > 1;
        timeline.jobs.forEach((job) => { if (job.pods.length || job.steps?.length) add(several ? job.name : "", {job}); });
      }));
      pick.replaceChildren(...choices.map((choice, n) => new Option(choice.name, n)));
      if (!choices.length) { job = null; return false; }
      const by = (of) => choices.findIndex(of);
      const median = by((c) => (c.timeline.chosenAs || []).includes("median")), named = wanted == null ? -1 : by((c) => c.job.name === wanted);
      pick.value = Math.max(0, named >= 0 ? named : median);
      other = null;
      if (beside) {
        const like = beside.jobs.find((job) => job.name === choices[pick.value].job.name) ?? beside.jobs[0];
        if (like) other = {job: like, timeline: beside, rows: rowsOf(like.pods, endOf(like, beside))};
      }
      if (byId("beside")) byId("beside").hidden = !other;
      choose(at == null ? undefined : (choices[pick.value].job.created ?? 0) + at);
      return true;
    },
  };
};
