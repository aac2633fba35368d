// The simulator in a worker, so that the page never waits for it. It gets the program once, then requests, one after the other.
"use strict";
let module = null, exports = null;
const decoder = new TextDecoder(), encoder = new TextEncoder();
const said = (at) => {
  const length = new DataView(exports.memory.buffer).getUint32(at, true);
  return decoder.decode(new Uint8Array(exports.memory.buffer, at + 4, length));
};
const begin = async () => { exports = (await WebAssembly.instantiate(module, {})).exports; };
const unpack = async (text) => {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let n = 0; n < letters.length; n += 1) bytes[n] = letters.charCodeAt(n);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
};
const ask = (request) => {
  const bytes = encoder.encode(JSON.stringify(request));
  const at = exports.take(bytes.length);
  new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
  return said(exports.answer());
};
let ready = null;
const start = async ({simulator, compiled, warm}) => {
  module = compiled ?? await unpack(simulator);
  await begin();
  const {version} = JSON.parse(ask({do: "version"}));
  // An error here would come again with the first request of this kind, and is told then.
  try { warm?.forEach(ask); } catch { await begin(); }
  postMessage({ready: version, compiled: module});
};
onmessage = async ({data}) => {
  if (!ready) { ready = start(data); ready.catch((error) => postMessage({broken: String(error)})); return; }
  await ready;
  const began = performance.now();
  try {
    postMessage({id: data.id, answer: ask(data.request), took: performance.now() - began});
  } catch (error) {
    // After a trap the program's memory is in an unknown state, so a new instance takes its place.
    let why = String(error);
    try { why = said(exports.last()) || why; } catch { /* there is nothing more to say */ }
    await begin();
    postMessage({id: data.id, answer: JSON.stringify({error: "The simulator stopped, which is a fault of its own: " + why}), took: 0});
  }
};
