// Every pair of a group as a table of probabilities. One cell is in the tab order; arrow keys move it.
"use strict";
(() => {
  const { element } = kembar;

  /** Fill the table with a cell for each pair of `size` listings; `pairs` by "i-j"; `open(i, j)` when one is chosen. */
  kembar.fillMatrix = (table, ids, seam, pairs, open) => {
    const cells = new Map(),
      size = ids.length;
    const cell = (i, j) => {
      if (i === j) return element("td", { className: "self" });
      const [low, high] = i < j ? [i, j] : [j, i],
        pair = pairs.get(`${low}-${high}`);
      const made = element(
        "button",
        {
          type: "button",
          tabIndex: -1,
          "data-tenth": pair ? `${Math.min(9, Math.floor(pair.probability * 10))}` : null,
        },
        pair ? pair.probability.toFixed(2).replace(/^0/, "") : "–",
      );
      made.addEventListener("click", () => open(low, high));
      made.addEventListener("focus", () => {
        for (const other of cells.values()) other.tabIndex = other === made ? 0 : -1;
      });
      cells.set(`${i},${j}`, made);
      return element("td", { className: i < seam !== j < seam ? "across" : "" }, made);
    };
    const numbers = ids.map((_, i) => i);
    table.replaceChildren(
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("td"),
          numbers.map((j) => element("th", { scope: "col" }, `${j + 1}`)),
        ),
      ),
      element(
        "tbody",
        {},
        numbers.map((i) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, `${i + 1}`),
            numbers.map((j) => cell(i, j)),
          ),
        ),
      ),
    );
    const first = cells.get("0,1");
    if (first) first.tabIndex = 0;

    table.onkeydown = (event) => {
      const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      const place = [...cells]
        .find(([, made]) => made === document.activeElement)?.[0]
        .split(",")
        .map(Number);
      if (!move || !place) return;
      event.preventDefault();
      let [i, j] = place;
      do {
        i += move[0];
        j += move[1];
      } while (i === j); // over the diagonal
      if (i >= 0 && j >= 0 && i < size && j < size) cells.get(`${i},${j}`).focus();
    };

    return () => {
      for (const [place, made] of cells) {
        const [i, j] = place.split(",").map(Number),
          decision = kembar.marks.get(ids[i], ids[j])?.decision;
        made.dataset.decision = decision || "";
        const [low, high] = [Math.min(i, j), Math.max(i, j)],
          pair = pairs.get(`${low}-${high}`);
        made.setAttribute(
          "aria-label",
          `${i + 1} and ${j + 1}: ${pair ? pair.probability.toFixed(2) : "not compared"}${decision ? `, marked ${decision}` : ""}`,
        );
      }
    };
  };
})();
