// Decisions on groups, as decisions on their pairs.
//
// Same product: `same` for all pairs of the group's main part. All different: `different` for all pairs.
// A separated listing: `different` to each listing of the main part. Two separated listings get no decision, since they
// may be the same product. The main part is the largest set of listings connected by undecided or same pairs.
"use strict";
(() => {
  const pairsOf = (ids) => ids.flatMap((a, i) => ids.slice(i + 1).map((b) => [a, b]));
  const isApart = (a, b) => kembar.marks.get(a, b)?.decision === "different";

  /** For each listing whether it is in the main part; of equally large parts the first is the main one. */
  const mainPart = (ids) => {
    const part = ids.map(() => -1),
      sizes = [];
    ids.forEach((_, start) => {
      if (part[start] >= 0) return;
      const number = sizes.push(0) - 1,
        stack = [start];
      part[start] = number;
      while (stack.length) {
        const i = stack.pop();
        sizes[number] += 1;
        ids.forEach((id, j) => {
          if (part[j] < 0 && !isApart(ids[i], id)) {
            part[j] = number;
            stack.push(j);
          }
        });
      }
    });
    const main = sizes.indexOf(Math.max(...sizes));
    return part.map((number) => number === main);
  };

  kembar.verdicts = {
    mainPart,

    /** What is decided of a group: {state, decided, pairs}; state is "same", "different", "split", "some" or "none". */
    of(ids) {
      const pairs = pairsOf(ids),
        found = pairs.map(([a, b]) => kembar.marks.get(a, b)?.decision);
      const decided = found.filter(Boolean).length,
        different = found.filter((decision) => decision === "different").length;
      if (!decided) return { state: "none", decided, pairs: pairs.length };
      if (different === pairs.length) return { state: "different", decided, pairs: pairs.length };
      if (decided === pairs.length && !different) return { state: "same", decided, pairs: pairs.length };
      return { state: mainPart(ids).includes(false) ? "split" : "some", decided, pairs: pairs.length };
    },

    same(ids) {
      const main = mainPart(ids),
        kept = ids.filter((_, i) => main[i]);
      const whole = kept.length < 2 ? ids : kept; // after "all different" use the whole group
      kembar.marks.set(pairsOf(whole).map(([a, b]) => [a, b, "same"]));
    },

    different(ids) {
      kembar.marks.set(pairsOf(ids).map(([a, b]) => [a, b, "different"]));
    },

    /** Separate the listings from the seam on from those before it. */
    split(ids, seam) {
      kembar.marks.set(ids.slice(0, seam).flatMap((a) => ids.slice(seam).map((b) => [a, b, "different"])));
    },

    /** Separate one listing from the main part, or put it back. */
    toggle(ids, i) {
      const main = mainPart(ids),
        others = ids.filter((_, j) => j !== i && main[j]);
      kembar.marks.set(others.map((other) => [ids[i], other, main[i] ? "different" : null]));
    },

    clear(ids) {
      kembar.marks.set(pairsOf(ids).map(([a, b]) => [a, b, null]));
    },
  };
})();
