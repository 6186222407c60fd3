// The first page: the most doubtful groups, and three charts.
"use strict";
(() => {
  const FIRST = 4;
  const figures = JSON.parse(document.getElementById("overview").textContent);
  const { colour, number } = kembar;
  const compact = (value) => Intl.NumberFormat("en", { notation: "compact" }).format(value);
  const plain = { grid: { display: false } };
  const isTen = (value) => Number.isInteger(Math.log10(value));
  const tens = {
    // pairs from one to millions: an axis of which each step is ten times as many
    type: "logarithmic",
    min: 0.5, // so that one pair is a bar
    title: { display: true, text: "pairs" },
    grid: { color: (item) => (isTen(item.tick?.value) ? colour("line") : "transparent") },
    ticks: { callback: (value) => (isTen(value) ? compact(value) : ""), maxRotation: 0, autoSkip: false },
  };

  const sure = () => {
    const bars = figures.probabilities.within.length;
    const labels = Array.from({ length: bars }, (_, i) => (i / bars).toFixed(2));
    const bar = (label, data, name) => ({
      label,
      data,
      backgroundColor: colour(name),
      barPercentage: 1,
      categoryPercentage: 0.85,
    });
    return {
      type: "bar",
      data: {
        labels,
        datasets: [
          bar("same group", figures.probabilities.within, "same"),
          bar("different groups", figures.probabilities.across, "faint"),
        ],
      },
      options: {
        scales: { x: { ...plain, title: { display: true, text: "probability" } }, y: tens },
        plugins: {
          legend: { labels: { boxWidth: 12 } },
          tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${number(item.raw)}` } },
        },
      },
    };
  };

  const large = () => ({
    type: "bar",
    data: {
      labels: figures.sizes.map((part) => part.size),
      datasets: [
        {
          label: "listings",
          data: figures.sizes.map((part) => part.listings),
          backgroundColor: figures.sizes.map((_, i) => colour(i ? "accent" : "faint")),
        },
      ],
    },
    options: {
      scales: {
        x: { ...plain, title: { display: true, text: "listings in the group" } },
        y: { ticks: { callback: compact }, title: { display: true, text: "listings" } },
      },
      plugins: { legend: { display: false } },
    },
  });

  const way = () => {
    const colours = { all: "faint", source: "accent", compared: "soft", matched: "same" };
    return {
      type: "bar",
      data: {
        labels: figures.blocking.map((part) => part.step),
        datasets: [
          {
            label: "pairs",
            data: figures.blocking.map((part) => Math.max(part.pairs, 1)),
            backgroundColor: figures.blocking.map((part) => colour(colours[part.kind])),
          },
        ],
      },
      options: {
        indexAxis: "y",
        scales: { x: tens, y: plain },
        plugins: {
          legend: { display: false },
          tooltip: { callbacks: { label: (item) => `${number(figures.blocking[item.dataIndex].pairs)} pairs` } },
        },
      },
    };
  };

  const showFirst = async () => {
    const index = await kembar.index();
    const numbers = index.size.slice(0, FIRST).map((_, i) => i);
    const cards = (await Promise.all(numbers.map(kembar.group))).map((group, i) =>
      kembar.card(i, group, kembar.factsOf(index, i), { limit: 6, heading: "h3" }),
    );
    document.getElementById("first").replaceChildren(...cards);
    if (!cards.length)
      document.getElementById("first").append(kembar.element("p", {}, "No listings were matched."));
    kembar.marks.onChange(() => cards.forEach((card) => card.refresh()));
    kembar.onKey(
      () => true,
      (key) => {
        const here = cards.indexOf(document.activeElement?.closest(".group"));
        if (key === "j" || key === "k") {
          const next = cards[Math.max(0, Math.min(here + (key === "j" ? 1 : -1), cards.length - 1))];
          next?.focus({ preventScroll: true });
          next?.scrollIntoView({ block: "nearest" });
          return true;
        }
        if (here < 0) return false;
        if (key === "Enter" && document.activeElement === cards[here]) {
          location.href = `group.html#${here + 1}`;
          return true;
        }
        return Boolean(cards[here].act(key));
      },
    );
  };

  showFirst().catch((error) => kembar.say(error.message));
  for (const [id, configure] of Object.entries({ sure, large, way }))
    kembar.chart(document.getElementById(id), configure);
})();
