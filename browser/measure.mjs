// Measures the page in a headless Chromium, from a file and without a network: how long it takes to load, to run, to run
// 1,000 replications of a 100-Pod Job, and the longest task on the page's own thread. It asserts nothing.
//
// Usage: node browser/measure.mjs PAGE [SCREENSHOTS]. It needs chromedriver; with a folder for SCREENSHOTS it takes some.
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { openChromium } from "./chromium.mjs";

const [page, folder] = process.argv.slice(2);
const { post, run, result, wait, close } = await openChromium(["--window-size=1600,1000"]);
const TIMES = 20;
const url = `file://${resolve(page)}`;
const watch = "window.tasks = []; new PerformanceObserver((list) => list.getEntries().forEach((e) => window.tasks.push(Math.round(e.duration)))).observe({type: 'longtask', buffered: true});";
const card = async (name) => {
  await run("document.getElementById('to-gallery').click()");
  await run(`document.querySelector("#scenarios [data-name='${name}']").click()`);
  await wait("document.documentElement.dataset.shown");
};
const HUNDRED = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: hundred}\nspec:\n  completions: 100\n  parallelism: 100\n  backoffLimit: 100\n  template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}\n---\napiVersion: jobsim/v1\nkind: Scenario\npods: {run: 'weibull(shape=1.4, scale=3m)', outcome: {fail: 5%}}\n";
try {
  await post("/url", { url });
  await wait("document.documentElement.dataset.ready");
  await run(watch);
  console.log(`page: ${(statSync(page).size / 1e6).toFixed(2)} MB`);
  console.log(`load: ready ${await run("return document.documentElement.dataset.ready")} ms after navigation began`);
  // From the click on a card to the frame that shows its run, of pages that were just opened and of one that has run before.
  const click = (name) => result(`const root = document.documentElement;
    document.getElementById("to-gallery").click();
    const began = performance.now();
    document.querySelector("#scenarios [data-name='${name}']").click();
    new MutationObserver((_, observer) => {
      if (!root.dataset.shown) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => done({ms: performance.now() - began, took: +root.dataset.took})));
    }).observe(root, { attributes: true, attributeFilter: ["data-shown"] });`);
  // Processor time of the page's own thread, which no other load of the machine lengthens.
  const cdp = (cmd, params = {}) => post("/goog/cdp/execute", { cmd, params });
  const spent = async () => (await cdp("Performance.getMetrics")).metrics.find((one) => one.name === "TaskDuration").value * 1000;
  const onThread = async (act) => { const before = await spent(); await act(); return await spent() - before; };
  const of = (all) => `median ${all.sort((a, b) => a - b)[all.length >> 1].toFixed(0)} ms, at most ${all.at(-1).toFixed(0)} ms`;
  const [first, later, inWorker, firstThread, laterThread] = [[], [], [], [], []];
  for (let n = 0; n < TIMES; n += 1) {
    await post("/url", { url: "about:blank" });
    await post("/url", { url });
    await wait("document.documentElement.dataset.ready");
    await cdp("Performance.enable", { timeDomain: "threadTicks" });
    firstThread.push(await onThread(async () => first.push((await click("backoff")).ms)));
  }
  for (let n = 0; n < TIMES; n += 1) {
    laterThread.push(await onThread(async () => {
      const { ms, took } = await click("backoff");
      later.push(ms);
      inWorker.push(took);
    }));
  }
  console.log(`first run of backoff in a page just opened, from the click to the picture, ${TIMES} times: ${of(first)}`);
  console.log(`later runs of backoff, from the click to the picture, ${TIMES} times: ${of(later)}; in the worker: ${of(inWorker)}`);
  console.log(`processor time of the page's thread for it: the first run ${of(firstThread)}; later ${of(laterThread)}`);
  await run(watch);
  for (const name of ["campaign", "shared-throttle"]) {
    const { ms, took } = await click(name);
    console.log(`run of ${name}: ${took.toFixed(0)} ms in the worker, ${ms.toFixed(0)} ms until it is shown`);
  }
  await run(`const t = document.getElementById('text'); t.value = ${JSON.stringify(HUNDRED)}; t.dispatchEvent(new Event('input'))`);
  await wait("document.getElementById('headline').textContent.includes('hundred')");
  await run("document.getElementById('run-many').click()");
  console.log(`1,000 replications of a 100-Pod Job: ${await wait("document.documentElement.dataset.many")} ms in a worker`);
  await wait("document.querySelector('#many-pictures svg')");
  await run("document.getElementById('lives').focus(); document.getElementById('play').click()");
  await new Promise((done) => setTimeout(done, 2000));
  await run("document.getElementById('play').click()");
  const tasks = await run("return window.tasks");
  console.log(`tasks of the page's thread over 50 ms: ${tasks.length ? tasks.join(", ") + " ms" : "none"}`);
  for (const width of folder ? [400, 900, 1600] : []) {
    for (const theme of ["light", "dark"]) {
      mkdirSync(folder, { recursive: true });
      await cdp("Emulation.setDeviceMetricsOverride", { width, height: 1000, deviceScaleFactor: 1, mobile: false });
      await cdp("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
      const shoot = async (name) => {
        const { data } = await cdp("Page.captureScreenshot", { captureBeyondViewport: true });
        writeFileSync(`${folder}/${name}-${width}-${theme}.png`, Buffer.from(data, "base64"));
      };
      await run("document.getElementById('to-gallery').click()");
      await shoot("gallery");
      await card("eviction-overshoot");
      await run("document.getElementById('failure').click(); document.getElementById('next').click()");
      await run("document.getElementById('what-if').open = true; document.getElementById('pictures-box').open = true");
      await wait("document.querySelector('#pictures svg')");
      await shoot("run");
      await run("document.getElementById('to-gallery').click(); document.querySelector('#lessons .card').click()");
      await wait("document.querySelector('#guess-list input')");
      await run("document.querySelectorAll('#guess-list input')[1].click(); document.getElementById('reveal').click()");
      await wait("document.documentElement.dataset.shown");
      await shoot("lesson");
    }
  }
} finally {
  await close();
}
