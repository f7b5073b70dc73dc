/* An experiment from CPU to CPU: a matrix of colours for each machine, all on one scale. */
"use strict";

(function () {
  const CELL_PX = [3, 44];
  const SIDE_PX = [420, 230]; // of a matrix: of few, and of many
  const FEW = 4;
  const WRITTEN_MAX = 8;
  const text = copycost.text;
  let charts = [];

  function element(name, content, parent) {
    const made = document.createElement(name);
    made.textContent = content;
    parent.append(made);
    return made;
  }

  function cellsOf(line) {
    const [from, to] = ["from", "to"].map((name) => line.table.column(name));
    return line.points.map((point) => ({ point, from: String(from[point.row]), to: String(to[point.row]) }));
  }

  function draw(box, cells, scale, y, many) {
    const cpus = [...new Set(cells.flatMap((cell) => [cell.from, cell.to]))].sort((one, other) => one - other);
    const side = Math.min(CELL_PX[1], Math.max(CELL_PX[0], SIDE_PX[Number(many)] / cpus.length));
    const size = side * cpus.length;
    box.style.width = `${size + 64}px`;
    box.style.height = `${size + 60}px`;
    const label = { color: text.colour("text"), fontSize: 12, hideOverlap: true };
    const axis = { type: "category", data: cpus, axisLabel: label, axisTick: { show: false },
      axisLine: { show: false }, nameLocation: "middle", nameTextStyle: { color: text.colour("text"), fontSize: 12 } };
    const chart = echarts.init(box, null, { renderer: cpus.length > 16 ? "canvas" : "svg" });
    charts.push(chart);
    chart.setOption({
      animation: false,
      grid: { left: 58, top: 8, width: size, height: size, show: true, backgroundColor: text.colour("line"), borderWidth: 0 },
      xAxis: { ...axis, name: "to CPU", nameGap: 28 },
      yAxis: { ...axis, name: "from CPU", nameGap: 38, inverse: true },
      visualMap: { show: false, type: "continuous", dimension: 2, min: Math.log(scale[0]), max: Math.log(scale[1]),
        inRange: { color: copycost.index.scale } },
      tooltip: { confine: true, className: "hover", transitionDuration: 0, formatter: ({ dataIndex }) => {
        const { point, from, to } = cells[dataIndex];
        const said = [from, to, text.figure(point, text.y[y].unit), point.verdict].map((each) => echarts.format.encodeHTML(String(each)));
        return `<div class="tip">CPU ${said[0]} to ${said[1]}: <b>${said[2]}</b> ${said[3]}</div>`;
      } },
      series: [{ type: "heatmap", emphasis: { disabled: true },
        data: cells.map(({ point, from, to }) => ({ value: [to, from, Math.log(point.value)],
          label: { show: cpus.length <= WRITTEN_MAX, fontSize: 12, color: ink(point.value, scale),
            formatter: text.tick(Number(point.value.toPrecision(3)), y) } })) }],
    });
  }

  /* Colours are light below, dark above. */
  function ink(value, scale) {
    return Math.log(value / scale[0]) / Math.log(scale[1] / scale[0]) > 0.45 ? "#fff" : "#000";
  }

  function legend(scale, y, parent) {
    const bar = element("p", "", parent);
    bar.className = "scale";
    element("span", text.tick(scale[0], y), bar);
    element("i", "", bar).style.background = `linear-gradient(to right, ${copycost.index.scale.join(",")})`;
    element("span", `${text.tick(scale[1], y)} (logarithmic)`, bar);
  }

  /* Draws the lines' points as matrices into the box; no lines empty it. */
  copycost.matrices = function (box, lines, y) {
    charts.forEach((chart) => chart.dispose());
    charts = [];
    box.replaceChildren();
    const values = lines.flatMap((line) => line.points.map((point) => point.value)).filter((value) => value > 0);
    if (!values.length) return;
    const ends = [Math.min(...values), Math.max(...values)];
    const room = Math.sqrt(Math.max(1, 2 / (ends[1] / ends[0])));
    const scale = [ends[0] / room, ends[1] * room];
    legend(scale, y, box);
    const grid = element("div", "", box);
    grid.className = "multiples";
    for (const line of lines.filter((each) => each.points.length)) {
      const figure = element("figure", "", grid);
      element("figcaption", line.name, figure);
      const place = element("div", "", figure);
      place.setAttribute("role", "img");
      place.setAttribute("aria-label", `${line.name}: ${text.y[y].name} from CPU to CPU`);
      draw(place, cellsOf(line), scale, y, lines.length > FEW);
    }
  };
})();
