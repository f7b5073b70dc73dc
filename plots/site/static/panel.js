/* The hands on the chart: dragging, keys, the zoom's buttons. */
"use strict";

(function () {
  const LEAST_PX = 8;
  let place = { line: 0, point: -1 };

  function position(box, event) {
    return event.clientX - box.getBoundingClientRect().left;
  }

  function valueAt(px) {
    return copycost.drawn().chart.convertFromPixel({ xAxisIndex: 0 }, px);
  }

  /* Calls zoomed([low, high]) when a part of x has been dragged over. */
  function drag(box, zoomed) {
    const veil = document.createElement("div");
    veil.className = "veil";
    let from = null;
    box.addEventListener("pointerdown", (event) => {
      const drawn = copycost.drawn();
      if (!drawn || !drawn.x.numeric || event.button !== 0) return;
      from = position(box, event);
      box.append(veil);
      veil.style.width = 0;
    });
    window.addEventListener("pointermove", (event) => {
      if (from === null) return;
      const to = position(box, event);
      veil.style.left = `${Math.min(from, to)}px`;
      veil.style.width = `${Math.abs(to - from)}px`;
    });
    window.addEventListener("pointercancel", () => {
      from = null;
      veil.remove();
    });
    window.addEventListener("pointerup", (event) => {
      if (from === null) return;
      const ends = [from, position(box, event)].sort((one, other) => one - other);
      from = null;
      veil.remove();
      if (ends[1] - ends[0] < LEAST_PX) return;
      const [low, high] = copycost.ends();
      const range = ends.map((px) => Math.min(Math.max(valueAt(px), low), high));
      if (range[0] < range[1]) zoomed(range);
    });
  }

  /* The ends of x as it is drawn. */
  copycost.ends = function () {
    const axis = copycost.drawn().chart.getOption().xAxis[0];
    return [axis.min, axis.max];
  };

  function narrowed(factor) {
    if (!factor) return null;
    const log = copycost.drawn().chart.getOption().xAxis[0].type === "log";
    const to = log ? Math.log : (value) => value;
    const from = log ? Math.exp : (value) => value;
    const [low, high] = copycost.ends().map(to);
    const half = ((high - low) / 2) * factor;
    return [from((low + high) / 2 - half), from((low + high) / 2 + half)];
  }

  function step(key, lines) {
    const { line, point } = place;
    if (key === "ArrowRight") return { line, point: point + 1 };
    if (key === "ArrowLeft") return { line, point: Math.max(0, point - 1) };
    if (key === "ArrowDown") return { line: (line + 1) % lines.length, point };
    return { line: (line + lines.length - 1) % lines.length, point };
  }

  function keys(box, spoken) {
    box.addEventListener("keydown", (event) => {
      const drawn = copycost.drawn();
      if (event.key === "Escape" && drawn) drawn.chart.dispatchAction({ type: "hideTip" });
      if (!drawn || !/^Arrow(Left|Right|Up|Down)$/.test(event.key)) return;
      event.preventDefault();
      const next = step(event.key, drawn.lines);
      next.line = Math.min(next.line, drawn.lines.length - 1);
      next.point = Math.min(Math.max(0, next.point), drawn.lines[next.line].points.length - 1);
      place = next;
      const line = drawn.lines[place.line];
      const point = line.points[place.point];
      const at = copycost.text.value(drawn.x, String(point.x));
      drawn.chart.dispatchAction({ type: "showTip", seriesIndex: 2 * place.line + 1, dataIndex: place.point });
      spoken.textContent = `${line.name}, ${drawn.x.name} ${at}: ${copycost.text.figure(point, copycost.text.y[drawn.y].unit)}`;
    });
    box.addEventListener("blur", () => {
      if (copycost.drawn()) copycost.drawn().chart.dispatchAction({ type: "hideTip" });
    });
  }

  /* box: of the chart; buttons: that zoom; spoken: where a point is said; zoomed: see drag(). */
  copycost.panel = function (box, buttons, spoken, zoomed) {
    drag(box, zoomed);
    keys(box, spoken);
    for (const button of buttons) {
      button.addEventListener("click", () => {
        if (copycost.drawn() && copycost.drawn().x.numeric) zoomed(narrowed(Number(button.dataset.factor)));
      });
    }
  };
})();
