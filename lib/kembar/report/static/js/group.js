// A group's own page: all of its listings, its closest neighbours, and every pair. The address names group and pair:
// #12 is the group, #12/1-4 a pair of it, #12/2-o1 one with the first outsider, #12/weakest the least likely pair.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  let index = null;
  let shown = null; // keys are off while a group loads, so that none decides on the one before
  let followed = null;

  const clamp = (number) => Math.max(0, Math.min(number, index.size.length - 1));
  const asked = () => {
    const [number, pair] = location.hash.slice(1).split("/");
    return { number: clamp((Number(number) || 1) - 1), pair };
  };
  const go = (number, pair) => {
    location.hash = `#${number + 1}${pair ? `/${pair}` : ""}`;
    follow().catch(tell); // at once: the next key may come before the browser tells of the change
  };
  const tell = (error) => kembar.say(error.message);

  const showPlace = (number) => {
    at("where").textContent = `${kembar.number(number + 1)} of ${kembar.number(index.size.length)}`;
    for (const [id, target] of Object.entries({ before: number - 1, after: number + 1 })) {
      at(id).hidden = target !== clamp(target);
      at(id).href = `#${target + 1}`;
    }
    document.title = `Group ${number + 1} – kembar`;
  };

  /** The names of a group's pairs as in the address, least likely first, then the pairs across its border. */
  const nameAll = (inner, border) => {
    const byChance = [...inner].sort((a, b) => a.probability - b.probability);
    return [
      ...byChance.map((pair) => `${pair.left + 1}-${pair.right + 1}`),
      ...border.map((pair) => `${pair.left + 1}-o${pair.right + 1}`),
    ];
  };

  const render = async (number) => {
    const group = await kembar.group(number);
    const card = kembar.card(number, group, kembar.factsOf(index, number), {
      limit: Infinity,
      heading: "h1",
      link: false,
    });
    const [inner, border] = [group.pairs, group.border].map((rows) =>
      rows.map((row) => kembar.readPair(row, index.sources)),
    );
    const byPlace = new Map(inner.map((pair) => [`${pair.left}-${pair.right}`, pair]));
    shown = { number, group, card, byPlace, border, refresh: [card.refresh], order: nameAll(inner, border) };
    at("group").replaceChildren(card);
    at("outside").hidden = !border.length;
    kembar.fillOutsiders(at("outsiders"), group, border, shown.refresh, (name) => go(number, name));
    at("pairs").hidden = false;
    const open = (i, j) => go(number, `${i + 1}-${j + 1}`);
    shown.refresh.push(kembar.fillMatrix(at("matrix"), card.ids, group.seam, byPlace, open));
    showPlace(number);
    shown.refresh.forEach((one) => one());
  };

  /** The two listings, their names and the compared pair that a name in the address stands for. */
  const findPair = (name) => {
    const { group, border, byPlace } = shown;
    const [left, right = ""] = name.split("-");
    const isOut = right.startsWith("o");
    const [i, j] = [Number(left) - 1, Number(isOut ? right.slice(1) : right) - 1];
    const pair = isOut
      ? border.find((one) => one.left === i && one.right === j)
      : byPlace.get(`${Math.min(i, j)}-${Math.max(i, j)}`);
    const places = [`${i + 1}`, isOut ? "an outsider" : `${j + 1}`];
    return { left: group.listings[i], right: (isOut ? group.outside : group.listings)[j], places, pair };
  };

  const openPair = (asked) => {
    const name = asked === "weakest" ? shown.order[0] : asked;
    const found = name && findPair(name);
    if (!found?.left || !found.right || found.left === found.right) return;
    const { number, order } = shown;
    const place = order.indexOf(name);
    const step = (by) => order[place + by] && go(number, order[place + by]);
    shown.open = { ids: [found.left[0], found.right[0]], step };
    const where = place < 0 ? "" : `${place + 1} of ${order.length}`;
    kembar.showPair({ ...found, where, folder: index.photos, step });
  };

  const follow = async () => {
    if (!index.size.length || followed === location.hash) return;
    followed = location.hash;
    const { number, pair } = asked();
    if (shown?.number !== number) {
      shown = null;
      await render(number);
      window.scrollTo(0, 0);
    }
    if (pair) openPair(pair);
    else if (kembar.pairDialog.open) kembar.pairDialog.close();
  };

  const actOnGroup = (key) => {
    if (key === "j" || key === "k") go(clamp(shown.number + (key === "j" ? 1 : -1)));
    else if (key === "c") go(shown.number, "weakest");
    else return Boolean(shown.card.act(key));
    return true;
  };
  const actOnPair = (key) => {
    const by = { j: 1, ArrowRight: 1, k: -1, ArrowLeft: -1 }[key];
    const decision = { s: "same", d: "different" }[key];
    if (decision) kembar.decidePair(...shown.open.ids, decision);
    if (by || decision) shown.open.step(by || 1);
    return Boolean(by || decision);
  };

  kembar.pairDialog.addEventListener("close", () => shown && asked().pair && go(shown.number));
  kembar.onKey(() => shown && !kembar.pairDialog.open, actOnGroup);
  kembar.onKey(() => shown && kembar.pairDialog.open, actOnPair);
  kembar.marks.onChange(() => shown?.refresh.forEach((one) => one()));
  window.addEventListener("hashchange", () => follow().catch(tell));
  kembar
    .index()
    .then((read) => {
      index = read;
      return follow();
    })
    .catch(tell);
})();
