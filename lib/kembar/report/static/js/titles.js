// Differences between titles. Case, width and punctuation do not count. Numbers are separate from their unit, since
// different products often differ only in a number, such as "15 gr" and "30 gr".
"use strict";
(() => {
  const TERM = /\p{N}+(?:[.,]\p{N}+)*|[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu;
  const UNSPACED = /[\u0e00-\u0e7f\u0e80-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]/;
  const words = "Segmenter" in Intl ? new Intl.Segmenter(undefined, { granularity: "word" }) : null;

  const normal = (text) => text.normalize("NFKC").toLowerCase().replaceAll(",", ".");
  const isNumber = (term) => /^\p{N}/u.test(term);

  /** A title in pieces [text, term]; the term is null between words. */
  const cut = (title) => {
    const pieces = [];
    let end = 0;
    for (const match of title.matchAll(TERM)) {
      if (match.index > end) pieces.push([title.slice(end, match.index), null]);
      end = match.index + match[0].length;
      const parts =
        words && UNSPACED.test(match[0]) ? [...words.segment(match[0])].map((part) => part.segment) : [match[0]];
      for (const part of parts) pieces.push([part, normal(part)]);
    }
    if (end < title.length) pieces.push([title.slice(end), null]);
    return pieces;
  };

  /** The terms that more than half of some titles have. */
  const shared = (titles) => {
    const counts = new Map();
    for (const title of titles) {
      for (const term of new Set(cut(title).map(([, term]) => term))) counts.set(term, (counts.get(term) || 0) + 1);
    }
    return new Set(
      [...counts].filter(([term, count]) => term !== null && 2 * count > titles.length).map(([term]) => term),
    );
  };

  /** A title as nodes, its terms that are not among the common ones marked, numbers the most. */
  kembar.marked = (title, common) => {
    if (!title) return [kembar.element("span", { className: "none" }, "no title")];
    const nodes = [];
    for (const [text, term] of cut(title)) {
      const differs = term !== null && !common.has(term);
      const last = nodes.at(-1);
      if (differs) nodes.push(kembar.element("mark", { className: isNumber(term) ? "number" : "" }, text));
      else if (last?.nodeType === Node.TEXT_NODE) last.data += text;
      else nodes.push(document.createTextNode(text));
    }
    return nodes;
  };

  kembar.sharedTerms = (titles) => shared(titles.map((title) => title || ""));

  /** What only one of two titles has: two lists of words as written. */
  kembar.onlyIn = (left, right) => {
    const pieces = [left, right].map((title) => cut(title || "").filter(([, term]) => term !== null));
    const terms = pieces.map((some) => new Set(some.map(([, term]) => term)));
    return pieces.map((some, side) => [
      ...new Set(some.filter(([, term]) => !terms[1 - side].has(term)).map(([text]) => text)),
    ]);
  };

  /** The words of a search, as data/titles-N.js writes titles. */
  kembar.searchWords = (text) => text.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
})();
