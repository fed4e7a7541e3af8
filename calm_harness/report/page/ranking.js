// The ranking: a table of the page itself, which DataTables makes sortable.
"use strict";

calm.rank = async function () {
  const source = calm.at("tables").textContent.trim();
  const { default: DataTable } = await import(`data:text/javascript;base64,${source}`);
  const figures = calm.meta.columns.map((_, place) => place + 4);
  const table = new DataTable(calm.at("ranking"), {
    pageLength: 50,
    lengthMenu: [20, 50, 200, -1].map((value) => ({ label: value < 0 ? "all" : String(value), value })),
    order: [
      [1, "asc"],
      [4, "desc"],
    ],
    autoWidth: false,
    columnDefs: [{ targets: figures, type: "num", orderSequence: ["desc", "asc"], searchable: false }],
    language: {
      search: "Search",
      lengthMenu: "_MENU_ runs a page",
      info: "_START_ to _END_ of _TOTAL_ runs",
      infoEmpty: "no runs",
      infoFiltered: "(of _MAX_)",
    },
  });
  for (const select of calm.at("ranking-controls").querySelectorAll("select")) {
    const { field } = select.dataset;
    const row = (place) => calm.rows[table.row(place).node().dataset.row];
    select.addEventListener("change", () =>
      table.search
        .fixed(field, select.value === "" ? null : (text, data, place) => row(place)[field] === select.value)
        .draw(),
    );
  }
  const names = [...calm.at("ranking").tHead.rows[0].cells].map((cell) => cell.textContent);
  names.slice(1).forEach((name, place) => {
    const box = calm.make("input", {
      type: "checkbox",
      checked: true,
      onchange: () => table.column(place + 1).visible(box.checked),
    });
    calm.at("columns").append(calm.make("label", {}, box, name));
  });
  if (window.innerWidth < 820) {
    for (const box of [...calm.at("columns").querySelectorAll("input")].filter(
      (_, place) => ![3, 4, 6].includes(place),
    ))
      box.click();
  }
};
