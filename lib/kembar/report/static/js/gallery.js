// The gallery: pages of cards, one of which has the keyboard.
"use strict";
(() => {
  const A_PAGE = 20;
  const at = (id) => document.getElementById(id);
  const form = at("filters"),
    list = at("list");
  let index = null,
    chosen = [],
    page = 0,
    cards = [],
    current = 0,
    turn = 0;

  const fields = () => Object.fromEntries(new FormData(form));
  const remember = () => {
    const kept = new URLSearchParams(Object.entries(fields()).filter(([, value]) => value));
    if (page) kept.set("page", page + 1);
    const query = kept.toString();
    try {
      history.replaceState(null, "", query ? `?${query}` : location.pathname);
    } catch {
      /* some browsers forbid this for pages on disk; the filters then last as long as the page */
    }
  };

  const focus = (place) => {
    current = Math.max(0, Math.min(place, cards.length - 1));
    cards[current]?.focus({ preventScroll: true });
    cards[current]?.scrollIntoView({ block: "start" });
  };

  const show = async (where, placeToFocus = null) => {
    const mine = (turn += 1);
    page = Math.max(0, Math.min(where, Math.ceil(chosen.length / A_PAGE) - 1));
    const numbers = chosen.slice(page * A_PAGE, (page + 1) * A_PAGE);
    cards = []; // keys are off until the page is there, so that none decides on a card that is about to go
    const groups = await Promise.all(numbers.map(kembar.group));
    if (mine !== turn) return; // another page was asked for meanwhile
    cards = numbers.map((number, i) => kembar.card(number, groups[i], kembar.factsOf(index, number)));
    current = 0;
    list.replaceChildren(...cards);
    const pages = Math.ceil(chosen.length / A_PAGE);
    document.querySelector(".pages").hidden = pages < 2;
    at("where").textContent = `page ${kembar.number(page + 1)} of ${kembar.number(pages)}`;
    at("previous").disabled = page === 0;
    at("next").disabled = page >= pages - 1;
    at("found").textContent =
      chosen.length === index.size.length
        ? `${kembar.number(chosen.length)} groups`
        : `${kembar.number(chosen.length)} of ${kembar.number(index.size.length)} groups`;
    remember();
    if (placeToFocus !== null) focus(placeToFocus);
  };

  const filter = async (where = 0) => {
    chosen = await kembar.choose(index, fields(), (numbers) => kembar.seen(index, numbers));
    await show(where);
  };

  const step = (by) => {
    if (!cards.length) return;
    const inside = cards.includes(document.activeElement?.closest(".group"));
    const next = inside ? current + by : current;
    const pages = Math.ceil(chosen.length / A_PAGE);
    if (next >= cards.length && page < pages - 1) show(page + 1, 0);
    else if (next < 0 && page > 0) show(page - 1, A_PAGE - 1);
    else focus(next);
  };

  const act = (key, event) => {
    if (key === "j" || key === "k") {
      step(key === "j" ? 1 : -1);
      return true;
    }
    if (key === "/") {
      at("q").focus();
      return true;
    }
    const card = cards[current];
    if (!card || !document.activeElement?.closest(".group")) return false;
    if ((key === "Enter" && event.target === card) || key === "c") {
      location.href = `group.html#${Number(card.dataset.number) + 1}${key === "c" ? "/weakest" : ""}`;
      return true;
    }
    const done = card.act(key);
    if (done === "same" || done === "different") step(1);
    return Boolean(done);
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("change", () => filter());
  at("q").addEventListener("input", () => {
    clearTimeout(filter.timer);
    filter.timer = setTimeout(filter, 150);
  });
  at("q").addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      filter().then(() => focus(0));
    }
  });
  at("previous").addEventListener("click", () => show(page - 1, 0));
  at("next").addEventListener("click", () => show(page + 1, 0));
  list.addEventListener("focusin", (event) => {
    current = Math.max(0, cards.indexOf(event.target.closest(".group")));
  });
  kembar.onKey(() => true, act);
  kembar.marks.onChange(() => cards.forEach((card) => card.refresh()));

  kembar
    .index()
    .then((read) => {
      index = read;
      if (!index.products.some((count) => count)) form.querySelector("[data-needs-labels]").remove();
      const asked = new URLSearchParams(location.search);
      for (const [name, value] of asked) if (form.elements[name]) form.elements[name].value = value;
      return filter(Number(asked.get("page") || 1) - 1);
    })
    .catch((error) => kembar.say(error.message));
})();
