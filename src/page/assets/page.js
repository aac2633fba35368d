// The page: gallery, lessons, editor and results. All that is computed comes from the simulator in a worker.
(() => {
  const byId = (id) => document.getElementById(id);
  const root = document.documentElement;
  const data = JSON.parse(byId("data").textContent);
  const embedded = new URLSearchParams(location.search).get("embed") === "1";
  root.classList.toggle("embed", embedded);
  const say = (words) => { byId("said").textContent = words; };
  const element = (tag, words, more = {}) => Object.assign(document.createElement(tag), {textContent: words ?? ""}, more);

  // Gives the browser a turn, in which it draws and takes input. Long work stops for one between its parts.
  const breath = () => new Promise((resolve) => setTimeout(resolve));

  // Workers: `main` answers at once; `far` does what takes long. A worker cannot be interrupted, only ended.
  const code = URL.createObjectURL(new Blob([byId("worker").textContent], {type: "text/javascript"}));
  let compiled = null;
  // The Job that "Your Job" begins with.
  const OWN = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: import}\nspec:\n  parallelism: 2\n  completions: 4\n  backoffLimit: 6\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n        - {name: main, image: \"busybox:1.36\"}\n---\napiVersion: jobsim/v1\nkind: Scenario\npods:\n  run: 1m\n  outcome: {fail: 30%}\n";
  const simulator = () => {
    const worker = new Worker(code), waiting = new Map();
    let next = 0, resolveReady, rejectReady;
    const ready = new Promise((resolve, reject) => { resolveReady = resolve; rejectReady = reject; });
    ready.catch(() => {});
    worker.onmessage = ({data: message}) => {
      if (message.broken) { rejectReady(new Error(message.broken)); return; }
      if (message.ready) { compiled = message.compiled; resolveReady(message.ready); return; }
      const done = waiting.get(message.id);
      waiting.delete(message.id);
      // The answer is parsed in this task and shown in the next one, so that the browser has a turn in between.
      if (done) { const answer = {...JSON.parse(message.answer), took: message.took}; setTimeout(() => done(answer)); }
    };
    worker.onerror = (event) => rejectReady(new Error(event.message || "its worker does not start"));
    // Code is compiled where it is first used: what a first run needs is ready before anybody asks for one.
    const warm = [{do: "check", text: OWN}, {do: "run", text: OWN}];
    worker.postMessage(compiled ? {compiled} : {simulator: byId("simulator").textContent, warm});
    return {
      ready,
      async ask(request) {
        await ready;
        return new Promise((resolve) => { next += 1; waiting.set(next, resolve); worker.postMessage({id: next, request}); });
      },
      end() { worker.terminate(); waiting.forEach((done) => done({cancelled: true})); waiting.clear(); },
    };
  };
  let main = simulator(), far = null;
  const begun = performance.now();
  main.ready.then((version) => {
    root.dataset.ready = Math.round(performance.now());
    root.dataset.loaded = Math.round(performance.now() - begun);
    byId("simulator").remove();
    if (version !== data.version) refuse(`The page is of version ${data.version}, and the simulator in it of ${version}: build it anew.`);
  }).catch((error) => refuse(`The simulator cannot start here: ${error.message}. It needs WebAssembly, workers and DecompressionStream.`));

  // The state that links hold.
  const fresh = () => ({text: "", replication: 0, at: null, actions: [], lesson: null});
  let state = fresh(), checked = null, shownRun = null, runs = 0;

  const lives = jobsimLives({moved: (t) => { state.at = t; keepLink(); fillPods(); }});
  const editor = jobsimEditor(() => { state.text = editor.get(); state.actions = []; state.at = null; later(); });

  const refuse = (words) => {
    const box = byId("refusal");
    box.hidden = !words;
    box.textContent = words ?? "";
    byId("result").classList.toggle("old", !!words);
  };
  const busy = (words) => { byId("busy").textContent = words; };

  // A while after the last key the text is checked, and then run.
  let timer = null, checks = 0;
  const later = () => { clearTimeout(timer); timer = setTimeout(() => check(byId("at-once").checked), 250); keepLink(); };
  const check = async (thenRun) => {
    clearTimeout(timer);
    const mine = checks += 1, text = editor.get();
    const answering = main.ask({do: "check", text});
    // The run is asked for before the check has answered: the worker simulates while the page marks problems.
    const isRun = thenRun && !(state.lesson && !revealed);
    const early = isRun ? main.ask({do: "run", text, replication: state.replication}) : null;
    const answer = await answering;
    if (mine !== checks || answer.cancelled) return;
    checked = answer;
    const findings = answer.error ? [{level: "error", message: answer.error}] : answer.findings;
    editor.mark(findings);
    await breath();
    const count = (level, one) => { const n = findings.filter((f) => f.level === level || level === "error" && f.level === "unreadable").length; return n ? `${n} ${one}${n > 1 ? "s" : ""}` : ""; };
    const parts = [count("error", "error"), count("warning", "warning"), count("hint", "hint")].filter(Boolean);
    byId("verdict").textContent = (answer.ok ? "The API server takes it" : "The API server, or the simulator, refuses it") + (parts.length ? `: ${parts.join(", ")}.` : ".") +
      (answer.notices?.length ? " " + answer.notices.join(" ") : "");
    byId("verdict").className = answer.ok ? "yes" : "no";
    root.dataset.errors = answer.errors ?? 1;
    knobs(answer.knobs ?? []);
    if (isRun && answer.ok) await run({early});
    else if (!answer.ok) byId("result").classList.add("old");
  };

  // Knobs edit the text, and follow it.
  const NAMES = {"pods.outcome.fail": "Pods that fail", "pods.run": "run time", "pods.start": "start-up", "pods.terminate": "time to stop", seed: "seed"};
  const CHOICES = {"spec.completionMode": ["NonIndexed", "Indexed"], "spec.podReplacementPolicy": ["TerminatingOrFailed", "Failed"], "spec.template.spec.restartPolicy": ["Never", "OnFailure"]};
  const knobs = (all) => {
    const box = byId("knobs");
    if (!box.children.length) {
      all.forEach((knob) => {
        const label = element("label", ""), choices = CHOICES[knob.path];
        label.append(element("span", NAMES[knob.path] ?? knob.path.split(".").pop()));
        const input = choices ? document.createElement("select") : document.createElement("input");
        if (choices) input.append(new Option(`(${knob.default || "unset"})`, ""), ...choices.map((choice) => new Option(choice, choice)));
        else Object.assign(input, {size: 9, autocomplete: "off", placeholder: knob.default || "unset"});
        input.id = "knob-" + knob.path;
        input.addEventListener("change", () => turn(knob.path, input.value));
        label.append(input);
        box.append(label);
      });
    }
    all.forEach((knob) => {
      const input = byId("knob-" + knob.path);
      if (!input || document.activeElement === input && input.tagName === "INPUT" && input.dataset.dirty) return;
      input.disabled = !knob.settable;
      input.value = knob.value == null || !knob.settable ? "" : String(knob.value);
      if (!knob.settable) input.placeholder = "see the text";
    });
  };
  const turn = async (path, value) => {
    const answer = await main.ask({do: "set", text: editor.get(), path, value});
    if (answer.error) { say(answer.error); byId("verdict").textContent = answer.error; byId("verdict").className = "no"; return; }
    editor.set(answer.text);
    state.text = answer.text;
    state.actions = [];
    state.at = null;
    await check(true);
    say(`${path} is ${value || "unset"}`);
  };

  // One run.
  const run = async ({at = null, early = null} = {}) => {
    if (!checked?.ok) return;
    const mine = runs += 1, text = editor.get(), {replication, actions} = state;
    const tell = setTimeout(() => { busy("running …"); byId("cancel").hidden = false; }, 300);
    const began = performance.now();
    const answers = [await (early ?? main.ask({do: "run", text, replication}))];
    if (actions.length && !answers[0].error) answers.push(await main.ask({do: "run", text, replication, actions: actions.map((action) => action.yaml)}));
    clearTimeout(tell);
    byId("cancel").hidden = true;
    if (mine !== runs) return;
    busy("");
    const [base, changed] = answers;
    if (base.cancelled) return refuse("The run was cancelled.");
    if (base.error) return refuse(base.error);
    refuse(changed?.error ? `What you did is refused: ${changed.error}` : null);
    root.dataset.took = Math.round(base.took);
    shownRun = base;
    byId("headline").textContent = headline(base.words);
    byId("words").textContent = base.words;
    byId("pictures").replaceChildren();
    await breath();
    if (mine !== runs) return;
    const other = changed && !changed.error ? changed : null;
    // The future with the user's actions is the main picture; the one without them stands below it.
    const shown = other ?? base;
    const points = [{name: other ? "with what you did" : "", timelines: [shown.timeline]}];
    const moment = at ?? state.at;
    // With more than a few Jobs the view of all Jobs comes first.
    const first = shown.timeline.jobs.length > 8 ? null : shown.timeline.jobs.find((job) => job.pods.length)?.name;
    lives.show(points, {at: moment, beside: other ? base.timeline : null, job: shown.timeline.jobs.some((job) => job.name === lives.job()?.name) ? lives.job().name : first});
    await breath();
    futures(base, other);
    fillPods();
    byId("what-nothing").hidden = byId("what-keep").hidden = !actions.length;
    if (byId("pictures-box").open) pictures();
    root.dataset.shown = String(runs);
    root.dataset.total = Math.round(performance.now() - began);
    keepLink();
  };
  // The first lines of the answer: what came out.
  const headline = (words) => {
    const lines = words.split("\n"), from = lines.findIndex((line) => line.startsWith("Result:"));
    if (from < 0) return lines[0];
    const to = lines.findIndex((line, n) => n > from && !line.startsWith("  "));
    return lines.slice(from, to < 0 ? undefined : to).join(" ").replace(/\s+/g, " ").replace(/^Result: /, "");
  };

  // What if.
  const fillPods = () => {
    const job = lives.job(), now = lives.at(), select = byId("what-pod"), before = select.value;
    const there = job && now != null ? job.pods.filter((pod) => !pod.isJob && pod.created <= now && (pod.finished ?? Infinity) > now && (pod.gone ?? Infinity) > now && (pod.deletion ?? Infinity) > now) : [];
    select.replaceChildren(...there.slice(0, 500).map((pod) => new Option(pod.name, JSON.stringify({index: pod.index ?? null, attempt: pod.attempt}))));
    if ([...select.options].some((option) => option.value === before)) select.value = before;
    for (const id of ["what-fail", "what-delete", "what-evict"]) byId(id).disabled = !there.length;
    byId("what-edit").disabled = now == null;
    byId("what-hint").hidden = now != null;
  };
  const act = async (what, words) => {
    const job = lives.job(), now = lives.at();
    if (!job || now == null) { say("First choose a moment."); return; }
    // A microsecond later, so that everything that is shown at this moment has happened before.
    const at = `${(now + 1e-6).toFixed(9)}s`;
    state.actions = [...state.actions, {yaml: JSON.stringify({at, ...what(job)}), words: `at +${(now - (job.created ?? 0)).toFixed(3)}s: ${words}`}];
    await run({at: now - (job.created ?? 0)});
    say(`What if: ${words}`);
    byId("futures").scrollIntoView({block: "nearest"});
  };
  const chosenPod = (job) => {
    const {index, attempt} = JSON.parse(byId("what-pod").value);
    return {job: job.name, attempt, ...(index == null ? {} : {index})};
  };
  const podName = () => byId("what-pod").selectedOptions[0]?.textContent;
  byId("what-fail").addEventListener("click", () => act((job) => ({nodeLost: chosenPod(job)}), `the node of ${podName()} is lost`));
  byId("what-delete").addEventListener("click", () => act((job) => ({deletePod: chosenPod(job)}), `${podName()} is deleted`));
  byId("what-evict").addEventListener("click", () => act((job) => ({evictPod: chosenPod(job)}), `${podName()} is evicted`));
  byId("what-edit").addEventListener("click", () => {
    const field = byId("what-field").value, text = byId("what-value").value.trim();
    const value = text === "null" || text === "" ? null : text === "true" ? true : text === "false" ? false : Number.isFinite(+text) ? +text : text;
    act((job) => ({patch: {job: job.name, patch: {spec: {[field]: value}}}}), `${field} becomes ${value}`);
  });
  byId("what-nothing").addEventListener("click", () => { state.actions = []; run(); });
  byId("what-keep").addEventListener("click", async () => {
    const at = state.at, answer = await main.ask({do: "keep", text: editor.get(), actions: state.actions.map((action) => action.yaml)});
    if (answer.error) { refuse(answer.error); say(answer.error); return; }
    editor.set(answer.text);
    Object.assign(state, {text: answer.text, actions: [], at});
    await check(true);
    say("What you did is in the text now, as actions.");
  });
  const seconds = (s) => {
    if (s == null) return "never";
    const h = Math.floor(s / 3600), m = Math.floor(s % 3600 / 60), rest = Math.round((s % 60) * 1000) / 1000;
    return [h ? h + "h" : "", m ? m + "m" : "", rest || s < 1 ? rest + "s" : ""].join("") || "0s";
  };
  const futures = (base, other) => {
    const box = byId("futures");
    if (!other) { box.replaceChildren(); return; }
    const table = document.createElement("table"), body = document.createElement("tbody"), head = document.createElement("thead");
    const row = (cells, tag = "td") => { const tr = document.createElement("tr"); cells.forEach((cell) => tr.append(element(tag, String(cell)))); return tr; };
    head.append(row(["", "as it is written", "with what you did"], "th"));
    const [a, b] = [base.record, other.record];
    const of = (record, name) => record[name] ?? record.all?.[name];
    const shown = [["end", (r) => `${of(r, "end") ?? ""} ${of(r, "reason") ?? ""}`], ["time to the end", (r) => seconds(of(r, "duration"))], ["Pods created", (r) => of(r, "podsCreated")],
      ["Pods failed", (r) => of(r, "podsFailed")], ["retries", (r) => of(r, "retries")], ["waited for back-offs", (r) => seconds(of(r, "backoffWait") ?? 0)], ["most above parallelism", (r) => of(r, "overshoot")?.most ?? 0]];
    shown.forEach(([name, get]) => body.append(row([name, get(a) ?? "", get(b) ?? ""])));
    table.append(head, body);
    const done = document.createElement("ul");
    state.actions.forEach((action) => done.append(element("li", action.words)));
    box.replaceChildren(element("h4", "Both futures"), done, table);
  };

  // Pictures.
  const drawn = async (box, pictures) => {
    box.replaceChildren();
    const turn = box.turn = {};
    for (const picture of pictures) {
      await breath();
      // Newer pictures may have taken over this box during the turn.
      if (box.turn !== turn) return;
      const figure = document.createElement("figure");
      const wide = element("div", "", {className: "wide"}), narrow = element("div", "", {className: "narrow"});
      // These are markup of the simulator's own making, in which every text is escaped.
      wide.innerHTML = picture.wide;
      await breath();
      narrow.innerHTML = picture.narrow;
      narrow.setAttribute("aria-hidden", "true");
      const save = element("button", "save SVG", {type: "button"});
      save.addEventListener("click", () => download(picture.name + ".svg", "image/svg+xml", picture.file));
      figure.append(wide, narrow, save);
      box.append(figure);
    }
  };
  const pictures = async () => {
    const answer = await main.ask({do: "pictures", text: editor.get(), replication: state.replication});
    if (answer.pictures) drawn(byId("pictures"), answer.pictures);
  };
  byId("pictures-box").addEventListener("toggle", () => { if (byId("pictures-box").open && !byId("pictures").children.length && shownRun) pictures(); });
  byId("run-many").addEventListener("click", async () => {
    far?.end();
    far = simulator();
    const replications = +byId("replications").value || 1;
    byId("many-busy").textContent = `${replications} replications …`;
    byId("cancel-many").hidden = false;
    const answer = await far.ask({do: "many", text: editor.get(), replications});
    byId("cancel-many").hidden = true;
    byId("many-busy").textContent = answer.cancelled ? "cancelled" : answer.error ? "" : `done in ${Math.round(answer.took)} ms`;
    if (answer.cancelled) return;
    root.dataset.many = Math.round(answer.took);
    byId("many-words").textContent = answer.error ?? answer.words;
    drawn(byId("many-pictures"), answer.pictures ?? []);
  });
  byId("cancel-many").addEventListener("click", () => { far?.end(); far = null; });
  byId("cancel").addEventListener("click", () => { main.end(); main = simulator(); busy(""); });

  // Copies.
  const download = (name, type, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type}));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const copy = async (words, what) => {
    root.dataset.copied = words;
    try { await navigator.clipboard.writeText(words); say(`${what} is copied`); byId("verdict").textContent = `${what} is copied.`; } catch {
      // Where the browser denies access to the clipboard, the reader copies from a field.
      const field = element("textarea", words, {readOnly: true, rows: 4, className: "copied"});
      field.setAttribute("aria-label", what);
      byId("copy-link").parentElement.after(field);
      field.focus(); field.select();
      field.addEventListener("blur", () => field.remove());
      say(`${what} is selected: copy it with Ctrl+C`);
    }
  };
  const link = async () => { const url = new URL(location.href); url.search = ""; url.hash = await jobsimLinks.write(stated()); return url.href; };
  byId("copy-link").addEventListener("click", async () => copy(await link(), "the link"));
  byId("copy-yaml").addEventListener("click", () => copy(editor.get(), "the YAML"));
  byId("copy-command").addEventListener("click", () => copy(command(), "the command"));
  const command = () => {
    const text = editor.get().replace(/\n?$/, "\n");
    let end = "YAML";
    while (text.split("\n").includes(end)) end += "_";
    return `jobsim run - ${state.replication ? `--replication ${state.replication} ` : ""}--timeline <<'${end}'\n${text}${end}\n`;
  };
  const picture = async () => {
    const answer = await main.ask({do: "pictures", text: editor.get(), replication: state.replication});
    const chosen = answer.pictures?.find((one) => one.name.startsWith("gantt")) ?? answer.pictures?.[0];
    if (!chosen) say(answer.error ?? "there is no picture");
    return chosen;
  };
  byId("save-svg").addEventListener("click", async () => {
    const one = await picture();
    if (one) { root.dataset.saved = one.name; download(one.name + ".svg", "image/svg+xml", one.file); }
  });
  byId("copy-svg").addEventListener("click", async () => { const one = await picture(); if (one) copy(one.file, "the picture"); });

  // Links.
  const stated = () => {
    const kept = {text: state.text};
    if (state.replication) kept.replication = state.replication;
    if (state.at != null) kept.at = Math.round(state.at * 1e6) / 1e6;
    if (state.actions.length) kept.actions = state.actions;
    if (state.lesson) kept.lesson = state.lesson;
    if (root.dataset.theme) kept.theme = root.dataset.theme;
    return kept;
  };
  let linkTimer = null, written = location.hash;
  const keepLink = () => {
    clearTimeout(linkTimer);
    linkTimer = setTimeout(async () => {
      if (byId("work").hidden) return;
      written = "#" + await jobsimLinks.write(stated());
      history.replaceState(null, "", location.pathname + location.search + written);
    }, 400);
  };
  const open = async (hash) => {
    let read;
    try { read = await jobsimLinks.read(hash); } catch (error) {
      show("work");
      refuse(`The link cannot be opened: ${error.message}.`);
      return true;
    }
    if (!read) return false;
    const number = (value, otherwise) => Number.isFinite(value) ? value : otherwise;
    const actions = Array.isArray(read.actions) ? read.actions.filter((action) => typeof action?.yaml === "string" && typeof action?.words === "string") : [];
    state = {...fresh(), text: typeof read.text === "string" ? read.text : "", replication: number(read.replication, 0), at: number(read.at, null), actions};
    if (read.theme === "light" || read.theme === "dark") { root.dataset.theme = read.theme; }
    const lesson = data.lessons.find((one) => one.name === read.lesson);
    if (lesson) return teach(lesson);
    work();
    return true;
  };
  addEventListener("hashchange", () => { if (location.hash !== written) { if (location.hash.length > 1) open(location.hash); else gallery(); } });

  // The three views: the gallery, a lesson, and the editor with its results.
  const show = (what) => {
    byId("start").hidden = what !== "start";
    byId("lesson").hidden = what !== "lesson";
    byId("work").hidden = what === "start";
    root.dataset.view = what;
    refuse(null);
    if (what === "start") thumbnails();
    else { painter?.end(); painter = null; }
  };
  const work = async () => {
    show("work");
    byId("result").hidden = false;
    byId("replication").value = state.replication;
    byId("knobs").replaceChildren();
    byId("many-words").textContent = "";
    byId("many-pictures").replaceChildren();
    editor.set(state.text);
    await check(true);
  };
  const gallery = () => { lives.stop(); state = fresh(); delete root.dataset.shown; show("start"); written = ""; history.replaceState(null, "", location.pathname + location.search); };
  const openText = (text) => { state = {...fresh(), text}; delete root.dataset.shown; return work(); };
  const card = (title, words, act, name) => {
    const button = element("button", "", {type: "button", className: "card"});
    button.append(element("strong", title), element("span", words));
    button.dataset.name = name;
    button.addEventListener("click", act);
    return button;
  };
  byId("lessons").append(...data.lessons.map((lesson, n) => card(`${n + 1}. ${lesson.title}`, lesson.question, () => { state = fresh(); teach(lesson); }, lesson.name)));
  byId("scenarios").append(...data.scenarios.map((scenario) => card(scenario.name, scenario.question ?? "", () => openText(scenario.text), scenario.name)));
  // Small pictures come one after the other, from a worker of their own, so that `main` is free when a card is clicked.
  let painter = null;
  const thumbnails = async () => {
    painter?.end();
    await main.ready;
    if (byId("start").hidden) return;
    const mine = painter = simulator();
    for (const button of byId("scenarios").children) {
      if (painter !== mine) return;
      if (button.querySelector(".small")) continue;
      const answer = await mine.ask({do: "thumbnail", text: data.scenarios.find((one) => one.name === button.dataset.name).text});
      if (answer.cancelled || !answer.svg) continue;
      const picture = element("div", "", {className: "small"});
      picture.setAttribute("aria-hidden", "true");
      picture.innerHTML = answer.svg;
      button.append(picture);
    }
    if (painter === mine) { mine.end(); painter = null; }
    root.dataset.thumbnails = "1";
  };
  byId("to-gallery").addEventListener("click", gallery);
  byId("home").addEventListener("click", (event) => { event.preventDefault(); gallery(); });
  byId("to-own").addEventListener("click", () => openText(OWN));

  // Lessons.
  let revealed = false;
  const teach = async (lesson) => {
    const own = state.text;
    revealed = false;
    delete root.dataset.shown;
    state.lesson = lesson.name;
    state.text = own || lesson.text.slice(lesson.text.indexOf("\n---\n") + 5);
    show("lesson");
    byId("lesson-title").textContent = lesson.title;
    byId("lesson-question").textContent = lesson.question;
    byId("lesson-answer").hidden = true;
    byId("reveal").disabled = true;
    byId("result").hidden = true;
    byId("guess-list").replaceChildren(...lesson.guesses.map((says, n) => {
      const label = document.createElement("label"), input = Object.assign(document.createElement("input"), {type: "radio", name: "guess", value: n});
      input.addEventListener("change", () => { byId("reveal").disabled = false; });
      label.append(input, " " + says);
      return label;
    }));
    const at = data.lessons.indexOf(lesson);
    byId("lesson-before").disabled = at === 0;
    byId("lesson-next").disabled = at + 1 === data.lessons.length;
    byId("lesson-title").focus();
    byId("knobs").replaceChildren();
    editor.set(state.text);
    await check(false);
    return true;
  };
  const besides = (by) => () => { const at = data.lessons.findIndex((one) => one.name === state.lesson); const next = data.lessons[at + by]; if (next) { state = fresh(); teach(next); } };
  byId("lesson-before").addEventListener("click", besides(-1));
  byId("lesson-next").addEventListener("click", besides(1));
  byId("guesses").addEventListener("submit", async (event) => {
    event.preventDefault();
    const lesson = data.lessons.find((one) => one.name === state.lesson), guess = +new FormData(event.target).get("guess");
    const answer = await main.ask({do: "lesson", text: lesson.text});
    const box = byId("lesson-answer");
    box.hidden = false;
    if (answer.error) { box.replaceChildren(element("p", answer.error)); return; }
    const right = guess === answer.right, taught = answer.lesson;
    const measured = answer.measured.map((goal) => `${goal.goal.replace(/\s*(==|>=|<=|<|>|!=).*$/, "")}: ${goal.unit === "seconds" ? seconds(goal.value) : goal.unit === "probability" ? Math.round(goal.value * 1000) / 10 + " %" : goal.value}`);
    const verdict = element("p", right ? "Right: " : "Not so: ", {className: right ? "yes verdict" : "no verdict"});
    verdict.append(element("strong", taught.guesses[answer.right].says));
    const source = element("p", `Source: ${taught.source}`, {className: "meta"});
    box.replaceChildren(verdict, element("p", `Measured: ${measured.join("; ")}`, {className: "meta"}), ...(taught.belief ? [element("p", `Often believed: ${taught.belief}`)] : []), element("p", taught.rule), source,
      ...(taught.try ? [element("p", `Try: ${taught.try}`)] : []));
    root.dataset.lesson = right ? "right" : "wrong";
    revealed = true;
    byId("result").hidden = false;
    await check(true);
  });

  // The bar above the results.
  // On a narrow screen the knobs stand between the text and the results, so they begin folded.
  if (matchMedia("(max-width:62rem)").matches) byId("knob-box").open = false;
  byId("run").addEventListener("click", () => check(true));
  byId("replication").addEventListener("change", () => { state.replication = Math.max(0, Math.floor(+byId("replication").value || 0)); state.at = null; state.actions = []; run(); });
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  byId("theme").addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; lives.draw(); keepLink(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !byId("work").hidden) { event.preventDefault(); check(true); } });

  open(location.hash).then((is) => { if (!is) { if (data.lesson) teach(data.lessons.find((one) => one.name === data.lesson)); else if (data.text != null) openText(data.text); else gallery(); } });
})();
