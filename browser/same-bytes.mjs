// The page's answer has the bytes of the command's, for every scenario of the repository.
//
// Usage: node browser/same-bytes.mjs PROGRAM WASM. Exit status: 0 all equal, 1 not.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { load } from "./simulator.mjs";

const [program, wasm] = process.argv.slice(2);
const folder = join(import.meta.dirname, "../scenarios");
const ask = load(wasm);
let differ = 0, slowest = ["", 0];
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml")).sort();
for (const name of files) {
  const path = join(folder, name);
  const command = spawnSync(program, ["run", path, "-o", "json"], { encoding: "utf8", maxBuffer: 1 << 30 });
  const began = performance.now();
  const page = ask({ do: "answer", text: readFileSync(path, "utf8") });
  const took = performance.now() - began;
  if (took > slowest[1]) slowest = [name, took];
  if (page.error || page.text !== command.stdout) {
    differ += 1;
    console.error(`${name}: ${page.error ?? "other bytes than the command"}`);
    if (command.stderr) console.error(`  the command said: ${command.stderr.trim()}`);
  }
}
if (files.length === 0) throw new Error("there are no scenarios");
console.log(`${files.length - differ} of ${files.length} scenarios: the page answers with the bytes of the command ` +
  `(the slowest, ${slowest[0]}, in ${Math.round(slowest[1])} ms)`);
process.exit(differ === 0 ? 0 : 1);
