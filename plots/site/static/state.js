/*
 * What was chosen, as the part of the address behind #: e experiment, d runs, y, x, s axis of the
 * lines, v their values, f.<axis> the value of any other, old, emulated, z the part of x that is
 * shown. What is missing is chosen by what the tables have.
 */
"use strict";

(function () {
  const TEXTS = { e: "experiment", y: "y", x: "x", s: "series" };
  const SWITCHES = ["old", "emulated"];

  /* A percent sign that some other program left alone stands for itself. */
  function decode(text) {
    try {
      return decodeURIComponent(text);
    } catch (error) {
      return text;
    }
  }

  function encode(text) {
    return encodeURIComponent(text).replace(/%2F/g, "/");
  }

  function list(text) {
    return text === undefined ? null : text.split(",").map(decode);
  }

  function range(text) {
    const ends = (text || "").split(",").map(Number);
    return ends.length === 2 && ends[0] < ends[1] ? ends : null;
  }

  copycost.state = {
    read(hash) {
      const pairs = hash.replace(/^#/, "").split("&").filter(Boolean).map((pair) => {
        const [key, ...rest] = pair.split("=");
        return [decode(key), rest.join("=")];
      });
      const given = Object.fromEntries(pairs);
      const state = { fixed: {}, runs: given.d === "" ? [] : list(given.d), values: list(given.v), zoom: range(given.z) };
      for (const key in TEXTS) state[TEXTS[key]] = key in given ? decode(given[key]) : null;
      for (const name of SWITCHES) state[name] = given[name] === "1";
      for (const [key, value] of pairs) {
        if (key.startsWith("f.")) state.fixed[key.slice(2)] = decode(value);
      }
      return state;
    },

    /* Of a state that has everything. */
    write(state) {
      const pairs = [];
      for (const key in TEXTS) if (state[TEXTS[key]]) pairs.push([key, encode(state[TEXTS[key]])]);
      pairs.push(["d", state.runs.map(encode).join(",")]);
      if (state.values.length) pairs.push(["v", state.values.map(encode).join(",")]);
      for (const name in state.fixed) pairs.push([`f.${encode(name)}`, encode(state.fixed[name])]);
      for (const name of SWITCHES) if (state[name]) pairs.push([name, "1"]);
      if (state.zoom) pairs.push(["z", state.zoom.map((end) => end.toPrecision(6)).join(",")]);
      return `#${pairs.map((pair) => pair.join("=")).join("&")}`;
    },
  };
})();
