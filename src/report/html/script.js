// The page of a report: files from its data, light and dark, and the timeline. It reads the data that stand in this page and
// asks for nothing else.
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

  const lives = byId("lives") && jobsimLives();
  byId("theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    if (lives) lives.draw();
  });
  if (lives) lives.show(data.points);
})();
