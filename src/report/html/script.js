"use strict";
// The interactive timeline. It reads the data that stand in this page and asks for nothing else.
(() => {
  const byId = (id) => document.getElementById(id);
  const root = document.documentElement;
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const data = JSON.parse(byId("data").textContent);

  // Files from the data, without a server.
  document.querySelectorAll("button[data-save]").forEach((button) => button.addEventListener("click", () => {
    const [what, n] = button.dataset.save.split(":");
    const text = what === "csv" ? data.points[n].csv : JSON.stringify(data, null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type: what === "csv" ? "text/csv" : "application/json"}));
    link.download = what === "csv" ? "records.csv" : "report.json";
    link.click();
    URL.revokeObjectURL(link.href);
  }));

  const canvas = byId("lives");
  byId("theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    if (canvas) draw();
  });
  if (!canvas) return;

  const about = byId("about"), pick = byId("pick"), find = byId("find"), only = byId("only");
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

  // All Jobs of a fleet look like one Job, with a row for each of them in the place of a Pod.
  const fleet = (timeline) => ({
    fleet: true, name: "all Jobs", end: `${timeline.fleet.length} Jobs` + (timeline.fleetLeftOut ? ` (${timeline.fleetLeftOut} more are left out)` : ""),
    created: 0, finished: null, changes: [], waits: [], events: [], troubles: [],
    pods: timeline.fleet.map((job) => ({...job, runs: [], isJob: true})),
  });
  // The stages of Jobs: words, colour, hatched.
  const STAGES = [["running", "--c2", false], ["starting", "--c4", false], ["waiting for room", "--c1", true], ["waiting for the throttle", "--c5", true],
    ["back-off", "--c3", true], ["suspended", "--grid", false], ["controller", "--c6", false]];

  // Every Job that can be chosen.
  const choices = [];
  data.points.forEach((point) => point.timelines.forEach((timeline) => {
    const which = `replication ${timeline.replication}` + (timeline.chosenAs.length ? ` (${timeline.chosenAs.join(", ")})` : "");
    const add = (of, more) => choices.push({name: [point.name, of, which].filter(Boolean).join(", "), timeline, ...more});
    if (timeline.fleet) add("all Jobs", {job: fleet(timeline)});
    timeline.jobs.forEach((job) => { if (job.pods.length) add(timeline.fleet ? job.name : "", {job}); });
  }));
  choices.forEach((choice, n) => pick.add(new Option(choice.name, n)));

  let job, zero, end, rows, steps, step, view, top_, hovered, rowHeight;

  const outcome = (pod) => pod.isJob ? ({Complete: "succeeded", Failed: "failed", Deleted: "stopped"}[pod.end] || "unfinished") : pod.phase === "Succeeded" && pod.finished != null ? "succeeded"
    : pod.deletion != null ? "stopped" : pod.phase === "Failed" ? "failed" : "unfinished";

  // The stages of a Pod: colour, hatched, from, to.
  const stages = (pod) => {
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

  // What happened, instant by instant: changes of the Job, waits, Events, troubles.
  const collect = () => {
    const at = new Map();
    const say = (t, text) => { const key = Math.round(t * 1e6) / 1e6; if (!at.has(key)) at.set(key, []); at.get(key).push(text); };
    let last = {};
    for (const c of job.changes) {
      const parts = [];
      for (const field of ["parallelism", "active", "ready", "terminating", "succeeded", "failed", "suspend", "completedIndexes", "failedIndexes"]) {
        if (c[field] !== last[field] && !(last[field] === undefined && !c[field])) parts.push(`${field} ${c[field] ?? (field === "suspend" ? "false" : "none")}`);
      }
      (c.conditions || []).forEach((name) => parts.push(`condition ${name}`));
      if (parts.length) say(c.at, "Job: " + parts.join(", "));
      last = c;
    }
    for (const w of job.waits) {
      if (w.what === "backoff") {
        const whose = w.index == null ? "the Job waits" : `index ${w.index} waits`;
        say(w.from, `Controller: ${whose} ${span(w.to - w.from)} until +${span(w.to - zero)} (back-off ${span(w.backoff)} after ${w.failures} in a row)`);
      } else if (w.to - w.from >= 1) {
        say(w.from, `Controller: waits ${span(w.to - w.from)} for ${w.what === "throttle" ? "the client's token bucket" : "a free slot"}`);
      }
    }
    for (const e of job.events) say(e.at, `Event ${e.reason}: ${e.message}`);
    for (const t of job.troubles) say(t.at, `Trouble: ${t.what}${t.message ? " " + t.message : ""}`);
    for (const [t, up] of choices[pick.value].timeline.controllers) say(t, up ? "New controllers start" : "The controllers die, with all that they knew");
    return [...at].sort((a, b) => a[0] - b[0]).map(([t, texts]) => ({t, texts}));
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
    const pods = job.pods.filter(fits).map((pod) => ({pod, stages: stages(pod)}));
    pods.sort((a, b) => (a.pod.index ?? 0) - (b.pod.index ?? 0) || a.pod.created - b.pod.created);
    // A row for each index, or for each Pod without one.
    rows = [];
    for (const one of pods) {
      const last = rows[rows.length - 1];
      if (one.pod.index != null && last && last.index === one.pod.index) last.pods.push(one);
      else rows.push({index: one.pod.index, label: one.pod.index ?? one.pod.name, pods: [one]});
    }
    top_ = 0;
    draw();
  };

  const choose = () => {
    const {timeline} = choices[pick.value];
    job = choices[pick.value].job;
    zero = job.created ?? 0;
    end = Math.max(job.finished ?? 0, ...job.pods.slice(-2000).map((p) => p.finished ?? 0), job.finished == null && !job.fleet ? timeline.end : 0) || timeline.end;
    byId("of-pods").hidden = !!job.fleet;
    byId("of-jobs").hidden = !job.fleet;
    view = [zero, end + (end - zero) * 0.02];
    const count = job.completions != null && job.indexed ? job.completions : job.pods.length;
    canvas.style.height = Math.min(460, Math.max(120, count * 18 + 30)) + "px";
    steps = collect();
    step = -1;
    hovered = null;
    filter();
    about.textContent = `${choices[pick.value].name}: ${job.end}${job.reason ? ` (${job.reason})` : ""}` + (job.fleet
      ? ".\nPoint at a Job for its stages; click it for its Pods."
      : `${job.finished != null ? ` after ${span(job.finished - zero)}` : ""}; ${job.pods.length} Pods, ${steps.length} instants.\n` +
        "Point at a Pod for its life; step through what the controller did with . and , (or the buttons).");
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

  function draw() {
    const css = getComputedStyle(root), colour = (name) => css.getPropertyValue(name).trim();
    const ratio = devicePixelRatio || 1, w = width(), h = height();
    canvas.width = w * ratio; canvas.height = h * ratio;
    const g = canvas.getContext("2d");
    g.scale(ratio, ratio);
    g.font = "11px system-ui, sans-serif";
    rowHeight = Math.min(18, Math.max(3, (h - BOTTOM - 4) / Math.max(1, rows.length)));
    top_ = Math.max(0, Math.min(top_, rows.length - shown()));
    // As wide as the names need, up to a third.
    LEFT = Math.ceil(Math.min(w * 0.32, Math.max(30, ...rows.slice(0, 400).map((row) => g.measureText(String(row.label)).width)) + 12));
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
    const nice = [0.001, 0.01, 0.1, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200, 86400, 432000, 864000, 8640000];
    const tick = nice.find((s) => s * 9 >= view[1] - view[0]) ?? (view[1] - view[0]) / 5;
    g.fillStyle = colour("--muted"); g.strokeStyle = colour("--grid"); g.textAlign = "center";
    for (let t = Math.ceil((view[0] - zero) / tick) * tick; t + zero <= view[1]; t += tick) {
      const px = x(t + zero);
      g.beginPath(); g.moveTo(px, 0); g.lineTo(px, bottom); g.stroke();
      const words = "+" + span(t), half = g.measureText(words).width / 2;
      g.fillText(words, Math.min(px, w - half - 2), h - 7);
    }
    // Rows.
    const every = Math.max(1, Math.ceil(13 / rowHeight));
    rows.slice(top_, top_ + shown()).forEach((row, n) => {
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
    if (step >= 0) {
      const px = x(steps[step].t);
      g.strokeStyle = colour("--ink"); g.lineWidth = 1.5;
      g.beginPath(); g.moveTo(px, 0); g.lineTo(px, bottom); g.stroke();
    }
    Object.assign(canvas.dataset, {from: view[0] - zero, to: view[1] - zero, rows: rows.length, top: top_, step, steps: steps.length, pod: hovered ? hovered.name : ""});
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
  const centre = () => step >= 0 ? steps[step].t : (view[0] + view[1]) / 2;
  const go = (to) => {
    if (!steps.length) return;
    step = Math.max(0, Math.min(to, steps.length - 1));
    const {t, texts} = steps[step], length = view[1] - view[0];
    if (t < view[0] || t > view[1]) view = [Math.max(zero, t - length / 2), Math.max(zero, t - length / 2) + length];
    const now = job.changes.filter((c) => c.at <= t).pop();
    const state = now ? `active ${now.active}, ready ${now.ready}, terminating ${now.terminating}, succeeded ${now.succeeded}, failed ${now.failed}` : "";
    about.textContent = `${step + 1} of ${steps.length}, +${span(t - zero)}   ${state}\n` + texts.slice(0, 12).join("\n") +
      (texts.length > 12 ? `\n… and ${texts.length - 12} more` : "");
    draw();
  };
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
  canvas.addEventListener("pointerdown", (event) => { dragged = {x: place(event)[0], from: view[0]}; canvas.focus({preventScroll: true}); });
  addEventListener("pointerup", () => { dragged = null; });
  addEventListener("pointercancel", () => { dragged = null; });
  canvas.addEventListener("click", (event) => {
    const at = job.fleet && podAt(...place(event));
    const to = at ? choices.findIndex((c) => !c.job.fleet && c.timeline === choices[pick.value].timeline && c.job.name === at.name) : -1;
    if (to >= 0) { pick.value = to; choose(); }
  });
  canvas.addEventListener("pointermove", (event) => {
    const [px, py] = place(event);
    if (!dragged) return hover(podAt(px, py));
    const length = view[1] - view[0];
    pan((dragged.from - (px - dragged.x) / (width() - LEFT) * length - view[0]) / length);
  });
  // The wheel alone scrolls the page.
  canvas.addEventListener("wheel", (event) => {
    if (!event.shiftKey && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    if (event.shiftKey) { top_ += Math.sign(event.deltaY || event.deltaX) * Math.ceil(shown() / 6); return draw(); }
    zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(place(event)[0]));
  }, {passive: false});
  // Up and down go from Pod to Pod, so that a life can be read without a mouse.
  const walk = (by) => {
    const all = rows.flatMap((row) => row.pods.map((one) => one.pod));
    if (!all.length) return;
    const now = all.indexOf(hovered), next = now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(now + by, all.length - 1));
    const row = rows.findIndex((r) => r.pods.some((one) => one.pod === all[next]));
    if (row < top_) top_ = row;
    if (row >= top_ + shown()) top_ = row - shown() + 1;
    hover(all[next]);
  };
  const keys = {
    "+": () => zoom(0.8, centre()), "=": () => zoom(0.8, centre()), "-": () => zoom(1.25, centre()), "0": () => zoom(1e9, centre()),
    ArrowLeft: () => pan(-0.1), ArrowRight: () => pan(0.1), ArrowDown: () => walk(1), ArrowUp: () => walk(-1),
    PageDown: () => { top_ += shown(); draw(); }, PageUp: () => { top_ -= shown(); draw(); },
    ".": () => go(step + 1), ",": () => go(step < 0 ? 0 : step - 1), Home: () => go(0), End: () => go(steps.length - 1),
  };
  canvas.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  const press = {in: "+", out: "-", all: "0", back: ",", next: "."};
  for (const [id, key] of Object.entries(press)) byId(id).addEventListener("click", () => keys[key]());
  pick.addEventListener("change", choose);
  find.addEventListener("input", filter);
  only.addEventListener("change", filter);
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  if (choices.length) {
    pick.value = Math.max(0, choices.findIndex((choice) => choice.timeline.chosenAs.includes("median")));
    choose();
  }
})();
