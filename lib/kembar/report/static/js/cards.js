// A group as a card: why to look at it, its listings with their differences, and buttons that decide.
"use strict";
(() => {
  const { element, share, verdicts } = kembar;
  const STATES = { none: "", some: "Partly reviewed", same: "Same product", different: "All different", split: "Split" };

  /** The figures of a group out of the index, and what they make doubtful. */
  kembar.factsOf = (index, number) => {
    const names = ["size", "mean", "bond", "border", "doubt", "risk", "products"];
    const facts = Object.fromEntries(names.map((name) => [name, index[name][number]]));
    return { ...facts, isTwo: facts.bond < index.two_below, isLacking: facts.border >= index.lacks_from };
  };

  const counted = (count) => `${count} ${count === 1 ? "listing" : "listings"}`;

  /** In words, what makes a group doubtful. */
  kembar.whyOf = (facts, seam) => {
    const why = [];
    if (facts.isTwo && facts.size === 2) why.push(`May be two products: the probability is ${share(facts.bond)}.`);
    else if (facts.isTwo) why.push(`May be two products: ${seam} and ${counted(facts.size - seam)}, held together by ${share(facts.bond)}.`);
    if (facts.isLacking) why.push(`May lack a listing: its nearest neighbour is held to it by ${share(facts.border)}.`);
    if (!why.length) why.push(`Held together by ${share(facts.bond)}, to its nearest neighbour by ${share(facts.border)}.`);
    if (facts.products > 1) why.push(`By the labels these are ${facts.products} products.`);
    return why.join(" ");
  };

  /** A photo, or a place that says there is none. The thumbnail stands in where the photo itself cannot be shown. */
  kembar.photo = ([id, , thumb, , , image], folder = null) => {
    if (!thumb) return element("span", { className: "no-photo" }, "no photo");
    const whole = folder && image ? [folder, image].join("/").split("/").map(encodeURIComponent).join("/") : thumb;
    const shown = element("img", { src: whole, alt: `Photo of ${id}`, loading: "lazy", decoding: "async" });
    if (whole !== thumb) shown.addEventListener("error", () => { shown.src = thumb; }, { once: true });
    return shown;
  };

  /** Places of the listings that a card of `limit` shows: of both sides of the seam where it matters. */
  const chosen = (size, seam, limit, isTwo) => {
    const places = Array.from({ length: size }, (_, i) => i);
    if (size <= limit) return places;
    if (!isTwo) return places.slice(0, limit);
    const after = Math.min(size - seam, Math.max(limit - seam, Math.floor(limit / 3)));
    return [...places.slice(0, Math.min(seam, limit - after)), ...places.slice(seam, seam + after)];
  };

  const tile = (listing, place, common, toggle, href, label) => {
    const out = element("button", { type: "button", className: "out plain", "aria-pressed": "false", "aria-label": `Listing ${place + 1} does not belong` }, "not this one");
    out.addEventListener("click", () => toggle(place));
    const made = element("li", { className: "tile" },
      element("a", { className: "photo", href, tabIndex: -1, "aria-hidden": "true" }, kembar.photo(listing)),
      element("p", { className: "title", dir: "auto" }, element("span", { className: "place" }, `${place + 1}`), kembar.marked(listing[1], common)),
      element("div", { className: "under" }, out, label));
    made.refresh = (isMain) => {
      made.classList.toggle("apart", !isMain);
      out.setAttribute("aria-pressed", String(!isMain));
    };
    return made;
  };

  const letter = (i) => (i < 26 ? String.fromCharCode(65 + i) : `${i + 1}`);

  const button = (act, text, key) =>
    element("button", { type: "button", "data-act": act, "aria-pressed": "false" }, text, element("kbd", { "aria-hidden": "true" }, key));

  /** A group's card, which follows the marks by its `refresh()` and decides by its `act(key)`; `heading` is h1 … h6. */
  kembar.card = (number, group, facts, { limit = 12, heading = "h2", link = true } = {}) => {
    const ids = group.listings.map(([id]) => id), href = `group.html#${number + 1}`;
    const isTwo = facts.isTwo && facts.size > 2;
    const common = kembar.sharedTerms(group.listings.map(([, title]) => title));
    const toggle = (place) => {
      verdicts.toggle(ids, place);
      kembar.say(`Listing ${place + 1} ${verdicts.mainPart(ids)[place] ? "belongs again" : "is set apart"}`);
    };
    const labels = [...new Set(group.listings.map(([, , , , label]) => label))];
    const labelOf = (label) => (facts.products > 1 ? element("span", { className: "label", title: label ?? "" }, label === null ? "no label" : `label ${letter(labels.indexOf(label))}`) : null);
    const places = chosen(facts.size, group.seam, limit, isTwo);
    const tiles = places.map((place) => tile(group.listings[place], place, common, toggle, href, labelOf(group.listings[place][4])));
    const seam = places.findIndex((place) => place >= group.seam);
    const list = element("ol", { className: isTwo && places.length > 6 ? "tiles wraps" : "tiles" }, tiles.flatMap((made, i) =>
      (isTwo && i === seam ? [element("li", { className: "seam" }, element("span", {}, share(facts.bond), element("span", { className: "unseen" }, " holds the two parts together")))] : []).concat(made)));
    if (places.length < facts.size) list.append(element("li", { className: "more" }, element("a", { href }, `${facts.size - places.length} more`)));

    const buttons = [button("same", "Same product", "s"), facts.size > 2 ? button("split", "Split", "x") : null, button("different", facts.size > 2 ? "All different" : "Different", "d")];
    const name = `Group ${kembar.number(number + 1)}`, title = element(heading, { id: `group-${number}` }, link ? element("a", { href }, name) : name);
    const state = element("span", { className: "state" });
    const card = element("article", { className: "group", tabIndex: -1, "aria-labelledby": `group-${number}`, "data-number": `${number}` },
      element("header", {},
        element("div", { className: "what" }, element("div", { className: "name" }, title,
          element("span", { className: "facts" }, `${counted(facts.size)} · doubt ${share(facts.doubt)}`), state),
        element("p", { className: "why" }, kembar.whyOf(facts, group.seam))),
        element("div", { className: "verdict", role: "group", "aria-label": `Decide on group ${number + 1}` }, buttons)),
      list);
    const decide = {
      same: () => verdicts.same(ids),
      different: () => verdicts.different(ids),
      split: () => facts.size > 2 && verdicts.split(ids, group.seam),
    };
    const run = (act) => {
      const { state: before } = verdicts.of(ids);
      if (before === act) verdicts.clear(ids);
      else decide[act]();
      kembar.say(`${name}: ${STATES[verdicts.of(ids).state] || "not reviewed"}`);
    };
    for (const one of buttons.filter(Boolean)) one.addEventListener("click", () => run(one.dataset.act));
    card.ids = ids;
    card.act = (key) => {
      const act = { s: "same", d: "different", x: "split" }[key];
      if (act && (act !== "split" || facts.size > 2)) return run(act), act;
      if (/^[1-9]$/.test(key) && Number(key) <= ids.length) return toggle(Number(key) - 1), "toggle";
      return null;
    };
    card.refresh = () => {
      const verdict = verdicts.of(ids), main = verdicts.mainPart(ids);
      card.dataset.state = verdict.state;
      state.textContent = STATES[verdict.state];
      for (const one of buttons.filter(Boolean)) one.setAttribute("aria-pressed", String(one.dataset.act === verdict.state));
      tiles.forEach((made, i) => made.refresh(verdict.state === "different" || main[places[i]]));
    };
    card.refresh();
    return card;
  };
})();
