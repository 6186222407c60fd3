// The review controls in the header: the number of decisions, and buttons to save and load them.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const show = () => {
    const count = kembar.marks.count();
    at("decided").textContent = count
      ? `${kembar.number(count)} ${count === 1 ? "pair" : "pairs"} decided`
      : "No decisions yet";
    at("save").disabled = count === 0;
  };

  at("save").addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([kembar.writeDecisions(kembar.marks.list())], { type: "text/csv" }));
    const link = kembar.element("a", { href: url, download: "decisions.csv" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    kembar.say("Saved decisions.csv");
  });

  at("load").addEventListener("click", () => at("file").click());
  at("file").addEventListener("change", async () => {
    const [file] = at("file").files;
    if (!file) return;
    try {
      const changed = kembar.marks.merge(kembar.readDecisions(await file.text()));
      kembar.say(`${file.name}: ${kembar.number(changed)} ${changed === 1 ? "pair" : "pairs"} loaded`);
    } catch (error) {
      kembar.say(`${file.name} was not loaded: ${error.message}`);
    }
    at("file").value = "";
  });

  kembar.marks.onChange(show);
  show();
})();
