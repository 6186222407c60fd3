// A group's own page: all of its listings, who stands just outside, and every pair. The address says which: #12 is the
// group, #12/1-4 a pair of it, #12/2-o1 one with the first outsider, #12/weakest the least likely pair.
"use strict";
(() => {
  const { element, share } = kembar;
  const at = (id) => document.getElementById(id);
  let index = null, shown = null;

  const asked = () => {
    const [number, pair] = location.hash.slice(1).split("/");
    return { number: Math.max(0, Math.min((Number(number) || 1) - 1, index.size.length - 1)), pair };
  };
  const go = (number, pair) => { location.hash = `#${number + 1}${pair ? `/${pair}` : ""}`; };

  const outsider = (listing, pair, number) => {
    const [, title, , , , , group, size, linkage] = listing, inside = shown.group.listings[pair.left];
    const open = element("button", { type: "button", className: "plain" }, `compare with ${pair.left + 1}`);
    open.addEventListener("click", () => go(number, `${pair.left + 1}-o${pair.right + 1}`));
    const buttons = ["same", "different"].map((decision) => {
      const made = element("button", { type: "button", "data-act": decision }, decision === "same" ? "Belongs here" : "Does not");
      made.addEventListener("click", () => kembar.decidePair(inside[0], listing[0], decision));
      shown.refresh.push(() => made.setAttribute("aria-pressed", String(kembar.marks.get(inside[0], listing[0])?.decision === decision)));
      return made;
    });
    return element("li", {}, element("div", { className: "photo" }, kembar.photo(listing)),
      element("div", {}, element("p", { className: "title", dir: "auto" }, element("span", { className: "place" }, share(pair.probability)), kembar.marked(title, kembar.sharedTerms([inside[1], title]))),
        element("p", { className: "hint" }, group < 0 ? "Stands alone; " : ["In ", element("a", { href: `#${group + 1}` }, `group ${kembar.number(group + 1)}`), ` of ${size}; `], `held to this one by ${share(linkage)}`),
        element("div", { className: "verdict" }, buttons, open)));
  };

  const render = async (number) => {
    const group = await kembar.group(number), facts = kembar.factsOf(index, number);
    const card = kembar.card(number, group, facts, { limit: Infinity, heading: "h1", link: false });
    const inner = group.pairs.map((row) => kembar.readPair(row, index.sources));
    const border = group.border.map((row) => kembar.readPair(row, index.sources));
    const byPlace = new Map(inner.map((pair) => [`${pair.left}-${pair.right}`, pair]));
    shown = { number, group, card, byPlace, border, refresh: [card.refresh] };
    document.title = `Group ${number + 1} – kembar`;
    at("group").replaceChildren(card);
    at("outside").hidden = !border.length;
    at("outside").querySelector("ul").replaceChildren(...border.map((pair) => outsider(group.outside[pair.right], pair, number)));
    at("pairs").hidden = false;
    shown.refresh.push(kembar.fillMatrix(at("pairs").querySelector("table"), card.ids, group.seam, byPlace, (i, j) => go(number, `${i + 1}-${j + 1}`)));
    shown.order = [...inner].sort((a, b) => a.probability - b.probability).map((pair) => `${pair.left + 1}-${pair.right + 1}`)
      .concat(border.map((pair) => `${pair.left + 1}-o${pair.right + 1}`));
    at("where").textContent = `${kembar.number(number + 1)} of ${kembar.number(index.size.length)}`;
    for (const [id, by] of [["before", -1], ["after", 1]]) {
      const target = number + by, there = target >= 0 && target < index.size.length;
      at(id).toggleAttribute("hidden", !there);
      at(id).href = `#${target + 1}`;
    }
    shown.refresh.forEach((one) => one());
  };

  const openPair = (name) => {
    const wanted = name === "weakest" ? shown.order[0] : name, place = shown.order.indexOf(wanted);
    const [left, right] = wanted.split("-"), { group, number } = shown;
    const i = Number(left) - 1, isOut = right?.startsWith("o"), j = Number(isOut ? right.slice(1) : right) - 1;
    const listings = [group.listings[i], (isOut ? group.outside : group.listings)[j]];
    if (!listings[0] || !listings[1] || listings[0] === listings[1]) return;
    const pair = isOut ? shown.border.find((one) => one.left === i && one.right === j) : shown.byPlace.get(`${Math.min(i, j)}-${Math.max(i, j)}`);
    const step = (by) => {
      const next = shown.order[place + by];
      if (next) go(number, next);
    };
    shown.open = { ids: listings.map(([id]) => id), step };
    kembar.showPair({ left: listings[0], right: listings[1], places: [`${i + 1}`, isOut ? "an outsider" : `${j + 1}`], pair, folder: index.photos, step,
      where: place < 0 ? "" : `${place + 1} of ${shown.order.length}` });
  };

  const follow = async () => {
    const { number, pair } = asked();
    if (!index.size.length) return;
    if (shown?.number !== number) {
      await render(number);
      window.scrollTo(0, 0);
    }
    if (pair) openPair(pair);
    else if (kembar.pairDialog.open) kembar.pairDialog.close();
  };

  kembar.pairDialog.addEventListener("close", () => { if (asked().pair) go(shown.number); });
  kembar.onKey(() => shown && !kembar.pairDialog.open, (key) => {
    if (key === "j" || key === "k") { go(Math.max(0, Math.min(shown.number + (key === "j" ? 1 : -1), index.size.length - 1))); return true; }
    if (key === "c") { go(shown.number, "weakest"); return true; }
    return Boolean(shown.card.act(key));
  });
  kembar.onKey(() => shown && kembar.pairDialog.open, (key) => {
    const by = { j: 1, ArrowRight: 1, k: -1, ArrowLeft: -1 }[key];
    if (by) { shown.open.step(by); return true; }
    if (key !== "s" && key !== "d") return false;
    kembar.decidePair(...shown.open.ids, key === "s" ? "same" : "different");
    shown.open.step(1);
    return true;
  });
  kembar.marks.onChange(() => shown?.refresh.forEach((one) => one()));
  window.addEventListener("hashchange", () => follow().catch((error) => kembar.say(error.message)));
  kembar.index().then((read) => { index = read; return follow(); }).catch((error) => kembar.say(error.message));
})();
