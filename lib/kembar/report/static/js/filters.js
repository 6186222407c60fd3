// Which groups the gallery shows, in which order: the form's fields, kept in the address so that a link leads back.
"use strict";
(() => {
  const between = (text, value) => {
    const [low, high] = text.split("-").map((part) => (part === "" ? null : Number(part)));
    return (low === null || value >= low) && (high === null || value < high);
  };
  const withinSize = (text, value) => {
    const [low, high] = text.split("-").map((part) => (part === "" ? Infinity : Number(part)));
    return value >= low && value <= high;
  };
  const DOUBTS = {
    two: (index, i) => index.bond[i] < index.two_below,
    lacks: (index, i) => index.border[i] >= index.lacks_from,
    sure: (index, i) => index.bond[i] >= index.two_below && index.border[i] < index.lacks_from,
    labels: (index, i) => index.products[i] > 1,
  };
  const ORDERS = { risk: ["risk", -1], border: ["border", -1], size: ["size", -1], sure: ["doubt", 1] };

  /** Numbers of the groups of which one listing has all words of a search; null where nothing is searched. */
  const search = async (index, text) => {
    const words = kembar.searchWords(text);
    if (!words.length) return null;
    const many = index.titles_a_file,
      found = [];
    const files = Array.from({ length: Math.ceil(index.size.length / many) }, (_, i) => kembar.load(`titles-${i}`));
    (await Promise.all(files)).forEach((groups, file) =>
      groups.forEach((text, i) => {
        if (
          words.every((word) => text.includes(word)) &&
          text.split("\n").some((line) => words.every((word) => line.includes(word)))
        ) {
          found.push(file * many + i);
        }
      }),
    );
    return found;
  };

  /** The numbers of the groups that fit the fields {q, size, mean, doubt, seen, sort}, in order. */
  kembar.choose = async (index, fields, isSeen) => {
    const found = (await search(index, fields.q || "")) ?? index.size.map((_, i) => i);
    const kept = found.filter(
      (i) =>
        (!fields.size || withinSize(fields.size, index.size[i])) &&
        (!fields.mean || between(fields.mean, index.mean[i])) &&
        (!DOUBTS[fields.doubt] || DOUBTS[fields.doubt](index, i)),
    );
    const seen = fields.seen ? await isSeen(kept) : null;
    const chosen = seen ? kept.filter((_, i) => seen[i] === (fields.seen === "yes")) : kept;
    const [column, sign] = ORDERS[fields.sort] || [];
    return column ? chosen.sort((a, b) => sign * (index[column][a] - index[column][b]) || a - b) : chosen;
  };

  /** Which of some groups have a decision. Their ids are in the files that a search reads. */
  kembar.seen = async (index, numbers) => {
    const decided = new Set(kembar.marks.list().flatMap(({ left, right }) => [left, right]));
    if (!decided.size) return numbers.map(() => false);
    const many = index.titles_a_file,
      files = new Map();
    for (const file of new Set(numbers.map((i) => Math.floor(i / many))))
      files.set(file, await kembar.load(`titles-${file}`));
    return numbers.map((i) => {
      const ids = files
        .get(Math.floor(i / many))
        [i % many].split("\n")
        .map((line) => line.split(" ", 1)[0]);
      return ids.some((id) => decided.has(id));
    });
  };
})();
