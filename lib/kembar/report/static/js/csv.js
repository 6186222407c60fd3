// decisions.csv, as kembar/decisions.py reads it: posting_id_l,posting_id_r,decision,reviewed_at,note.
"use strict";
(() => {
  const COLUMNS = ["posting_id_l", "posting_id_r", "decision", "reviewed_at", "note"];
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  /** Rows of text of a CSV, quotes undone. */
  const parse = (text) => {
    const rows = [[""]];
    let inside = false;
    for (let i = text.charCodeAt(0) === 0xfeff ? 1 : 0; i < text.length; i += 1) {
      const row = rows.at(-1),
        char = text[i];
      if (inside) {
        if (char !== '"') row[row.length - 1] += char;
        else if (text[i + 1] === '"') {
          row[row.length - 1] += '"';
          i += 1;
        } else inside = false;
      } else if (char === '"') inside = true;
      else if (char === ",") row.push("");
      else if (char === "\n") rows.push([""]);
      else if (char !== "\r") row[row.length - 1] += char;
    }
    return rows.filter((row) => row.length > 1 || row[0] !== "");
  };

  /** The file of marks {left, right, decision, at, note}, in order of time, so that the later of two rows is later. */
  kembar.writeDecisions = (marks) => {
    const rows = [...marks]
      .sort((a, b) => a.at - b.at)
      .map((mark) =>
        [mark.left, mark.right, mark.decision, new Date(mark.at).toISOString(), mark.note].map(quoted).join(","),
      );
    return `${[COLUMNS.join(","), ...rows].join("\n")}\n`;
  };

  /** The marks of a file. Throws an Error that names the row and what is expected. */
  kembar.readDecisions = (text) => {
    const [header = [], ...rows] = parse(text);
    const place = Object.fromEntries(COLUMNS.map((name) => [name, header.indexOf(name)]));
    const missing = COLUMNS.slice(0, 3).filter((name) => place[name] < 0);
    if (missing.length)
      throw new Error(`this file lacks the column ${missing.join(", ")}; expected ${COLUMNS.join(", ")}`);
    return rows.map((row, i) => {
      const [left, right, decision, time, note] = COLUMNS.map((name) => (row[place[name]] ?? "").trim());
      const fault = (what) => {
        throw new Error(`row ${i + 2}: ${what}`);
      };
      if (!["same", "different"].includes(decision)) fault(`decision is "${decision}", expected same or different`);
      if (!left || !right) fault("a posting_id is missing");
      if (left === right) fault(`${left} is paired with itself`);
      const at = time ? Date.parse(time) : 0;
      if (Number.isNaN(at)) fault(`reviewed_at is "${time}", expected a time such as 2026-03-01T09:30:00Z`);
      return { left, right, decision, at, note };
    });
  };
})();
