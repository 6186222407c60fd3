// A pair from close by: photos and titles side by side, and what each distance added to the log-odds.
"use strict";
(() => {
  const { element, share, colour } = kembar;
  const WHAT = ["photo", "title's meaning", "words", "spelling", "photo's hash", "better candidates"];
  const SOURCES = { hash_band: "a band of the photo's hash", hash_near: "nearest photo hashes", image_near: "nearest photos", title_near: "nearest titles", rare_term: "a rare word" };
  const dialog = document.getElementById("pair");
  let clear = () => {};

  /** A row of the data as an object: left and right are places, distances are null where a side lacks the modality. */
  kembar.readPair = (row, sources) => ({
    left: row[0],
    right: row[1],
    blocks: sources.filter((_, bit) => (row[2] >> bit) & 1),
    probability: row[3],
    prior: row[4],
    shares: row.slice(5, 11),
    distances: row.slice(11, 17),  // of the gap too, in log-odds
  });

  const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
  const total = (pair) => pair.prior + pair.shares.reduce((sum, value) => sum + value, 0);

  const waterfall = (pair) => () => {
    let level = pair.prior;
    const bars = [[0, pair.prior]], colours = [colour("faint")];
    for (const value of pair.shares) {
      bars.push([level, level + value]);
      colours.push(colour(value < 0 ? "different" : "same"));
      level += value;
    }
    bars.push([0, level]);
    colours.push(colour("accent"));
    return {
      type: "bar",
      data: { labels: ["to begin with", ...WHAT, "log-odds"], datasets: [{ data: bars, backgroundColor: colours, barPercentage: 0.8, categoryPercentage: 0.9, minBarLength: 2 }] },
      options: {
        indexAxis: "y",
        scales: { x: { title: { display: true, text: "log-odds: different ← 0 → same" } }, y: { grid: { display: false } } },
        plugins: { legend: { display: false }, tooltip: { callbacks: { label: (item) => signed(item.raw[1] - item.raw[0]) } } },
      },
    };
  };

  const sums = (pair) => element("table", {},
    element("thead", {}, element("tr", {}, ["distance along", "distance", "adds"].map((text) => element("th", { scope: "col" }, text)))),
    element("tbody", {},
      element("tr", {}, element("th", { scope: "row" }, "to begin with"), element("td", {}, ""), element("td", {}, signed(pair.prior))),
      WHAT.map((name, i) => element("tr", {}, element("th", { scope: "row" }, name),
        element("td", {}, pair.distances[i] === null ? "missing" : pair.distances[i].toFixed(3)), element("td", {}, signed(pair.shares[i])))),
      element("tr", { className: "sum" }, element("th", { scope: "row" }, "log-odds"), element("td", {}, ""), element("td", {}, signed(total(pair))))));

  const side = (listing, other, place, folder) => {
    const common = kembar.sharedTerms([listing[1], other[1]]);
    return element("section", { className: "side", "aria-label": `Listing ${place}` },
      element("div", { className: "large" }, kembar.photo(listing, folder)),
      element("p", { className: "title", dir: "auto" }, kembar.marked(listing[1], common)),
      element("p", { className: "id" }, listing[0], listing[4] === null ? "" : ` · label ${listing[4]}`));
  };

  const onlyLine = (left, right) => {
    const [here, there] = kembar.onlyIn(left[1], right[1]);
    const line = (name, words) => element("p", {}, element("b", {}, name), words.length ? ` ${words.join(" · ")}` : " nothing");
    return element("div", { className: "only" }, line("Only left:", here), line("Only right:", there));
  };

  const decideButtons = (left, right, refresh) => ["same", "different"].map((decision) => {
    const made = element("button", { type: "button", "data-act": decision }, decision === "same" ? "Same product" : "Different", element("kbd", { "aria-hidden": "true" }, decision[0]));
    made.addEventListener("click", () => kembar.decidePair(left, right, decision));
    refresh.push(() => made.setAttribute("aria-pressed", String(kembar.marks.get(left, right)?.decision === decision)));
    return made;
  });

  /** Decide a pair, or take back what was said if it was the same. */
  kembar.decidePair = (left, right, decision) => {
    const taken = kembar.marks.get(left, right)?.decision === decision;
    kembar.marks.set([[left, right, taken ? null : decision]]);
    kembar.say(taken ? "Decision taken back" : `Marked ${decision === "same" ? "the same product" : "different"}`);
  };

  const noteField = (left, right, refresh) => {
    const field = element("input", { type: "text", maxLength: 300, autocomplete: "off", placeholder: "decide first, then say why" });
    field.addEventListener("change", () => kembar.marks.note([[left, right]], field.value.trim()));
    refresh.push(() => {
      const mark = kembar.marks.get(left, right);
      field.disabled = !mark;
      if (document.activeElement !== field) field.value = mark?.note || "";
    });
    return element("label", { className: "note" }, "Note ", field);
  };

  /** Show a pair {left, right: listings, places: two names, pair, where, go(by)} in the dialog. */
  kembar.showPair = ({ left, right, places, pair, where, folder, step }) => {
    clear();
    const refresh = [], canvas = element("canvas", { role: "img", "aria-label": "What each distance adds to the log-odds: a chart of the table beside it" });
    const move = (by, text) => {
      const made = element("button", { type: "button", className: "plain" }, text);
      made.addEventListener("click", () => step(by));
      return made;
    };
    const close = element("button", { type: "button", className: "plain close", "aria-label": "Close" }, "×");
    close.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(
      element("header", {},
        element("h2", { id: "pair-title", tabIndex: -1 }, `${places[0]} and ${places[1]}`, pair ? element("span", { className: "chance" }, ` ${share(pair.probability)}`) : ""),
        element("div", { className: "verdict", role: "group", "aria-label": "Decide on this pair" }, decideButtons(left[0], right[0], refresh)),
        element("div", { className: "moves" }, move(-1, "Previous"), element("span", {}, where), move(1, "Next"), close)),
      element("div", { className: "sides" }, side(left, right, places[0], folder), side(right, left, places[1], folder)),
      onlyLine(left, right),
      noteField(left[0], right[0], refresh),
      element("div", { className: "evidence" },
        pair
          ? element("section", { "aria-labelledby": "adds-title" }, element("h3", { id: "adds-title" }, `Why ${share(pair.probability)}`),
            element("div", { className: "canvas" }, canvas), sums(pair))
          : element("p", { className: "hint" }, "This pair was not compared: each of the two has likelier candidates."),
        element("section", { "aria-labelledby": "bits-title" }, element("h3", { id: "bits-title" }, "Photo's hash"), kembar.hashes(left[3], right[3]),
          pair ? element("p", { className: "hint" }, `Proposed by ${pair.blocks.map((name) => SOURCES[name] || name).join(", ")}.`) : "")));
    const update = () => refresh.forEach((one) => one());
    kembar.showPair.update = update;
    update();
    if (!dialog.open) dialog.showModal();
    document.getElementById("pair-title").focus();
    clear = pair ? kembar.chart(canvas, waterfall(pair)) : () => {};
  };

  kembar.marks.onChange(() => dialog.open && kembar.showPair.update());
  kembar.pairDialog = dialog;
})();
