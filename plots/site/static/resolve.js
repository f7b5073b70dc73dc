/* What is drawn: from what was chosen and what the tables have, with a word for what is missing. */
"use strict";

(function () {
  const LINES_WANTED = 8;
  const LINES_MAX = 64;
  const MATRIX = "matrix";
  const PAIR = ["from", "to", "nearness", "pair"];
  const USUAL_KERNEL = "copy_libc_memcpy";

  function text(value) {
    return value === null ? "" : String(value);
  }

  function isMeasured(table, row) {
    const verdict = table.column("verdict")[row];
    return verdict === "ok" || verdict === "noisy";
  }

  function rowsOf(table, test) {
    const rows = [];
    for (let row = 0; row < table.rows; row++) if (test(row)) rows.push(row);
    return rows;
  }

  /* The row's value of an axis that the table may lack. */
  function at(table, axis, row) {
    return text(table.column(axis)[row]);
  }

  /* An axis that the table lacks altogether tells none of its rows apart. */
  function agrees(table, row, values) {
    return Object.keys(values).every((axis) => !table.has(axis) || at(table, axis, row) === values[axis]);
  }

  /* All axes by name; of each, its values as text, in order, with how many rows were measured. */
  function readAxes(sources) {
    const axes = new Map();
    for (const { table } of sources) {
      for (const axis of table.axes) {
        if (!axes.has(axis.name)) axes.set(axis.name, { ...axis, counts: new Map() });
      }
    }
    for (const axis of axes.values()) {
      for (const { table } of sources.filter((source) => source.table.has(axis.name))) {
        for (let row = 0; row < table.rows; row++) {
          const value = at(table, axis.name, row);
          const count = axis.counts.get(value) || 0;
          axis.counts.set(value, count + isMeasured(table, row));
        }
      }
      axis.numeric = axis.type !== "string";
      axis.values = [...axis.counts.keys()];
      if (axis.numeric) axis.values.sort((one, other) => Number(one) - Number(other));
      axis.measured = axis.values.filter((value) => axis.counts.get(value) > 0);
    }
    return axes;
  }

  function best(items, rank) {
    return items.reduce((found, item) => (!found || rank(item) > rank(found) ? item : found), null);
  }

  /* A matrix goes from each CPU to each; how near they are follows from that. */
  function chooseX(axes, asked) {
    const pairs = axes.has("from") && axes.has("to");
    if (axes.has(asked) || (asked === MATRIX && pairs)) return asked;
    const all = [...axes.values()].filter((axis) => !pairs || !PAIR.includes(axis.name));
    const numeric = all.filter((axis) => axis.numeric);
    if (pairs && !numeric.some((axis) => axis.measured.length > 1)) return MATRIX;
    return best(numeric.length ? numeric : all, (axis) => axis.measured.length).name;
  }

  function chooseSeries(axes, x, asked) {
    if (x === MATRIX) return "-";
    if (asked === "-" || (axes.has(asked) && asked !== x)) return asked;
    const others = [...axes.values()].filter((axis) => axis.name !== x && !axis.numeric);
    const varied = others.filter((axis) => axis.measured.length > 1);
    const kernel = varied.find((axis) => axis.name === "kernel");
    return (kernel || varied[0] || others[0] || { name: "-" }).name;
  }

  /*
   * The values of all other axes: as asked for, and of each of the rest that for which most machines,
   * and of these most rows, were measured together with those before it.
   */
  function chooseFixed(sources, axes, free, asked) {
    const names = [...axes.keys()].filter((name) => !free.includes(name));
    const fixed = {};
    for (const name of names) if (axes.get(name).counts.has(asked[name])) fixed[name] = asked[name];
    for (const name of names.filter((each) => !(each in fixed))) {
      const axis = axes.get(name);
      const found = new Map(axis.values.map((value) => [value, { runs: new Set(), rows: 0 }]));
      for (const { run, table } of sources.filter((source) => source.table.has(name))) {
        for (const row of rowsOf(table, (each) => isMeasured(table, each) && agrees(table, each, fixed))) {
          const place = found.get(at(table, name, row));
          place.runs.add(run.id);
          place.rows++;
        }
      }
      fixed[name] = best(axis.values, (value) => found.get(value).runs.size * 1e9 + found.get(value).rows);
    }
    return Object.fromEntries(names.map((name) => [name, fixed[name]]));
  }

  /* How often each value is the fastest at an x. */
  function wins(sources, x, series, fixed) {
    const won = new Map();
    for (const { table } of sources) {
      const fastest = new Map();
      const ns = table.column("median_ns");
      for (const row of rowsOf(table, (row) => isMeasured(table, row) && ns[row] !== null && agrees(table, row, fixed))) {
        const place = at(table, x, row);
        if (!fastest.has(place) || ns[row] < ns[fastest.get(place)]) fastest.set(place, row);
      }
      for (const row of fastest.values()) {
        const value = at(table, series, row);
        won.set(value, (won.get(value) || 0) + 1);
      }
    }
    return won;
  }

  function chooseValues(sources, axes, x, series, fixed, asked) {
    if (series === "-") return [];
    const axis = axes.get(series);
    if (asked) return asked;
    const room = Math.max(1, Math.floor(LINES_WANTED / Math.max(1, sources.length)));
    const held = axis.values.filter((value) =>
      sources.some(({ table }) => table.has(series) &&
        rowsOf(table, (row) => at(table, series, row) === value && isMeasured(table, row) &&
          agrees(table, row, fixed)).length > 0));
    if (held.length <= room || series !== "kernel") return held.slice(0, room);
    const won = wins(sources, x, series, fixed);
    if (!won.size) return held.slice(0, room);
    const rank = (value) => (value === USUAL_KERNEL ? Infinity : won.get(value) || 0);
    return held.sort((one, other) => rank(other) - rank(one)).slice(0, room)
      .filter((value) => rank(value) > 0);
  }

  /* Value and interval of a row in the unit that was chosen; null where it has none. */
  function figure(table, row, y) {
    const median = table.column("median_ns")[row];
    const value = table.column(copycost.text.y[y].column)[row];
    if (value === null) return null;
    let low = table.column("low_ns")[row];
    let high = table.column("high_ns")[row];
    if (median === null || low === null || high === null || y === "best") return { value, low: null, high: null };
    /* An interval from few launches may reach below zero, a time can't. */
    low = Math.max(low, median / 1000);
    if (y === "gb") [low, high] = [(value * median) / high, (value * median) / low];
    else [low, high] = [(value * low) / median, (value * high) / median];
    return { value, low, high };
  }

  function line(source, x, y, values, series) {
    const { table } = source;
    for (const axis of [x.name, series]) {
      if (axis !== "-" && !table.has(axis)) return { points: [], missing: `its table has no ${axis}` };
    }
    const rows = rowsOf(table, (row) => agrees(table, row, values));
    const measured = rows.filter((row) => isMeasured(table, row));
    const points = [];
    for (const row of measured) {
      const found = figure(table, row, y);
      const place = table.column(x.name)[row];
      if (found && !(x.numeric && place === null)) {
        points.push({ ...found, x: x.numeric ? place : text(place), row,
          cell: table.column("cell")[row], verdict: table.column("verdict")[row] });
      }
    }
    if (x.numeric) points.sort((one, other) => one.x - other.x);
    else points.sort((one, other) => x.values.indexOf(one.x) - x.values.indexOf(other.x));
    return { points, missing: missing(table, rows, measured, points, values, x, y) };
  }

  function counted(count) {
    return `${count} ${count === 1 ? "cell" : "cells"}`;
  }

  function missing(table, rows, measured, points, values, x, y) {
    if (!rows.length) {
      const lacking = Object.keys(values).filter((axis) => table.has(axis)).find((axis) =>
        !rowsOf(table, (row) => at(table, axis, row) === values[axis]).length);
      if (lacking) return `no cell with ${copycost.text.setting(lacking, values[lacking])}`;
      return `no cell with ${copycost.text.settings(values)} together`;
    }
    const words = [];
    const beyond = Object.keys(values).filter((axis) => !table.has(axis));
    if (beyond.length) words.push(`its table has no ${beyond.join(", ")}`);
    if (y === "gb" && measured.some((row) => table.column("median_ns")[row] === null)) {
      words.push("its GB/s are those of its best time, without interval");
    }
    const reasons = new Set(rows.filter((row) => !measured.includes(row))
      .map((row) => `${table.column("verdict")[row]}: ${table.column("reason")[row]}`));
    if (reasons.size) {
      words.push(`${rows.length - measured.length} of ${counted(rows.length)} without figures (${[...reasons].slice(0, 2).join("; ")})`);
    }
    const off = measured.filter((row) => x.numeric && table.column(x.name)[row] === null).length;
    if (off) words.push(`${counted(off)} without ${x.name}, which is no place on the axis`);
    const without = measured.length - off - points.length;
    if (without) {
      words.push(`${counted(without)} without ${copycost.text.y[y].name}` +
        (copycost.text.y[y].unit === "ns" ? ", as its source states none" : ": nothing is moved, or the core clock is not known"));
    }
    return words.join("; ");
  }

  function named(source, sources, value, values) {
    const { run } = source;
    const again = sources.some((other) => other.run !== run && other.run.machine === run.machine);
    const words = [];
    if (sources.length > 1 || values.length < 2) words.push(run.machine + (again ? ` ${run.created.slice(0, 16)}` : ""));
    if (values.length > 1) words.push(value || "none");
    if (run.emulated) words.push("EMULATED");
    if (run.source) words.push(`by ${run.source}`);
    return words.join(", ");
  }

  /*
   * sources: [{run, table}], at least one. Returns what is chosen of all (x, y, series, values,
   * fixed), the axes, whether they make a matrix, and the lines: name, run, value, table, points,
   * and what is missing in words.
   */
  copycost.resolve = function (sources, state) {
    const axes = readAxes(sources);
    const x = chooseX(axes, state.x);
    const series = chooseSeries(axes, x, state.series);
    const matrix = x === MATRIX;
    const place = axes.get(matrix ? "from" : x);
    const free = matrix ? PAIR : [x, series];
    const fixed = chooseFixed(sources, axes, free, state.fixed);
    const values = chooseValues(sources, axes, x, series, fixed, state.values);
    const y = state.y in copycost.text.y ? state.y : "ns";
    const lines = [];
    for (const source of sources) {
      for (const value of series === "-" ? [null] : values) {
        const settings = value === null ? fixed : { ...fixed, [series]: value };
        const name = named(source, sources, value, values);
        lines.push({ name, run: source.run, value, table: source.table,
          ...line(source, place, y, settings, series) });
      }
    }
    return { axes, matrix, x: place, y, series, values, fixed, lines: lines.slice(0, LINES_MAX),
      dropped: Math.max(0, lines.length - LINES_MAX) };
  };
})();
