/* Which line looks how. The colours are those of the figures, with dashes and markers beside them. */
"use strict";

(function () {
  const LIBC = "copy_libc_memcpy";
  const MARKERS = { // by matplotlib's letter, 10 wide and high
    o: "M0,5A5,5 0 1,1 10,5A5,5 0 1,1 0,5Z",
    s: "M0,0H10V10H0Z",
    "^": "M5,0L10,10H0Z",
    D: "M5,0L10,5L5,10L0,5Z",
    v: "M0,0H10L5,10Z",
    P: "M3,0H7V3H10V7H7V10H3V7H0V3H3Z",
    X: "M2,0L5,3L8,0L10,2L7,5L10,8L8,10L5,7L2,10L0,8L3,5L0,2Z",
  };

  function nth(place) {
    const lines = copycost.index.lines;
    const look = lines[place % lines.length];
    const round = Math.floor(place / lines.length);
    return { ...look, dashes: lines[(place + round) % lines.length].dashes, width: 1.6 };
  }

  /* Where there are more lines than colours, a CPU family has one, and its members differ by the rest. */
  function byFamily(lines) {
    const members = new Map();
    return lines.map((line) => {
      const family = line.run.family;
      if (!members.has(family)) members.set(family, []);
      const before = members.get(family);
      before.push(line);
      const own = copycost.index.lines[before.length % copycost.index.lines.length];
      return { ...own, colour: nth([...members.keys()].indexOf(family)).colour, width: 1.6 };
    });
  }

  /* Gives each line its look. */
  copycost.look = function (lines) {
    const machines = new Set(lines.map((line) => line.run.machine)).size;
    const many = lines.length > copycost.index.lines.length && machines > 1;
    const found = many ? byFamily(lines) : lines.map((line, place) => nth(place));
    lines.forEach((line, place) => {
      line.look = found[place];
      if (machines === 1 && lines.length > 1 && line.value === LIBC) {
        line.look = { ...found[place], colour: copycost.text.colour("text"), dashes: [], width: 2.6 };
      }
    });
  };

  /* The path of the look's marker. */
  copycost.marker = (look) => MARKERS[look.marker];

  /* A piece of the line as a picture. */
  copycost.swatch = function (look) {
    const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawn.setAttribute("width", 36);
    drawn.setAttribute("height", 12);
    drawn.setAttribute("aria-hidden", "true");
    const dashes = look.dashes.map((dash) => dash * look.width).join(" ");
    const parts = {
      line: { x1: 0, y1: 6, x2: 36, y2: 6, "stroke-dasharray": dashes, "stroke-width": look.width },
      path: { d: copycost.marker(look), transform: "translate(14 2) scale(0.8)", fill: look.colour },
    };
    for (const name in parts) {
      const part = document.createElementNS("http://www.w3.org/2000/svg", name);
      part.setAttribute("stroke", look.colour);
      for (const key in parts[name]) part.setAttribute(key, parts[name][key]);
      drawn.append(part);
    }
    return drawn;
  };
})();
