/* What all scripts of these pages share: the index of datasets, and their tables when asked for. */
"use strict";

const copycost = (function () {
  const asked = new Map();
  const answers = new Map();

  function decode(column, rows) {
    if (!column) return new Array(rows).fill(null);
    return Array.isArray(column) ? column : column.index.map((place) => column.words[place]);
  }

  function load(path, key) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      answers.set(key, resolve);
      script.onerror = () => reject(new Error(`${path} can't be loaded`));
      script.src = path;
      document.head.append(script);
    });
  }

  return {
    /* data/index.js: {lines, scale, runs}. */
    open(index) {
      copycost.index = index;
    },

    /* data/<run>/<experiment>.js. */
    put(run, experiment, table) {
      const columns = {};
      answers.get(`${run}/${experiment}`)({
        axes: table.axes,
        rows: table.rows,
        has: (name) => name in table.columns,
        column(name) {
          columns[name] = columns[name] || decode(table.columns[name], table.rows);
          return columns[name];
        },
      });
    },

    /* A promise of the run's table of that experiment: axes, rows, has(name), column(name). */
    table(run, experiment) {
      const key = `${run}/${experiment}`;
      if (!asked.has(key)) asked.set(key, load(`data/${key}.js`, key));
      return asked.get(key);
    },
  };
})();
