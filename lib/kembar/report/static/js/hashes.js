// Two perceptual hashes as grids of 8 × 8 bits; bits that differ stand out.
"use strict";
(() => {
  const { element } = kembar;

  /** The 64 bits of a hash of 16 hexadecimal digits, row by row as the hash's author counts them. */
  kembar.bitsOf = (hash) => [...hash].flatMap((digit) => [8, 4, 2, 1].map((bit) => (parseInt(digit, 16) & bit) !== 0));

  const grid = (bits, others) =>
    element(
      "div",
      { className: "bits", "aria-hidden": "true" },
      bits.map((bit, i) =>
        element("i", { className: `${bit ? "on" : ""} ${bit === others[i] ? "" : "differs"}`.trim() }),
      ),
    );

  /** Both hashes and how many bits differ, or a note if a listing has no hash. */
  kembar.hashes = (left, right) => {
    if (!left || !right) return element("p", { className: "hint" }, "One of the photos has no hash.");
    const [a, b] = [left, right].map(kembar.bitsOf);
    const differ = a.filter((bit, i) => bit !== b[i]).length;
    return element(
      "figure",
      { className: "hashes" },
      grid(a, b),
      grid(b, a),
      element(
        "figcaption",
        {},
        `${differ} of 64 bits differ`,
        differ >= 24 ? ", as many as for unrelated photos" : "",
      ),
    );
  };
})();
