// Data by script tags, each of which hands its value to kembar.receive: a page opened from disk may not fetch.
"use strict";
(() => {
  const waiting = new Map(),
    loading = new Map();

  kembar.receive = (name, value) => waiting.get(name)?.(value);

  /** A data file's value, read once. */
  kembar.load = (name) => {
    if (!loading.has(name)) {
      loading.set(
        name,
        new Promise((resolve, reject) => {
          waiting.set(name, resolve);
          const script = document.createElement("script");
          script.src = `data/${name}.js`;
          script.onerror = () => {
            loading.delete(name);
            reject(new Error(`data/${name}.js cannot be read`));
          };
          document.head.append(script);
        }),
      );
    }
    return loading.get(name);
  };

  /** The figures of all groups, a list for each property. */
  kembar.index = () => kembar.load("index");

  /** A group with its listings and pairs, by its number from 0, the most doubtful. */
  kembar.group = async (number) => {
    const { groups_a_file: many } = await kembar.index();
    return (await kembar.load(`groups-${Math.floor(number / many)}`))[number % many];
  };

  /** An element with properties (data-* and aria-* as attributes) and children; text stays text. */
  kembar.element = (tag, properties = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (value === null || value === undefined || value === false) continue;
      if (key in made && !key.includes("-")) made[key] = value;
      else made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return made;
  };

  kembar.number = (value) => value.toLocaleString("en");
  kembar.share = (value) => value.toFixed(2);

  /** Tell people who cannot see what changed, and everybody in a line at the foot. */
  kembar.say = (text) => {
    const line = document.getElementById("said");
    line.textContent = text;
    line.classList.add("shown");
    clearTimeout(kembar.say.timer);
    kembar.say.timer = setTimeout(() => line.classList.remove("shown"), 4000);
  };
})();
