// A headless Chromium that reaches no other machine, driven through chromedriver: browser/measure.mjs and tests/perfetto.mjs
// share it. It knows no page. It needs chromium and chromedriver.
import { spawn } from "node:child_process";

const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"];

/** Starts a browser, with these arguments besides the usual ones. Close it in any case: it does not end with this process. */
export const openChromium = async (more = []) => {
  const driver = spawn("chromedriver", ["--port=0"], { stdio: ["ignore", "pipe", "ignore"] });
  const port = await new Promise((done) => {
    let said = "";
    driver.stdout.on("data", (bytes) => { said += bytes; const found = said.match(/on port ([1-9]\d*)/); if (found) done(found[1]); });
  });
  const call = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (value?.error) throw new Error(`${path}: ${value.message}`);
    return value;
  };
  const options = { args: [...ARGS, ...more] };
  const { sessionId } = await call("POST", "/session", { capabilities: { alwaysMatch: { "goog:chromeOptions": options } } });
  /** A command of the WebDriver protocol. */
  const post = (path, body) => call("POST", `/session/${sessionId}${path}`, body);
  /** What a script in the page returns. */
  const run = (script) => post("/execute/sync", { script, args: [] });
  /** What a script in the page passes to `done`. */
  const result = (script) => post("/execute/async", { script: `const done = arguments[0]; ${script}`, args: [] });
  /** The value of an expression in the page, once it is truthy; an error if it is not within a minute. */
  const wait = async (expression) => {
    for (let n = 0; n < 3000; n += 1) {
      const value = await run(`return ${expression}`);
      if (value) return value;
      await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error(`waited in vain for ${expression}`);
  };
  const close = async () => {
    await call("DELETE", `/session/${sessionId}`);
    driver.kill();
  };
  return { post, run, result, wait, close };
};
