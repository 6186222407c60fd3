// A pair: photos and titles side by side, the contribution of each distance, and the decision with its note.
"use strict";
(() => {
  const { element, share } = kembar;
  const dialog = document.getElementById("pair");
  let clear = () => {};
  let refresh = [];

  const side = (listing, other, place, folder) => {
    const common = kembar.sharedTerms([listing[1], other[1]]);
    const label = listing[4] === null ? "" : ` · label ${listing[4]}`;
    return element(
      "section",
      { className: "side", "aria-label": `Listing ${place}` },
      element("div", { className: "large" }, kembar.photo(listing, folder)),
      element("p", { className: "title", dir: "auto" }, kembar.marked(listing[1], common)),
      element("p", { className: "id" }, listing[0], label),
    );
  };

  const onlyLines = (left, right) => {
    const [here, there] = kembar.onlyIn(left[1], right[1]);
    const line = (name, words) => element("p", {}, element("b", {}, name), ` ${words.join(" · ") || "nothing"}`);
    return element("div", { className: "only" }, line("Only left:", here), line("Only right:", there));
  };

  /** Decide a pair, or withdraw the decision if it is the same again. */
  kembar.decidePair = (left, right, decision) => {
    const isTaken = kembar.marks.get(left, right)?.decision === decision;
    kembar.marks.set([[left, right, isTaken ? null : decision]]);
    const marked = `Marked ${decision === "same" ? "the same product" : "different"}`;
    kembar.say(isTaken ? "Decision removed" : marked);
  };

  /** Buttons that decide a pair, with their texts by decision; `refreshers` get what shows the decision that stands. */
  kembar.pairButtons = (left, right, texts, refreshers, keys = {}) =>
    Object.entries(texts).map(([decision, text]) => {
      const hint = keys[decision] ? element("kbd", { "aria-hidden": "true" }, keys[decision]) : null;
      const made = element("button", { type: "button", "data-act": decision }, text, hint);
      made.addEventListener("click", () => kembar.decidePair(left, right, decision));
      const isDecided = () => kembar.marks.get(left, right)?.decision === decision;
      refreshers.push(() => made.setAttribute("aria-pressed", String(isDecided())));
      return made;
    });

  const noteField = (left, right) => {
    const placeholder = "Add a note (after deciding)";
    const field = element("input", { type: "text", maxLength: 300, autocomplete: "off", placeholder });
    field.addEventListener("change", () => kembar.marks.note([[left, right]], field.value.trim()));
    refresh.push(() => {
      const mark = kembar.marks.get(left, right);
      field.disabled = !mark;
      if (document.activeElement !== field) field.value = mark?.note || "";
    });
    return element("label", { className: "note" }, "Note ", field);
  };

  const plainButton = (text, act, more = {}) => {
    const made = element("button", { type: "button", className: "plain", ...more }, text);
    made.addEventListener("click", act);
    return made;
  };

  const headerOf = ({ left, right, places, pair, where, step }) => {
    const chance = pair ? element("span", { className: "chance" }, ` ${share(pair.probability)}`) : null;
    const texts = { same: "Same product", different: "Different" };
    const buttons = kembar.pairButtons(left[0], right[0], texts, refresh, { same: "s", different: "d" });
    const close = plainButton("×", () => dialog.close(), { className: "plain close", "aria-label": "Close" });
    return element(
      "header",
      {},
      element("h2", { id: "pair-title", tabIndex: -1 }, `${places[0]} and ${places[1]}`, chance),
      element("div", { className: "verdict", role: "group", "aria-label": "Decide on this pair" }, buttons),
      element(
        "div",
        { className: "moves" },
        plainButton("Previous", () => step(-1)),
        element("span", {}, where),
        plainButton("Next", () => step(1)),
        close,
      ),
    );
  };

  /** Show {left, right: listings, places: their names, pair, where: its position, folder: of photos, step(by)}. */
  kembar.showPair = (shown) => {
    const { left, right, places, pair, folder } = shown;
    clear();
    refresh = [];
    const [evidence, draw] = kembar.evidence(pair);
    const hash = element(
      "section",
      { "aria-labelledby": "bits-title" },
      element("h3", { id: "bits-title" }, "Photo hash"),
      kembar.hashes(left[3], right[3]),
      pair ? element("p", { className: "hint" }, kembar.proposedBy(pair)) : null,
    );
    const sides = [side(left, right, places[0], folder), side(right, left, places[1], folder)];
    dialog.replaceChildren(
      headerOf(shown),
      element("div", { className: "sides" }, sides),
      onlyLines(left, right),
      noteField(left[0], right[0]),
      element("div", { className: "evidence" }, evidence, hash),
    );
    refresh.forEach((one) => one());
    if (!dialog.open) dialog.showModal();
    document.getElementById("pair-title").focus();
    clear = draw();
  };

  kembar.marks.onChange(() => dialog.open && refresh.forEach((one) => one()));
  kembar.pairDialog = dialog;
})();
