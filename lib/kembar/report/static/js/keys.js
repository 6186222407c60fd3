// The keyboard: a page registers its keys; they are off while somebody types or a dialog has its own keys.
"use strict";
(() => {
  const pages = [];
  const help = document.getElementById("keys");
  const isWriting = (target) => target.closest("input, textarea, select, [contenteditable]");

  /** Send keys to `act(key, event)` while `isActive()`; true means that it used the key. The last added comes first. */
  kembar.onKey = (isActive, act) => pages.unshift([isActive, act]);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    if (help.open) return;
    const taken =
      event.key === "?"
        ? (help.showModal() ?? true)
        : pages.some(([isActive, act]) => isActive() && act(event.key, event));
    if (taken) event.preventDefault();
  });
  document.getElementById("help").addEventListener("click", () => help.showModal());
  kembar.onKey(
    () => true,
    (key) => {
      if (key !== "u") return false;
      kembar.say(kembar.marks.undo() ? "Undone" : "Nothing to undo");
      return true;
    },
  );
})();
