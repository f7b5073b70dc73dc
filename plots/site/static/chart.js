/* Lines with their intervals: axes, shades, names beside the lines, hover, and enlarging by dragging. */
"use strict";

(function () {
  const LABEL_PX = 16;
  const LABELLED_FROM_PX = 620;
  const NAME_MAX = 38;
  const LISTED_MAX = 14;
  const LEADER_PX = [16, 80]; // for few lines and for many
  const FEW = 16;
  const FAINT = 0.12; // beside a line that stands out
  const TURNED_PX = 90;
  const text = copycost.text;
  let chart = null;
  let drawn = null;

  function shown(picture) {
    const { x, zoom } = picture;
    return picture.lines.map((line) => ({ ...line, points: !x.numeric || !zoom ? line.points
      : line.points.filter((point) => point.x >= zoom[0] && point.x <= zoom[1]) }));
  }

  function isWide(point) {
    return point.low !== null && point.high - point.low > point.value;
  }

  /* Ticks at 1, 2 and 5 of each decade, fewer where they are many. */
  function decades(low, high, most) {
    for (const digits of [[1, 2, 5], [1]]) {
      const ticks = [];
      for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
        for (const digit of digits) ticks.push(digit * 10 ** power);
      }
      const inside = ticks.filter((tick) => tick >= low && tick <= high);
      if (inside.length <= most || digits.length === 1) {
        return inside.filter((tick, place) => place % Math.ceil(inside.length / most) === 0);
      }
    }
    return [];
  }

  function powersOfTwo(low, high, most) {
    const ticks = [];
    for (let power = Math.ceil(Math.log2(low)); 2 ** power <= high; power++) ticks.push(power);
    const step = [1, 2, 4, 5, 10, 20].find((each) => ticks.length <= most * each);
    return ticks.filter((power) => power % step === 0).map((power) => 2 ** power);
  }

  /* Multiples of a power of two, or of 1, 2 or 5 in a decade. */
  function steps(low, high, most, binary) {
    const least = (high - low) / most;
    const power = 10 ** Math.floor(Math.log10(least));
    const step = binary ? Math.max(1, 2 ** Math.ceil(Math.log2(least)))
      : power * [1, 2, 5, 10].find((digit) => power * digit >= least * 0.999);
    const first = Math.ceil(low / step);
    const count = Math.floor(high / step) - first + 1;
    return Array.from({ length: count }, (none, place) => Number(((first + place) * step).toPrecision(12)));
  }

  function extent(values) {
    return [Math.min(...values), Math.max(...values)];
  }

  /* Ends of an axis and whether it is logarithmic. */
  function span(values, ratio) {
    const [low, high] = extent(values);
    if (low > 0 && high / low >= ratio) return { low, high, log: true };
    return { low: Math.min(0, low), high: high || 1, log: false };
  }

  function xAxis(picture, lines, width) {
    const { x } = picture;
    const common = { name: text.axis(x), nameLocation: "middle", nameGap: 34, ...paint(),
      splitLine: { show: false } };
    if (!x.numeric) {
      const used = new Set(lines.flatMap((line) => line.points.map((point) => point.x)));
      const data = x.values.filter((value) => used.has(value));
      const room = width / data.length;
      const label = room < TURNED_PX ? { rotate: 40, width: 1.5 * TURNED_PX, overflow: "truncate" }
        : { width: room - 8, overflow: "break" };
      return { ...common, type: "category", data, nameGap: room < TURNED_PX ? 110 : 34,
        axisLabel: { ...paint().axisLabel, interval: 0, formatter: (value) => text.value(x, value), ...label } };
    }
    const values = lines.flatMap((line) => line.points.map((point) => point.x));
    const found = span(values, 16);
    if (picture.zoom) {
      found.log = picture.zoom[0] > 0 && span(picture.all, 16).log;
      [found.low, found.high] = picture.zoom;
    }
    if (found.low === found.high) [found.low, found.high] = [found.low / 2, found.high * 2];
    const most = Math.max(2, Math.floor(width / 76));
    const label = { ...paint().axisLabel, formatter: (value) => text.value({ unit: x.unit === "bytes" ? "bytes" : "" }, value) };
    const { low, high, log } = found;
    const powers = log ? powersOfTwo(low, high, most) : steps(low, high, most, x.unit === "bytes");
    const ticks = log && powers.length < 2 ? decades(low, high, most) : powers;
    return { ...common, type: log ? "log" : "value", logBase: 2, min: low, max: high,
      axisTick: { customValues: ticks }, axisLabel: { ...label, customValues: ticks } };
  }

  function yAxis(picture, lines) {
    const points = lines.flatMap((line) => line.points);
    const values = points.flatMap((point) => (point.low === null || isWide(point) ? [point.value]
      : [point.low, point.value, point.high]));
    const found = span(values, 6);
    const unit = text.y[picture.y];
    const common = { name: unit.name, nameLocation: "middle", nameGap: 52, nameRotate: 90, ...paint() };
    const label = { ...paint().axisLabel, formatter: (value) => text.tick(value, picture.y) };
    if (!found.log) {
      return { ...common, type: "value", min: found.low, max: found.high * 1.05,
        axisLabel: { ...label, showMaxLabel: false } };
    }
    const [low, high] = [found.low / 1.15, found.high * 1.15];
    const ticks = decades(low, high, 12);
    return { ...common, type: "log", min: low, max: high, axisTick: { customValues: ticks },
      axisLabel: { ...label, customValues: ticks } };
  }

  function paint() {
    const quiet = text.colour("quiet");
    return {
      nameTextStyle: { color: text.colour("text"), fontSize: 13 },
      axisLabel: { color: text.colour("text"), fontSize: 12 },
      axisLine: { show: true, onZero: false, lineStyle: { color: quiet } },
      splitLine: { lineStyle: { color: text.colour("line") } },
    };
  }

  /* The parts of a line whose intervals are shaded: an interval wider than the value is not. */
  function runs(points) {
    const found = [[]];
    for (const point of points) {
      if (point.low === null || isWide(point)) found.push([]);
      else found[found.length - 1].push(point);
    }
    return found.filter((run) => run.length);
  }

  function bar(api, point, colour) {
    const [x, top] = api.coord([point.x, point.high]);
    const bottom = api.coord([point.x, point.low])[1];
    return { type: "line", shape: { x1: x, y1: top, x2: x, y2: bottom },
      style: { stroke: colour, lineWidth: 5, opacity: 0.4 } };
  }

  function shade(api, run, colour) {
    const edge = (key) => run.map((point) => api.coord([point.x, point[key]]));
    return { type: "polygon", shape: { points: [...edge("high"), ...edge("low").reverse()] },
      style: { fill: colour, opacity: 0.22 } };
  }

  function band(line, place, numeric) {
    const draw = (api) => runs(line.points).flatMap((run) => (numeric && run.length > 1
      ? [shade(api, run, line.look.colour)] : run.map((point) => bar(api, point, line.look.colour))));
    return { id: `band ${place}`, type: "custom", silent: true, clip: true, z: 1, tooltip: { show: false },
      data: line.points.slice(0, 1).map((point) => [point.x, point.value]),
      renderItem: (params, api) => ({ type: "group", children: draw(api) }) };
  }

  function series(line, place, numeric) {
    const { colour, dashes, width } = line.look;
    const symbol = `path://${copycost.marker(line.look)}`;
    return { id: `line ${place}`, type: "line", clip: true, z: 3, symbol, symbolSize: 7,
      showAllSymbol: true, color: colour,
      lineStyle: { color: colour, width, opacity: numeric ? 1 : 0,
        type: dashes.length ? dashes.map((dash) => dash * width) : "solid" },
      emphasis: { disabled: true },
      data: line.points.map((point) => ({ value: [point.x, point.value],
        itemStyle: isWide(point) ? { color: text.colour("paper"), borderColor: colour, borderWidth: 1.4 } : { color: colour } })) };
  }

  function tip(params) {
    const encode = echarts.format.encodeHTML;
    const found = params.filter((each) => each.seriesType === "line")
      .map((each) => ({ line: drawn.lines[Number(each.seriesId.slice(5))], place: each.dataIndex }))
      .map(({ line, place }) => ({ line, point: line.points[place] }))
      .sort((one, other) => other.point.value - one.point.value);
    if (!found.length) return "";
    const unit = text.y[drawn.y].unit;
    const rows = found.slice(0, LISTED_MAX).map(({ line, point }) =>
      `<li><i style="background:${line.look.colour}"></i>${encode(line.name)}: <b>${text.figure(point, unit)}</b> ${point.verdict}</li>`);
    const more = found.length - rows.length;
    const head = `${drawn.x.name} ${text.value(drawn.x, String(found[0].point.x))}`;
    return `<div class="tip"><p>${encode(head)}</p><ul>${rows.join("")}</ul>${more ? `<p>and ${more} more, in the table</p>` : ""}</div>`;
  }

  function options(picture, lines, room, box) {
    const width = box.clientWidth - room - 70;
    const x = xAxis(picture, lines, width);
    return {
      animation: false,
      grid: { left: 70, right: room, top: 14, bottom: x.nameGap + 24 },
      xAxis: x,
      yAxis: yAxis(picture, lines),
      tooltip: { trigger: "axis", confine: true, formatter: tip, transitionDuration: 0, className: "hover",
        axisPointer: { type: "line", snap: true, lineStyle: { color: text.colour("quiet") } } },
      series: lines.flatMap((line, place) => [band(line, place, picture.x.numeric), series(line, place, picture.x.numeric)]),
    };
  }

  function cut(name) {
    return name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name;
  }

  function widest(lines) {
    const ruler = document.createElement("canvas").getContext("2d");
    ruler.font = "12px sans-serif";
    return Math.max(...lines.map((line) => ruler.measureText(cut(line.name)).width));
  }

  /* Least squares under the condition that neighbours are that far apart, as in plots/labels.py. */
  function spread(wanted, gap, low, high) {
    const pools = [];
    wanted.forEach((place, index) => {
      let pool = [place - index * gap, 1];
      while (pools.length && pools[pools.length - 1][0] > pool[0]) {
        const [mean, count] = pools.pop();
        pool = [(mean * count + pool[0] * pool[1]) / (count + pool[1]), count + pool[1]];
      }
      pools.push(pool);
    });
    const flat = pools.flatMap(([mean, count]) => new Array(count).fill(mean));
    const last = Math.max(low, high - (flat.length - 1) * gap);
    return flat.map((place, index) => Math.min(Math.max(place, low), last) + index * gap);
  }

  function leader(lines) {
    return LEADER_PX[Number(lines.length > FEW)];
  }

  function labels(lines, box, bottom) {
    const right = box.clientWidth - drawn.room;
    const turn = right + 6 + leader(lines);
    const ends = lines.filter((line) => line.points.length).map((line) => {
      const end = line.points[line.points.length - 1];
      const [x, y] = chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, [end.x, end.value]);
      return { line, x, y };
    }).sort((one, other) => one.y - other.y);
    const places = spread(ends.map((end) => end.y), LABEL_PX, 14, box.clientHeight - bottom);
    return ends.flatMap(({ line, x, y }, place) => [
      { type: "polyline", silent: true, shape: { points: [[x + 4, y], [right + 6, y], [turn, places[place]], [turn + 8, places[place]]] },
        style: { stroke: line.look.colour, lineWidth: 1.2, opacity: 0.8, fill: "none" } },
      { type: "text", silent: true, x: turn + 12, y: places[place],
        style: { text: cut(line.name), fill: text.colour("text"), fontSize: 12, verticalAlign: "middle" } },
    ]);
  }

  /*
   * picture: {x, y, lines, zoom}; lines have a look. Draws into the box; nothing to draw empties it.
   */
  copycost.chart = function (box, picture) {
    picture.all = picture.lines.flatMap((line) => line.points.map((point) => point.x));
    const lines = shown(picture).filter((line) => line.points.length);
    box.hidden = !lines.length;
    if (chart) chart.dispose();
    chart = null;
    if (!lines.length) return;
    const labelled = box.clientWidth >= LABELLED_FROM_PX;
    box.style.height = `${Math.max(labelled ? 440 : 340, labelled ? lines.length * LABEL_PX + 120 : 0)}px`;
    const room = labelled ? widest(lines) + leader(lines) + 26 : 14;
    drawn = { x: picture.x, y: picture.y, lines, room };
    chart = echarts.init(box, null, { renderer: "svg" });
    const option = options(picture, lines, room, box);
    chart.setOption(option);
    if (labelled) chart.setOption({ graphic: labels(lines, box, option.grid.bottom) });
  };

  /* Whether some point of these lines is between the ends of a zoom, which only a numeric x has. */
  copycost.within = (x, lines, zoom) => shown({ x, lines, zoom }).some((line) => line.points.length);

  /* Makes a line stand out, or all alike again. */
  copycost.highlight = function (name, on) {
    if (chart) chart.setOption({ series: drawn.lines.map((line, place) => {
      const opacity = on && line.name !== name ? FAINT : 1;
      return { id: `line ${place}`, itemStyle: { opacity }, lineStyle: { opacity: drawn.x.numeric ? opacity : 0 } };
    }) });
  };

  /* What is drawn now, for the keyboard, dragging and resizing: null or {chart, lines, x}. */
  copycost.drawn = () => (chart ? { chart, ...drawn } : null);
})();
