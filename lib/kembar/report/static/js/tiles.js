// The listings of a group as tiles: photo, title with its differences, and a button that separates the listing.
"use strict";
(() => {
  const { element, share } = kembar;

  /** A photo, or a placeholder. The thumbnail replaces a photo that cannot be shown. */
  kembar.photo = ([id, , thumb, , , image], folder = null) => {
    if (!thumb) return element("span", { className: "no-photo" }, "no photo");
    const whole = folder && image ? [folder, image].join("/").split("/").map(encodeURIComponent).join("/") : thumb;
    const shown = element("img", { src: whole, alt: `Photo of ${id}`, loading: "lazy", decoding: "async" });
    const standIn = () => (shown.src = thumb);
    if (whole !== thumb) shown.addEventListener("error", standIn, { once: true });
    return shown;
  };

  /** Places of the listings that a card of `limit` shows, from both sides of the seam if the group may be two. */
  const choose = (size, seam, limit, isTwo) => {
    const places = Array.from({ length: size }, (_, i) => i);
    if (size <= limit) return places;
    if (!isTwo) return places.slice(0, limit);
    const after = Math.min(size - seam, Math.max(limit - seam, Math.floor(limit / 3)));
    return [...places.slice(0, Math.min(seam, limit - after)), ...places.slice(seam, seam + after)];
  };

  const outButton = (place, toggle) => {
    const label = `Listing ${place + 1}: not this one`;
    const out = element("button", { type: "button", className: "out plain", "aria-label": label }, "not this one");
    out.addEventListener("click", () => toggle(place));
    return out;
  };

  const tile = (listing, place, common, href, label, toggle) => {
    const out = outButton(place, toggle);
    const number = element("span", { className: "place" }, `${place + 1}`);
    const made = element(
      "li",
      { className: "tile" },
      element("a", { className: "photo", href, tabIndex: -1, "aria-hidden": "true" }, kembar.photo(listing)),
      element("p", { className: "title", dir: "auto" }, number, kembar.marked(listing[1], common)),
      element("div", { className: "under" }, out, label),
    );
    made.refresh = (isMain) => {
      made.classList.toggle("apart", !isMain);
      out.setAttribute("aria-pressed", String(!isMain));
    };
    return made;
  };

  const seamOf = (bond) => {
    const unseen = element("span", { className: "unseen" }, " average match probability between the two parts");
    return element("li", { className: "seam" }, element("span", {}, share(bond), unseen));
  };

  /** For a group of several products its labels as A, B, C …; other groups show none. */
  const labeller = (listings, products) => {
    const labels = [...new Set(listings.map(([, , , , label]) => label))];
    const letter = (i) => (i < 26 ? String.fromCharCode(65 + i) : `${i + 1}`);
    return (label) => {
      if (products < 2) return null;
      const text = label === null ? "no label" : `label ${letter(labels.indexOf(label))}`;
      return element("span", { className: "label", title: label ?? "" }, text);
    };
  };

  /** A group's tiles, a seam between its parts where they may be two products; `refresh(isMain, all)` follows marks. */
  kembar.tiles = (group, facts, href, limit, toggle) => {
    const isTwo = facts.isTwo && facts.size > 2;
    const common = kembar.sharedTerms(group.listings.map(([, title]) => title));
    const labelOf = labeller(group.listings, facts.products);
    const places = choose(facts.size, group.seam, limit, isTwo);
    const made = places.map((place) => {
      const listing = group.listings[place];
      return tile(listing, place, common, href, labelOf(listing[4]), toggle);
    });
    const list = element("ol", { className: isTwo && places.length > 6 ? "tiles wraps" : "tiles" }, made);
    if (isTwo) made[places.indexOf(group.seam)].before(seamOf(facts.bond));
    const more = element("li", { className: "more" }, element("a", { href }, `${facts.size - places.length} more`));
    if (places.length < facts.size) list.append(more);
    list.refresh = (isMain) => made.forEach((one, i) => one.refresh(isMain[places[i]]));
    return list;
  };
})();
