// Probes: a heat map a table, whose cells the keyboard reaches.
"use strict";

calm.probes = async function (turn) {
  for (const [place, tables] of calm.meta.probes.entries())
    for (const [number, { title, spec }] of tables.entries()) {
      if (turn.aborted) return;
      await calm.draw(calm.at(`probe-${place}-${number}`), spec, title, false, calm.reach);
    }
};

calm.steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

/** Let Tab reach a heat map's first cell, arrows the next one that has a value, and show what a cell says below it. */
calm.reach = function (drawing, spec) {
  const values = spec.data.values; // cells are drawn in this order
  const cells = [...drawing.querySelectorAll(".mark-rect.role-mark path")];
  if (!cells.length) return;
  const told = calm.make("p", { class: "told" }, "");
  drawing.setAttribute("role", "group");
  drawing.after(told);
  const sides = ["row", "column"].map((side) => spec.encoding[side === "row" ? "y" : "x"].scale.domain);
  const at = values.map(({ row, column }) => [sides[0].indexOf(row), sides[1].indexOf(column)]);
  const beside = function (place, [down, right]) {
    const far = ([row, column]) => (row - at[place][0]) * down + (column - at[place][1]) * right;
    const same = ([row, column]) => (down ? column === at[place][1] : row === at[place][0]);
    const ahead = at.map((_, other) => other).filter((other) => same(at[other]) && far(at[other]) > 0);
    return ahead.length ? ahead.reduce((best, other) => (far(at[other]) < far(at[best]) ? other : best)) : place;
  };
  cells.forEach((cell, place) => {
    cell.setAttribute("tabindex", place ? -1 : 0);
    cell.addEventListener("focus", () => {
      for (const other of cells) other.setAttribute("tabindex", other === cell ? 0 : -1);
      told.textContent = values[place].told;
    });
    cell.addEventListener("blur", () => (told.textContent = ""));
    cell.addEventListener("keydown", (event) => {
      if (!calm.steps[event.key]) return;
      event.preventDefault();
      cells[beside(place, calm.steps[event.key])].focus();
    });
  });
};
