// The editor: a text field over a copy of its text with colours and marks, and numbers of lines beside it. The text field is a
// plain one, so that keys, screen readers and undo work as everywhere.
const jobsimEditor = (changed) => {
  const byId = (id) => document.getElementById(id);
  const text = byId("text"), marks = byId("marks"), lines = byId("lines"), problems = byId("problems"), paper = byId("paper");
  // Above this many characters or lines there are no colours: drawing them would take too long at each key.
  const COLOURED = 60000, LONG = 1500;
  let findings = [];

  const piece = (words, name) => { const span = document.createElement("span"); span.className = name; span.textContent = words; return span; };
  const colour = (line) => {
    const parts = [], rest = line.match(/^(\s*(?:- )*)(#.*)?(.*)$/s);
    parts.push(document.createTextNode(rest[1]));
    if (rest[2]) return [...parts, piece(rest[2], "y-note")];
    const token = /("(?:[^"\\]|\\.)*"|'[^']*')|(\s#.*$)|([A-Za-z_][\w.\/-]*)(?=\s*:(?:\s|$))/g;
    let from = 0, match;
    while ((match = token.exec(rest[3]))) {
      parts.push(document.createTextNode(rest[3].slice(from, match.index)));
      parts.push(piece(match[0], match[1] ? "y-text" : match[2] ? "y-note" : "y-key"));
      from = match.index + match[0].length;
    }
    parts.push(document.createTextNode(rest[3].slice(from)));
    return parts;
  };
  const worst = (line) => {
    const of = findings.filter((finding) => finding.line === line).map((finding) => finding.level);
    return of.includes("error") || of.includes("unreadable") ? "error" : of.includes("warning") ? "warning" : of.length ? "hint" : "";
  };
  const draw = () => {
    const all = text.value.split("\n"), isColoured = text.value.length < COLOURED && all.length <= LONG;
    text.style.height = marks.style.height = "";
    text.rows = all.length + 1;
    const longest = all.reduce((most, line) => Math.max(most, line.length), 0);
    paper.style.minWidth = `calc(${longest + 3}ch + 1rem)`;
    const numbers = [], drawn = [], isLong = all.length > LONG;
    all.forEach((line, n) => {
      const level = worst(n + 1);
      if (isLong) { numbers.push((level ? "✗ " : "") + (n + 1)); }
      if (isLong && !level) return;
      if (!isLong) {
        const number = document.createElement("div");
        number.textContent = {error: "✗ ", warning: "⚠ ", hint: "· "}[level] ?? "";
        number.append(String(n + 1));
        if (level) number.className = level;
        numbers.push(number);
      }
      if (!isColoured && !level) return;
      const row = document.createElement("div");
      if (level) row.className = "line " + level;
      if (!isColoured) row.style.cssText = `position:absolute;top:calc(${n} * 1.4em + .5rem);left:0;right:0;height:1.4em`;
      else row.append(...colour(line || " "));
      drawn.push(row);
    });
    lines.replaceChildren(...(isLong ? [numbers.join("\n")] : numbers));
    marks.replaceChildren(...drawn);
    text.classList.toggle("plain", !isColoured);
  };
  const goTo = (line, column) => {
    const before = text.value.split("\n").slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    text.focus();
    text.setSelectionRange(before + Math.max(0, (column ?? 1) - 1), before + Math.max(0, (column ?? 1) - 1));
    const box = byId("editor");
    box.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(text).lineHeight));
  };
  text.addEventListener("input", () => { draw(); changed(); });
  // Tab leaves the field, or keyboard users could not get out of it; Ctrl+] inserts two spaces.
  text.addEventListener("keydown", (event) => {
    if (event.key === "]" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); document.execCommand("insertText", false, "  "); }
  });
  return {
    get: () => text.value,
    set(value) { if (value !== text.value) { text.value = value; } findings = []; draw(); },
    // Shows what is wrong, at its lines and in a list.
    mark(all) {
      findings = all;
      const words = {error: "error", unreadable: "error", warning: "warning", hint: "hint", note: "note"};
      problems.replaceChildren(...all.slice(0, 40).map((finding) => {
        const item = document.createElement("li"), button = document.createElement("button");
        item.className = words[finding.level] ?? "note";
        button.type = "button";
        const where = finding.line ? `line ${finding.line}: ` : "";
        button.textContent = `${words[finding.level] ?? "note"}: ${where}${finding.field ? finding.field + ": " : ""}${finding.message}` +
          (finding.suggestion ? ` (did you mean ${finding.suggestion}?)` : "");
        button.addEventListener("click", () => { if (finding.line) goTo(finding.line, finding.column); });
        item.append(button);
        return item;
      }));
      draw();
    },
  };
};
