// The ranking: a table of the page itself, which DataTables makes sortable.
"use strict";

calm.NARROW = ["acc", "consistency", "alpha"]; // the columns that a narrow window shows beside the model

calm.rank = async function () {
  const source = calm.at("tables").textContent.trim();
  const { default: DataTable } = await import(`data:text/javascript;base64,${source}`);
  const heads = [...calm.at("ranking").tHead.rows[0].cells];
  calm.columns = heads.map((head) => head.dataset.column);
  const places = (names) => names.map((name) => calm.columns.indexOf(name));
  const order = [
    [calm.columns.indexOf("questions"), "asc"],
    [4, "desc"],
  ];
  const table = new DataTable(calm.at("ranking"), {
    pageLength: 50,
    lengthMenu: [20, 50, 200, -1].map((value) => ({ label: value < 0 ? "all" : String(value), value })),
    order,
    autoWidth: false,
    columnDefs: [
      { targets: places(calm.meta.columns), type: "num", orderSequence: ["desc", "asc"], searchable: false },
      { targets: places(["date"]), orderSequence: ["desc", "asc"] },
      { targets: "_all", orderSequence: ["asc", "desc"] },
    ],
    language: {
      search: "Search",
      lengthMenu: "_MENU_ runs a page",
      info: "_START_ to _END_ of _TOTAL_ runs",
      infoEmpty: "no runs",
      infoFiltered: "(of _MAX_)",
    },
  });
  Object.assign(calm.ranking, { table, order });
  for (const head of heads.filter((each) => each.dataset.term))
    head.querySelector(".dt-column-order").setAttribute("aria-describedby", `meaning-${head.dataset.term}`);
  for (const select of calm.ranking.filters())
    select.addEventListener("change", () => {
      calm.ranking.filter(select);
      table.draw();
    });
  for (const name of calm.columns.slice(1)) calm.at("columns").append(calm.ranking.box(name));
  calm.at("density").addEventListener("change", () => {
    calm.ranking.dense(calm.at("density").value);
    calm.remember();
  });
  calm.at("csv").addEventListener("click", () => calm.save("ranking.csv", calm.csv(calm.ranking.lines())));
  calm.at("ranking").addEventListener("click", ({ target }) => {
    const button = target.closest("button.who");
    if (button) calm.ranking.unfold(button);
  });
  table.on("draw column-visibility", () => {
    if (document.body.dataset.ready === "ranking") calm.remember(); // before that the address has still to be read
  });
  calm.ranking.closed(document.querySelector(".picker"));
  calm.ranking.printed();
};

