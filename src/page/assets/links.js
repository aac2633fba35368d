// Links: the whole state in the hash, which no browser sends anywhere. The first letter is the version of what follows; what
// was written under an older one is read for ever. 0: JSON as base64url; 1: the same, deflated.
const jobsimLinks = (() => {
  const toText = (bytes) => {
    let letters = "";
    for (let n = 0; n < bytes.length; n += 8192) letters += String.fromCharCode(...bytes.subarray(n, n + 8192));
    return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const MOST = 4 << 20;
  // A few letters may unpack to very much: it stops at the bound.
  const through = async (bytes, stream) => {
    const parts = [], reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
    let size = 0;
    for (;;) {
      const {done, value} = await reader.read();
      if (done) break;
      parts.push(value);
      size += value.length;
      if (size > MOST) { reader.cancel(); break; }
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  };
  return {
    async write(state) {
      const bytes = new TextEncoder().encode(JSON.stringify(state));
      if (typeof CompressionStream === "undefined") return "0" + toText(bytes);
      return "1" + toText(await through(bytes, new CompressionStream("deflate-raw")));
    },
    // The state; null where there is none. Throws what is wrong with it.
    async read(hash) {
      const text = decodeURIComponent(hash.replace(/^#/, ""));
      if (!text) return null;
      const readers = {0: (bytes) => bytes, 1: (bytes) => through(bytes, new DecompressionStream("deflate-raw"))};
      const reader = readers[text[0]];
      if (!reader) throw new Error(`it is of version ${JSON.stringify(text[0])}, and this page reads 0 and 1: a newer page may know it`);
      let bytes;
      try { bytes = await reader(toBytes(text.slice(1))); } catch { throw new Error("it is cut off or spoilt"); }
      if (bytes.length > MOST) throw new Error("it is too large");
      const state = JSON.parse(new TextDecoder().decode(bytes));
      if (typeof state !== "object" || state === null) throw new Error("it holds no state");
      return state;
    },
  };
})();
