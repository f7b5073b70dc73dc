/* Numbers and names as words. */
"use strict";

(function () {
  const IEC = [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]];
  const TIME = [["s", 1e9], ["ms", 1e6], ["µs", 1e3]];

  /* Whole numbers of bytes, where IEC units would not be whole. */
  function bytes(value) {
    return value % 1024 && value < 2 ** 20 ? `${value} B` : scaled(value, IEC, "B");
  }

  function scaled(value, units, least) {
    const [unit, factor] = units.find((each) => value >= each[1]) || [least, 1];
    return `${Number((value / factor).toPrecision(4))} ${unit}`;
  }

  copycost.text = {
    y: {
      ns: { name: "ns a call", unit: "ns", column: "median_ns" },
      best: { name: "ns at best", unit: "ns", column: "min_ns" },
      gb: { name: "GB/s", unit: "GB/s", column: "gb_per_s" },
      cycles: { name: "cycles/B", unit: "cycles/B", column: "cycles_per_byte" },
    },

    number(value) {
      return String(Number(value.toPrecision(4)));
    },

    /* A figure with its interval. */
    figure(point, unit) {
      const number = copycost.text.number;
      const interval = point.low === null ? "no interval" : `${number(point.low)} to ${number(point.high)}`;
      return `${number(point.value)} ${unit} (${interval})`;
    },

    /* A value of y as a tick: times in the unit that keeps them short. */
    tick(value, y) {
      return copycost.text.y[y].unit === "ns" ? scaled(value, TIME, "ns") : copycost.text.number(value);
    },

    value(axis, value) {
      if (value === "" || value === null) return "none";
      if (axis && axis.unit === "bytes") return bytes(Number(value));
      return axis && axis.unit && axis.unit !== "1" ? `${value} ${axis.unit}` : String(value);
    },

    setting(axis, value) {
      return `${axis} ${value === "" ? "none" : value}`;
    },

    settings(values) {
      return Object.keys(values).map((axis) => copycost.text.setting(axis, values[axis])).join(", ");
    },

    axis(axis) {
      return axis.unit && axis.unit !== "1" ? `${axis.name} (${axis.unit})` : axis.name;
    },

    colour(name) {
      return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    },
  };
})();
