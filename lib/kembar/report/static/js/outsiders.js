// A group's closest neighbours, each with its most likely pair.
"use strict";
(() => {
  const { element, share } = kembar;

  const whereOf = (group, size, linkage) => {
    const link = () => element("a", { href: `#${group + 1}` }, `group ${kembar.number(group + 1)}`);
    const where = group < 0 ? ["Single listing; "] : ["In ", link(), ` of ${size} listings; `];
    return element("p", { className: "hint" }, where, `average match probability ${share(linkage)}`);
  };

  const outsider = (inside, outside, pair, refreshers, open) => {
    const [id, title, , , , , group, size, linkage] = outside;
    const texts = { same: "Belongs here", different: "Does not belong" };
    const compare = element("button", { type: "button", className: "plain" }, `compare with ${pair.left + 1}`);
    compare.addEventListener("click", () => open(`${pair.left + 1}-o${pair.right + 1}`));
    const marked = kembar.marked(title, kembar.sharedTerms([inside[1], title]));
    const chance = element("span", { className: "place" }, share(pair.probability));
    const said = element(
      "div",
      {},
      element("p", { className: "title", dir: "auto" }, chance, marked),
      whereOf(group, size, linkage),
      element("div", { className: "verdict" }, kembar.pairButtons(inside[0], id, texts, refreshers), compare),
    );
    return element("li", {}, element("div", { className: "photo" }, kembar.photo(outside)), said);
  };

  /** Fill a list with a group's neighbours; `border` are pairs, `open(name)` shows one, `refreshers` show the marks. */
  kembar.fillOutsiders = (list, group, border, refreshers, open) => {
    const items = border.map((pair) =>
      outsider(group.listings[pair.left], group.outside[pair.right], pair, refreshers, open),
    );
    list.replaceChildren(...items);
  };
})();
