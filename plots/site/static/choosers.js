/* The form: filled from what is resolved, read by compare.js. */
"use strict";

(function () {
  const id = (name) => document.getElementById(name);

  /* Fills a select, unless it is filled so; options: [value, text]. */
  function fill(select, options, value) {
    const key = JSON.stringify(options);
    if (select.dataset.key !== key) {
      select.replaceChildren(...options.map(([each, name]) => new Option(name, each)));
      select.dataset.key = key;
    }
    select.value = value;
  }

  function check(name, value, checked, note) {
    const label = document.createElement("label");
    label.className = "check";
    const box = document.createElement("input");
    box.type = "checkbox";
    box.value = value;
    box.checked = checked;
    label.append(box, ` ${name}`);
    if (note) {
      const small = document.createElement("small");
      small.textContent = ` ${note}`;
      label.append(small);
    }
    return label;
  }

  function fillFixed(resolved, changed) {
    const box = id("fixed");
    const names = Object.keys(resolved.fixed).filter((name) => resolved.axes.get(name).values.length > 1);
    if (box.dataset.key !== names.join()) {
      box.replaceChildren(...names.map((name) => {
        const label = document.createElement("label");
        const select = document.createElement("select");
        label.append(`${name} `, select);
        label.title = resolved.axes.get(name).description;
        select.dataset.axis = name;
        select.addEventListener("change", () => changed(name, select.value));
        return label;
      }));
      box.dataset.key = names.join();
    }
    for (const select of box.querySelectorAll("select")) {
      const axis = resolved.axes.get(select.dataset.axis);
      const named = (value) => copycost.text.value(axis, value) + (axis.counts.get(value) ? "" : " (not measured)");
      fill(select, axis.values.map((value) => [value, named(value)]), resolved.fixed[axis.name]);
    }
  }

  function fillValues(resolved) {
    const box = id("values");
    box.hidden = resolved.series === "-";
    if (box.hidden) return;
    const axis = resolved.axes.get(resolved.series);
    box.querySelector("summary").textContent =
      `Values of ${axis.name}: ${resolved.values.length} of ${axis.values.length}`;
    const list = box.querySelector(".list");
    const key = JSON.stringify([axis.name, axis.values]);
    if (list.dataset.key !== key) {
      list.replaceChildren(...axis.values.map((value) =>
        check(copycost.text.value(axis, value), value, false, axis.counts.get(value) ? "" : "not measured")));
      list.dataset.key = key;
    }
    for (const input of list.querySelectorAll("input")) input.checked = resolved.values.includes(input.value);
  }

  function note(run) {
    const words = [run.created.slice(0, 16).replace("T", " "), run.profile];
    if (run.emulated) words.push("emulated");
    if (run.source) words.push(`not measured by copycost, but by ${run.source}`);
    return words.join(", ");
  }

  function fillMachines(runs, chosen, filter) {
    const box = id("machines");
    box.querySelector("summary").textContent = `Machines: ${chosen.length} of ${runs.length} chosen`;
    const list = box.querySelector(".list");
    const words = filter.toLowerCase();
    const seen = runs.filter((run) => `${run.machine} ${run.title} ${run.family}`.toLowerCase().includes(words));
    const key = seen.map((run) => run.id).join();
    if (list.dataset.key !== key) {
      const families = [...new Set(seen.map((run) => run.family))].sort();
      list.replaceChildren(...families.map((family) => {
        const group = document.createElement("fieldset");
        const legend = document.createElement("legend");
        legend.textContent = family;
        const own = seen.filter((run) => run.family === family);
        group.append(legend, ...own.map((run) => check(run.machine, run.id, false, note(run))));
        return group;
      }));
      list.dataset.key = key;
    }
    for (const input of list.querySelectorAll("input")) input.checked = chosen.includes(input.value);
  }

  copycost.choosers = { id, fill, fillFixed, fillValues, fillMachines };
})();
