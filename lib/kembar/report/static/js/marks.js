// Decisions, pair by pair. Only these are stored; the state of a group or a listing follows from them.
// They are in localStorage under the run's name, so that a report of another run does not show these marks.
"use strict";
(() => {
  const KEY = `kembar:${document.body.dataset.run}:decisions`;
  const marks = new Map(),
    listeners = [];
  let undone = [];

  const key = (a, b) => (a < b ? `${a}\t${b}` : `${b}\t${a}`);
  const read = () => {
    marks.clear();
    let kept = [];
    try {
      kept = JSON.parse(localStorage.getItem(KEY) || "[]");
    } catch {
      /* unreadable: as if there were none */
    }
    for (const [pair, decision, at, note] of kept) marks.set(pair, { decision, at, note });
  };
  const keep = () => {
    const rows = [...marks].map(([pair, mark]) => [pair, mark.decision, mark.at, mark.note]);
    try {
      localStorage.setItem(KEY, JSON.stringify(rows));
    } catch {
      kembar.say("This browser cannot store more decisions. Save them to a file now.");
    }
    for (const listener of listeners) listener();
  };
  const put = (pair, mark) => (mark ? marks.set(pair, mark) : marks.delete(pair));

  kembar.marks = {
    get: (a, b) => marks.get(key(a, b)),
    count: () => marks.size,
    onChange: (listener) => listeners.push(listener),
    list: () =>
      [...marks].map(([pair, mark]) => {
        const [left, right] = pair.split("\t");
        return { left, right, ...mark };
      }),

    /** Decide pairs [a, b, decision] at once, null to take a decision back; one undo undoes them all. */
    set(pairs, note) {
      const at = Date.now();
      undone.push(pairs.map(([a, b]) => [key(a, b), marks.get(key(a, b))]));
      for (const [a, b, decision] of pairs) {
        put(key(a, b), decision && { decision, at, note: note ?? marks.get(key(a, b))?.note ?? "" });
      }
      keep();
    },

    /** Write a note on pairs that are decided. */
    note(pairs, text) {
      for (const [a, b] of pairs) if (marks.has(key(a, b))) marks.get(key(a, b)).note = text;
      keep();
    },

    /** Add a file's decisions unless a later one is known; returns how many pairs that changed. */
    merge(read) {
      const before = [];
      for (const { left, right, ...mark } of read) {
        const pair = key(left, right),
          known = marks.get(pair);
        if (known && known.at > mark.at) continue;
        before.push([pair, known]);
        marks.set(pair, mark);
      }
      if (before.length) undone.push(before.reverse());
      keep();
      return new Set(before.map(([pair]) => pair)).size;
    },

    /** Take the last change back; false where there is none. */
    undo() {
      const last = undone.pop();
      if (!last) return false;
      for (const [pair, mark] of last) put(pair, mark);
      keep();
      return true;
    },
  };

  read();
  window.addEventListener("storage", (event) => {
    // the report in another tab
    if (event.key !== KEY) return;
    undone = [];
    read();
    for (const listener of listeners) listener();
  });
})();
