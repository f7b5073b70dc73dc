/* The page for comparing: from the address to a figure, and from every choice to the address. */
"use strict";

(function () {
  const CHOSEN_FIRST = 6;
  const TABLE_MAX = 3000;
  const NAMED_MAX = 4;
  const { id, fill, fillFixed, fillValues, fillMachines } = copycost.choosers;
  const { text } = copycost;
  const known = new Map(copycost.index.runs.map((run) => [run.id, run]));
  let state = copycost.state.read(location.hash);
  let picture = null;
  let turn = 0;

  function experiments() {
    const names = new Set(copycost.index.runs.flatMap((run) => run.experiments));
    return [...names].sort();
  }

  /* Runs that may be chosen: of each machine the newest, unless older or emulated ones are asked for. */
  function offered() {
    const chosen = state.runs || [];
    return copycost.index.runs.filter((run) => run.experiments.includes(state.experiment) &&
      (state.old || run.newest || chosen.includes(run.id)) && (state.emulated || !run.emulated));
  }

  function usual() {
    const own = offered().filter((run) => !run.source);
    const found = (own.length ? own : offered()).slice();
    found.sort((one, other) => (one.created < other.created ? 1 : -1));
    return found.slice(0, CHOSEN_FIRST).map((run) => run.id);
  }

  /* Why a run that was asked for is not drawn; empty if it is. */
  function refusal(name) {
    const run = known.get(name);
    if (!run) return `${name}: no such run in this collection`;
    if (!run.experiments.includes(state.experiment)) return `${run.machine}: its run has no ${state.experiment}`;
    if (run.emulated && !state.emulated) {
      return `${run.machine}: emulated, so its times mean nothing; drawn when “emulated machines” is chosen`;
    }
    return "";
  }

  async function read(names, problems) {
    const found = await Promise.all(names.map(async (name) => {
      try {
        return { run: known.get(name), table: await copycost.table(name, state.experiment) };
      } catch (error) {
        problems.push(`${known.get(name).machine}: ${error.message}`);
        return null;
      }
    }));
    return found.filter(Boolean);
  }

  function element(name, content, parent, more) {
    const made = Object.assign(document.createElement(name), { textContent: content }, more);
    parent.append(made);
    return made;
  }

  function list(box, title, lines) {
    box.replaceChildren();
    if (!lines.length) return;
    element("h3", title, box);
    const items = element("ul", "", box);
    lines.forEach((line) => element("li", line, items));
  }

  /* What is missing, each reason once. */
  function missing(lines) {
    const found = new Map();
    for (const line of lines.filter((each) => each.missing)) {
      found.set(line.missing, [...(found.get(line.missing) || []), line.name]);
    }
    return [...found].map(([why, names]) => `${names.length > NAMED_MAX ? `${names.length} lines` : names.join("; ")}: ${why}`);
  }

  /* Names with their looks, by CPU family where there are many; at a touch, a line stands out. */
  function legend(lines) {
    const box = id("legend");
    box.replaceChildren();
    const families = new Set(lines.map((line) => line.run.family));
    const grouped = lines.length > copycost.index.lines.length && families.size > 1;
    for (const family of grouped ? [...families].sort() : [null]) {
      if (grouped) element("li", family, box, { className: "family" });
      for (const line of lines.filter((each) => !grouped || each.run.family === family)) {
        const button = element("button", "", element("li", "", box), { type: "button" });
        button.append(copycost.swatch(line.look), line.name);
        for (const event of ["mouseenter", "focus"]) button.addEventListener(event, () => copycost.highlight(line.name, true));
        for (const event of ["mouseleave", "blur"]) button.addEventListener(event, () => copycost.highlight(line.name, false));
      }
    }
  }

  function files(sources) {
    const box = id("files");
    box.replaceChildren();
    if (!sources.length) return;
    const fold = element("details", "", box, { open: sources.length <= CHOSEN_FIRST });
    element("summary", "Files", fold);
    const items = element("ul", "", fold);
    for (const { run } of sources) {
      const item = element("li", "", items);
      element("a", run.machine, item, { href: `machine/${run.page}.html` });
      item.append(`, ${run.created.slice(0, 10)}: `);
      for (const name of [`${state.experiment}.csv`, "datapackage.json", "machine.json"]) {
        element("a", name, item, { href: `data/${run.id}/${name}` });
        item.append(" ");
      }
    }
  }

  /* With the digits that the CSV has. */
  function exact(value) {
    if (value === null) return "";
    return typeof value === "number" ? Number(value.toPrecision(9)) : value;
  }

  function table(resolved) {
    const box = id("table");
    if (!box.open || !resolved) return;
    const wide = box.querySelector(".wide");
    wide.replaceChildren();
    const made = element("table", "", wide);
    const head = element("tr", "", element("thead", "", made));
    const { x } = resolved;
    const names = ["line", resolved.matrix ? "CPU" : x.name, text.y[resolved.y].unit, "low", "high", "verdict", "cell"];
    names.forEach((name) => element("th", name, head, { scope: "col" }));
    const body = element("tbody", "", made);
    const rows = resolved.lines.flatMap((line) => line.points.map((point) => [line.name,
      resolved.matrix ? { ...point, to: line.table.column("to")[point.row] } : point]));
    for (const [name, point] of rows.slice(0, TABLE_MAX)) {
      const row = element("tr", "", body);
      element("th", name, row, { scope: "row" });
      const columns = [resolved.matrix ? `${point.x} to ${point.to}` : text.value(x, String(point.x)), point.value, point.low, point.high, point.verdict, point.cell];
      columns.forEach((value) => element("td", exact(value), row));
    }
    if (rows.length > TABLE_MAX) element("p", `and ${rows.length - TABLE_MAX} more, in the CSV`, wide);
  }

  function status(resolved, matrix) {
    const drawn = resolved.lines.filter((line) => line.points.length).length;
    if (!drawn) return "Nothing of this has been measured; what is missing stands below.";
    const single = resolved.values.length === 1 ? { [resolved.series]: resolved.values[0] } : {};
    const settings = Object.entries({ ...single, ...resolved.fixed });
    const fixed = settings.map(([name, value]) => `${name} ${text.value(resolved.axes.get(name), value)}`).join(", ");
    const shade = matrix ? "" : " Shade or bar: the interval; hollow: it is wider than the value, and not drawn.";
    const dropped = resolved.dropped ? ` ${resolved.dropped} more lines are not drawn: choose fewer.` : "";
    return `${fixed ? `At ${fixed}. ` : ""}${shade}${dropped}`.trim();
  }

  function show(sources, resolved, problems) {
    const matrix = Boolean(resolved && resolved.matrix);
    id("series").parentNode.hidden = matrix;
    id("zoom").hidden = matrix || !resolved || !resolved.x.numeric;
    id("title").textContent = !resolved ? `${state.experiment}: nothing to draw`
      : `${state.experiment}: ${text.y[resolved.y].name}${matrix ? " from CPU to CPU" : ` by ${resolved.x.name}`}`;
    id("status").textContent = resolved ? status(resolved, matrix) : "No machine is chosen, or none has this experiment.";
    const lines = resolved ? resolved.lines.filter((line) => line.points.length) : [];
    if (state.zoom && resolved && lines.length && !copycost.within(resolved.x, lines, state.zoom)) {
      state.zoom = null;
      id("status").textContent += " Between the ends of the zoom is no point: all is shown.";
    }
    copycost.look(lines);
    picture = matrix || !resolved ? null : { x: resolved.x, y: resolved.y, lines, zoom: state.zoom };
    paint(matrix ? lines : [], resolved && resolved.y);
    legend(matrix ? [] : lines);
    list(id("missing"), "Missing", [...problems, ...(resolved ? missing(resolved.lines) : [])]);
    table(resolved);
    files(sources);
  }

  function paint(lines, y) {
    copycost.matrices(id("matrices"), lines, y);
    copycost.chart(id("chart"), picture || { x: { numeric: true }, lines: [] });
  }

  async function draw() {
    const mine = ++turn;
    const names = experiments();
    if (!names.includes(state.experiment)) state.experiment = names.includes("size") ? "size" : names[0];
    const wanted = state.runs || usual();
    const problems = wanted.map(refusal).filter(Boolean);
    const sources = await read(wanted.filter((name) => !refusal(name)), problems);
    if (mine !== turn) return;
    const resolved = sources.length ? copycost.resolve(sources, state) : null;
    fill(id("experiment"), names.map((name) => [name, name]), state.experiment);
    fillMachines(offered(), wanted, id("filter").value);
    for (const name of ["old", "emulated"]) id(name).checked = state[name];
    if (resolved) choosers(resolved);
    show(sources, resolved, problems);
    const { x, y, series, values, fixed } = resolved ? { ...resolved, x: resolved.matrix ? "matrix" : resolved.x.name } : { ...state, values: state.values || [] };
    history.replaceState(null, "", copycost.state.write({ ...state, runs: wanted, x, y, series, values, fixed }));
    document.body.dataset.drawn = mine;
  }

  function choosers(resolved) {
    const axes = [...resolved.axes.values()];
    id("y").value = resolved.y;
    const pairs = resolved.axes.has("from") && resolved.axes.has("to");
    const places = axes.map((axis) => [axis.name, text.axis(axis)]);
    fill(id("x"), pairs ? [["matrix", "from CPU to CPU"], ...places] : places, resolved.matrix ? "matrix" : resolved.x.name);
    const others = axes.filter((axis) => axis.name !== resolved.x.name).map((axis) => [axis.name, axis.name]);
    fill(id("series"), [["-", "machine only"], ...others], resolved.series);
    fillFixed(resolved, (name, value) => change({ fixed: { ...state.fixed, [name]: value } }));
    fillValues(resolved);
  }

  function change(more) {
    Object.assign(state, more);
    return draw();
  }

  function checked(box, before) {
    const boxes = [...box.querySelectorAll("input[type=checkbox]")];
    const here = boxes.map((input) => input.value);
    return [...before.filter((value) => !here.includes(value)),
      ...boxes.filter((input) => input.checked).map((input) => input.value)];
  }

  function current() {
    return copycost.state.read(location.hash);
  }

  function wire() {
    const blank = { x: null, series: null, values: null, fixed: {}, zoom: null };
    id("choosers").addEventListener("submit", (event) => event.preventDefault());
    id("experiment").addEventListener("change", (event) => change({ ...blank, experiment: event.target.value }));
    id("y").addEventListener("change", (event) => change({ y: event.target.value }));
    id("x").addEventListener("change", (event) => change({ x: event.target.value, zoom: null }));
    id("series").addEventListener("change", (event) => change({ series: event.target.value, values: null }));
    id("values").querySelector(".list").addEventListener("change", (event) =>
      change({ values: checked(event.currentTarget, []) }));
    const machines = id("machines").querySelector(".list");
    machines.addEventListener("change", () => change({ runs: checked(machines, current().runs) }));
    for (const name of ["old", "emulated"]) id(name).addEventListener("change", (event) => change({ [name]: event.target.checked }));
    id("filter").addEventListener("input", () => draw());
    for (const [name, wanted] of [["all", true], ["none", false]]) {
      id(name).addEventListener("click", () => {
        for (const input of machines.querySelectorAll("input")) input.checked = wanted;
        change({ runs: checked(machines, current().runs) });
      });
    }
    id("table").addEventListener("toggle", () => draw());
    copycost.panel(id("chart"), id("zoom").querySelectorAll("button"), id("spoken"), (zoom) => change({ zoom }));
    window.addEventListener("hashchange", () => change(copycost.state.read(location.hash)));
    let width = innerWidth;
    window.addEventListener("resize", () => {
      if (innerWidth !== width) draw();
      width = innerWidth;
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
  }

  wire();
  draw();
})();
