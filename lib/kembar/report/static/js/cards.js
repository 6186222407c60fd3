// A group as a card: the reason to review it, its listings, and buttons for decisions.
"use strict";
(() => {
  const { element, share, verdicts } = kembar;
  const STATES = { some: "Partly reviewed", same: "Same product", different: "All different", split: "Split" };
  const KEYS = { s: "same", d: "different", x: "split" };

  /** The figures of a group from the index, and whether they make it doubtful. */
  kembar.factsOf = (index, number) => {
    const names = ["size", "mean", "bond", "border", "doubt", "risk", "products"];
    const facts = Object.fromEntries(names.map((name) => [name, index[name][number]]));
    return { ...facts, isTwo: facts.bond < index.two_below, isLacking: facts.border >= index.lacks_from };
  };

  const counted = (count) => `${count} ${count === 1 ? "listing" : "listings"}`;

  /** The reasons for doubt about a group, in words. */
  const whyOf = (facts, seam) => {
    const bond = share(facts.bond);
    const parts = `${counted(seam)} + ${counted(facts.size - seam)}; average match probability ${bond}`;
    const why = [];
    if (facts.isTwo) why.push(`May be two products: ${facts.size === 2 ? `match probability ${bond}` : parts}.`);
    if (facts.isLacking) why.push(`A listing may be missing: closest other group, probability ${share(facts.border)}.`);
    if (!why.length)
      why.push(`Average match probability at its weakest link ${bond}; closest other group ${share(facts.border)}.`);
    if (facts.products > 1) why.push(`According to the labels these are ${facts.products} products.`);
    return why.join(" ");
  };

  /** The actions of a card on its group, by key or button; a repeated verdict is withdrawn. */
  const actions = (name, ids, seam) => {
    const decide = { same: verdicts.same, different: verdicts.different, split: (all) => verdicts.split(all, seam) };
    return {
      run(act) {
        if (verdicts.of(ids).state === act) verdicts.clear(ids);
        else decide[act](ids);
        kembar.say(`${name}: ${STATES[verdicts.of(ids).state] || "not reviewed"}`);
      },
      toggle(place) {
        verdicts.toggle(ids, place);
        kembar.say(`Listing ${place + 1} ${verdicts.mainPart(ids)[place] ? "is back in the group" : "is separated"}`);
      },
    };
  };

  const buttonsOf = (size, run) => {
    const texts = {
      same: "Same product",
      split: size > 2 && "Split",
      different: size > 2 ? "All different" : "Different",
    };
    return Object.entries(KEYS).flatMap(([key, act]) => {
      if (!texts[act]) return [];
      const hint = element("kbd", { "aria-hidden": "true" }, key);
      const made = element("button", { type: "button", "data-act": act }, texts[act], hint);
      made.addEventListener("click", () => run(act));
      return [made];
    });
  };

  const headerOf = (number, name, heading, facts, seam, buttons, state) =>
    element(
      "header",
      {},
      element(
        "div",
        { className: "what" },
        element(
          "div",
          { className: "name" },
          heading,
          element("span", { className: "facts" }, `${counted(facts.size)} · doubt ${share(facts.doubt)}`),
          state,
        ),
        element("p", { className: "why" }, whyOf(facts, seam)),
      ),
      element("div", { className: "verdict", role: "group", "aria-label": `Decide on ${name}` }, buttons),
    );

  /** A group's card; `refresh()` shows the current marks, `act(key)` decides; `heading` is h1 … h6. */
  kembar.card = (number, group, facts, { limit = 12, heading = "h2", link = true } = {}) => {
    const ids = group.listings.map(([id]) => id);
    const href = `group.html#${number + 1}`;
    const name = `Group ${kembar.number(number + 1)}`;
    const { run, toggle } = actions(name, ids, group.seam);
    const buttons = buttonsOf(facts.size, run);
    const state = element("span", { className: "state" });
    const title = element(heading, { id: `group-${number}` }, link ? element("a", { href }, name) : name);
    const tiles = kembar.tiles(group, facts, href, limit, toggle);
    const card = element(
      "article",
      { className: "group", tabIndex: -1, "aria-labelledby": `group-${number}`, "data-number": `${number}` },
      headerOf(number, name, title, facts, group.seam, buttons, state),
      tiles,
    );
    card.ids = ids;
    card.act = (key) => {
      const act = KEYS[key];
      if (act && (act !== "split" || facts.size > 2)) run(act);
      else if (/^[1-9]$/.test(key) && Number(key) <= ids.length) toggle(Number(key) - 1);
      else return null;
      return act || "toggle";
    };
    card.refresh = () => {
      const verdict = verdicts.of(ids);
      card.dataset.state = verdict.state;
      state.textContent = STATES[verdict.state] || "";
      for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.act === verdict.state));
      tiles.refresh(verdict.state === "different" ? ids.map(() => true) : verdicts.mainPart(ids));
    };
    card.refresh();
    return card;
  };
})();
