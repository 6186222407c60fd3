// Choose light or dark before anything is drawn, so that no page flashes. By default the page follows the system.
"use strict";
window.kembar = {};
(() => {
  const root = document.documentElement,
    KEY = "kembar:theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const tell = () => {
    document.getElementById("theme")?.setAttribute("aria-pressed", String(isDark()));
    document.dispatchEvent(new Event("kembar:theme"));
  };
  if (["light", "dark"].includes(chosen())) root.dataset.theme = chosen();
  system.addEventListener("change", tell);
  document.addEventListener("DOMContentLoaded", () => {
    tell();
    document.getElementById("theme").addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try {
        localStorage.setItem(KEY, root.dataset.theme);
      } catch {
        /* then the choice holds for this page only */
      }
      tell();
    });
  });
})();
