/* The table of machines: sorted by a click on a column's head, narrowed by the two filters. */
"use strict";

(function () {
  const table = document.getElementById("machines");
  const body = table.tBodies[0];
  const filter = document.getElementById("filter");
  const family = document.getElementById("family");

  function valueOf(row, place) {
    const cell = row.cells[place];
    return cell.dataset.value || cell.textContent.trim();
  }

  function compare(one, other) {
    const numbers = [one, other].map(Number);
    if (one !== "" && other !== "" && !numbers.some(Number.isNaN)) return numbers[0] - numbers[1];
    return one.localeCompare(other, "en", { numeric: true });
  }

  function sort(head, place) {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].sort((one, other) => compare(valueOf(one, place), valueOf(other, place)));
    body.append(...(down ? rows.reverse() : rows));
  }

  function narrow() {
    const words = filter.value.toLowerCase();
    let left = 0;
    for (const row of body.rows) {
      row.hidden = !row.textContent.toLowerCase().includes(words) ||
        (family.value !== "" && row.dataset.family !== family.value);
      left += !row.hidden;
    }
    document.getElementById("shown").textContent = `${left} of ${body.rows.length}`;
  }

  [...table.tHead.rows[0].cells].forEach((head, place) => {
    head.querySelector("button").addEventListener("click", () => sort(head, place));
  });
  filter.addEventListener("input", narrow);
  family.addEventListener("change", narrow);
  narrow();
})();
