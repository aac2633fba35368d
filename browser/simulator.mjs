// The simulator in node, for tests and measurements: a function from a request to its answer.
import { readFileSync } from "node:fs";

export const load = (path) => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), {});
  const said = (at) => {
    const length = new DataView(exports.memory.buffer).getUint32(at, true);
    return new TextDecoder().decode(new Uint8Array(exports.memory.buffer, at + 4, length));
  };
  return (request) => {
    const bytes = new TextEncoder().encode(JSON.stringify(request));
    const at = exports.take(bytes.length);
    new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
    try {
      return JSON.parse(said(exports.answer()));
    } catch (error) {
      throw new Error(`the simulator stopped: ${said(exports.last())}`, { cause: error });
    }
  };
};