calm.ranking = {
  filters: () => calm.at("ranking-controls").querySelectorAll("select[data-field]"),
  boxes: () => calm.at("columns").querySelectorAll("input"),
  column: (name) => calm.ranking.table.column(calm.columns.indexOf(name)),
  shown: () => calm.columns.filter((name) => calm.ranking.column(name).visible()),
  hidden: () => calm.columns.filter((name) => !calm.ranking.column(name).visible()),
  row: (place) => calm.rows[calm.ranking.table.row(place).node().dataset.row],

  /** Let what a select says decide which rows are shown, from the next drawing on. */
  filter(select) {
    const { field } = select.dataset;
    const wanted = select.value;
    const fits = (text, data, place) => calm.ranking.row(place)[field] === wanted;
    calm.ranking.table.search.fixed(field, wanted === "" ? null : fits);
  },

  /** What shows and hides a column. */
  box(name) {
    const meaning = calm.at(`meaning-${name}`);
    const box = calm.make("input", {
      type: "checkbox",
      checked: true,
      "data-column": name,
      "aria-describedby": meaning && meaning.id,
      onchange: () => calm.ranking.column(name).visible(box.checked),
    });
    return calm.make("label", { "data-term": meaning && name }, box, name);
  },

  /** Show all columns but these. */
  hide(names) {
    for (const box of calm.ranking.boxes()) {
      box.checked = !names.includes(box.dataset.column);
      calm.ranking.column(box.dataset.column).visible(box.checked, false);
    }
  },

  /** The columns that are hidden where nobody has said which. */
  usual: () => (window.innerWidth < 820 ? calm.columns.slice(1).filter((name) => !calm.NARROW.includes(name)) : []),

  dense(density) {
    calm.hideTip(); // of a cell that now says it itself
    calm.at("density").value = density;
    calm.at("ranking").classList.toggle("dense", density === "compact");
  },

  /** Show, beneath a row, all that it leaves out; or hide it again. */
  unfold(button) {
    const line = button.closest("tr");
    const { child } = calm.ranking.table.row(line);
    const open = !child.isShown();
    if (open) calm.ranking.table.row(line).child(calm.ranking.details(calm.rows[line.dataset.row]), "details").show();
    else child.hide();
    button.setAttribute("aria-expanded", open);
  },

  details(row) {
    const figure = ([name, [value, low, high]]) =>
      `${name} ${calm.number(value)}${low === null ? "" : ` [${calm.number(low)}, ${calm.number(high)}]`}`;
    const told = {
      model: row.model,
      adapter: row.adapter,
      revision: row.revision,
      settings: row.settings,
      questions: row.scope,
      asked: `${row.format}, ${row.how}`,
      figures: Object.entries(row.figures).map(figure).join("; "),
      date: row.date.slice(0, 16).replace("T", " "),
      results: row.results,
    };
    const lines = Object.entries(told).filter(([, text]) => text !== "");
    return calm.make(
      "dl",
      { class: "paths" },
      lines.map(([name, text]) => [calm.make("dt", {}, name), calm.make("dd", {}, calm.make("bdi", {}, text))]).flat(),
    );
  },

  /** What is shown, on all of its pages, as lines of cells: of a metric its value and the ends of its interval. */
  lines() {
    const ofRun = { questions: "scope", format: "format", mode: "how", date: "date" };
    const shown = calm.ranking.shown().slice(1);
    const isMetric = (name) => calm.meta.columns.includes(name);
    const heads = shown.flatMap((name) => (isMetric(name) ? [name, `${name}_low`, `${name}_high`] : [name]));
    const cells = (row) =>
      shown.flatMap((name) => (isMetric(name) ? row.figures[name] ?? [null, null, null] : [row[ofRun[name]]]));
    const places = calm.ranking.table.rows({ search: "applied", order: "applied" }).indexes().toArray();
    return [
      ["model", "adapter", "revision", "settings", ...heads],
      ...places.map(calm.ranking.row).map((row) => [row.model, row.adapter, row.revision, row.settings, ...cells(row)]),
    ];
  },

  /** Close what lies over the table as soon as it is left; Escape hides what it says of a metric first. */
  closed(picker) {
    picker.addEventListener("focusout", ({ relatedTarget }) => {
      // Who points at a label within it gives the focus to what lies around all views: that is no leaving.
      if (relatedTarget && !picker.contains(relatedTarget) && !relatedTarget.contains(picker)) picker.open = false;
    });
    picker.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || calm.tip.shown) return;
      picker.open = false;
      picker.querySelector("summary").focus();
    });
    document.addEventListener("pointerdown", ({ target }) => {
      if (!picker.contains(target)) picker.open = false;
    });
  },

  /** On paper there is no second page of a table to turn to. */
  printed() {
    const { table } = calm.ranking;
    let before = null;
    window.addEventListener("beforeprint", () => {
      before = { length: table.page.len(), page: table.page() };
      table.page.len(-1).draw(false);
    });
    window.addEventListener("afterprint", () => {
      if (before) table.page.len(before.length).page(before.page).draw(false);
      before = null;
    });
  },
};

/** Orders as text: "questions,-acc" is by questions, from the least on, then by accuracy, from the most on. */
calm.ordered = (order) =>
  order
    .filter(([, direction]) => direction)
    .map(([place, direction]) => (direction === "desc" ? "-" : "") + calm.columns[place])
    .join(",");
calm.orderOf = (text) =>
  text
    .split(",")
    .map((each) => [calm.columns.indexOf(each.replace(/^-/, "")), each.startsWith("-") ? "desc" : "asc"])
    .filter(([place]) => place >= 0);

calm.links.ranking = {
  tell() {
    const { table, order } = calm.ranking;
    const filters = [...calm.ranking.filters()].map((select) => [select.dataset.field, select.value]);
    const told = calm.ordered(table.order());
    const hidden = calm.ranking.hidden().join();
    return {
      ...Object.fromEntries(filters),
      search: table.search(),
      order: told === calm.ordered(order) ? "" : told,
      hidden: hidden === calm.ranking.usual().join() ? "" : hidden || "none",
      density: calm.at("density").value === "compact" ? "compact" : "",
    };
  },
  take(told) {
    const { table, order } = calm.ranking;
    for (const select of calm.ranking.filters()) {
      calm.pick(select, told.get(select.dataset.field) ?? "", "");
      calm.ranking.filter(select);
    }
    const wanted = calm.orderOf(told.get("order") ?? "");
    calm.ranking.hide(told.has("hidden") ? told.get("hidden").split(",") : calm.ranking.usual());
    calm.ranking.dense(told.get("density") === "compact" ? "compact" : "comfortable");
    table.search(told.get("search") ?? "").order(wanted.length ? wanted : order).draw();
  },
};
