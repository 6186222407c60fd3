// Charts in the page's own colours, drawn anew when those change.
"use strict";
(() => {
  const made = [];
  const { Chart } = window;
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;

  /** A colour of the style sheet as it is now. */
  kembar.colour = (name) => {
    const probe = kembar.element("span");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };

  const style = () => {
    Chart.defaults.color = kembar.colour("soft");
    Chart.defaults.borderColor = kembar.colour("line");
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12;
  };

  /** Draw on a canvas what `configure()` says, and again whenever the colours change. */
  kembar.chart = (canvas, configure) => {
    style();
    const entry = { canvas, configure, chart: new Chart(canvas, configure()) };
    made.push(entry);
    return () => {
      entry.chart.destroy();
      made.splice(made.indexOf(entry), 1);
    };
  };

  document.addEventListener("kembar:theme", () => {
    style();
    for (const entry of made) {
      entry.chart.destroy();
      entry.chart = new Chart(entry.canvas, entry.configure());
    }
  });
})();
