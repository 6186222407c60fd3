// Why a pair has its probability: the contribution of each distance to the log-odds, as a waterfall and as a table.
"use strict";
(() => {
  const { element, share, colour } = kembar;
  const WHAT = [
    ...["photo", "title meaning", "words", "spelling", "photo hash"],
    ...["words covered", "rarest shared word", "rarest missing word", "model code", "missing codes"],
    ...["quantities", "missing numbers", "shared numbers", "edition", "colour"],
    "closer matches elsewhere",
  ];
  const ALWAYS = ["photo", "title meaning", "words", "spelling", "photo hash", "closer matches elsewhere"];
  const IN_WORDS = {
    "model code": ["the same", "one within the other title", "none", "one title has none", "different"],
    quantities: ["all agree", "agree", "nothing to compare", "differ", "differ"],
    colour: ["the same", "not named in both", "different"],
  };
  const SOURCES = {
    hash_band: "part of the photo hash",
    hash_near: "similar photo hash",
    image_near: "similar photo",
    title_near: "similar title",
    rare_term: "rare word",
  };

  /** A row of the data as an object: left and right are places, distances are null where a side lacks the modality. */
  kembar.readPair = (row, sources) => ({
    left: row[0],
    right: row[1],
    blocks: sources.filter((_, bit) => (row[2] >> bit) & 1),
    probability: row[3],
    prior: row[4],
    shares: row.slice(5, 5 + WHAT.length),
    distances: row.slice(5 + WHAT.length, 5 + 2 * WHAT.length), // of the gap too, in log-odds
  });

  const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
  const total = (pair) => pair.prior + pair.shares.reduce((sum, value) => sum + value, 0);

  /** The places of the features to show: of those that only some titles have, the ones that add something. */
  const shown = (pair) =>
    WHAT.map((_, i) => i).filter((i) => ALWAYS.includes(WHAT[i]) || Math.abs(pair.shares[i]) >= 0.005);

  const waterfall = (pair) => () => {
    const kept = shown(pair);
    const shares = [pair.prior, ...kept.map((i) => pair.shares[i])];
    const levels = shares.reduce((all, value) => [...all, all.at(-1) + value], [0]);
    const bars = [...shares.map((_, i) => [levels[i], levels[i + 1]]), [0, levels.at(-1)]];
    const sign = (value) => colour(value < 0 ? "different" : "same");
    const backgroundColor = [colour("faint"), ...kept.map((i) => sign(pair.shares[i])), colour("accent")];
    const data = { data: bars, backgroundColor, barPercentage: 0.8, categoryPercentage: 0.9, minBarLength: 2 };
    return {
      type: "bar",
      data: { labels: ["starting score", ...kept.map((i) => WHAT[i]), "log-odds"], datasets: [data] },
      options: {
        indexAxis: "y",
        scales: {
          x: { title: { display: true, text: "log-odds: different ← 0 → same" } },
          y: { grid: { display: false } },
        },
        plugins: {
          legend: { display: false },
          tooltip: { callbacks: { label: (item) => signed(item.raw[1] - item.raw[0]) } },
        },
      },
    };
  };

  const row = (name, distance, adds, className = "") =>
    element(
      "tr",
      { className },
      element("th", { scope: "row" }, name),
      element("td", {}, distance),
      element("td", {}, adds),
    );

  const sums = (pair) => {
    const heads = ["feature", "distance", "adds"].map((text) => element("th", { scope: "col" }, text));
    const distance = (i) => {
      const value = pair.distances[i];
      if (value === null) return "missing";
      return IN_WORDS[WHAT[i]]?.[value] ?? value.toFixed(3);
    };
    const body = element(
      "tbody",
      {},
      row("starting score", "", signed(pair.prior)),
      shown(pair).map((i) => row(WHAT[i], distance(i), signed(pair.shares[i]))),
      row("log-odds", "", signed(total(pair)), "sum"),
    );
    return element("table", {}, element("thead", {}, element("tr", {}, heads)), body);
  };

  /** The evidence for a pair, and a function that draws its chart once it is in the page and returns a clean-up. */
  kembar.evidence = (pair) => {
    if (!pair) {
      const text = "This pair was not compared: both listings have more likely candidates.";
      return [element("p", { className: "hint" }, text), () => () => {}];
    }
    const label = "What each distance adds to the log-odds: chart of the table below";
    const canvas = element("canvas", { role: "img", "aria-label": label });
    const section = element(
      "section",
      { "aria-labelledby": "adds-title" },
      element("h3", { id: "adds-title" }, `Why ${share(pair.probability)}`),
      element("div", { className: "canvas" }, canvas),
      sums(pair),
    );
    return [section, () => kembar.chart(canvas, waterfall(pair))];
  };

  /** Which sources of blocks proposed a pair, in words. */
  kembar.proposedBy = (pair) => `Proposed by ${pair.blocks.map((name) => SOURCES[name] || name).join(", ")}.`;
})();
