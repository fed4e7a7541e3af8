// Two runs, before and after: differences paired by question.
"use strict";

calm.state = { a: null, b: null, kind: "all", words: "", page: 0, question: null };

calm.choose = function () {
  const known = calm.rows.filter((row) => row.sheet);
  if (calm.state.a === null && known.length) {
    const aligned = known.find((row) => row.base !== null && calm.rows[row.base].sheet);
    const after =
      aligned || known.find((row) => known.some((other) => other !== row && other.sheet === row.sheet)) || known[0];
    const before = aligned
      ? calm.rows[aligned.base]
      : known.find((row) => row !== after && row.sheet === after.sheet) || after;
    Object.assign(calm.state, { a: after.number, b: before.number });
  }
  for (const select of document.querySelectorAll("select.run"))
    calm.fill(
      select,
      known.map((row) => [row.number, `${row.name}: ${row.scope}`]),
      calm.state[select.dataset.side],
    );
  return known.length > 0;
};

calm.chosen = () => [calm.rows[calm.state.a], calm.rows[calm.state.b]];

calm.changed = function (event) {
  calm.state[event.target.dataset.side] = Number(event.target.value);
  calm.state.page = 0;
  calm.show();
};

calm.interval = (cell) => (Number.isNaN(cell.low) ? "" : `[${calm.signed(cell.low)}, ${calm.signed(cell.high)}]`);
/** "up" where it is certain that it became better, "down" where worse. */
calm.direction = function (name, cell) {
  if (!cell.certain) return "";
  return cell.value > 0 === calm.higher(name) ? "up" : "down";
};

/** The same in words, for who does not see colours. */
calm.verdict = (name, cell) =>
  calm.make("span", { class: "unseen" }, { up: " better", down: " worse", "": "" }[calm.direction(name, cell)]);

calm.compareView = async function (turn) {
  const place = calm.at("compare");
  if (!calm.choose()) return place.replaceChildren("No run has a sample log: evaluate with --log_samples.");
  place.replaceChildren(`Drawing ${calm.meta.resamples} resamples …`);
  const found = await calm.compared(calm.chosen(), turn);
  if (turn.aborted) return;
  const all = `${found.asked[0]} (after) and ${found.asked[1]} (before)`;
  if (!found.questions) {
    const why = found.languages.length ? `no question: they were asked ${all} others` : "no language";
    return place.replaceChildren(calm.make("p", { class: "warning" }, `These runs share ${why}.`));
  }
  const metrics = Object.keys(found.differences);
  const line = (name) => {
    const cell = found.differences[name];
    return calm.make(
      "tr",
      { "data-metric": name },
      calm.make("th", { scope: "row" }, name.startsWith("acc_") ? name.slice(4) : calm.term(name)),
      calm.make("td", { class: "number" }, calm.number(cell.before)),
      calm.make("td", { class: "number" }, calm.number(cell.after)),
      calm.make(
        "td",
        { class: `number ${calm.direction(name, cell)}` },
        calm.signed(cell.value),
        calm.verdict(name, cell),
      ),
      calm.make("td", { class: "number" }, calm.interval(cell)),
    );
  };
  const table = (caption, names) =>
    calm.make(
      "div",
      { class: "wide", role: "group", "aria-label": caption, tabindex: "0" },
      calm.make(
        "table",
        { class: "plain" },
        calm.make("caption", { class: "unseen" }, caption),
        calm.make(
          "thead",
          {},
          calm.make(
            "tr",
            {},
            ["of", "before", "after", "difference", "95% interval"].map((name, i) =>
              calm.make("th", { scope: "col", class: i ? "number" : null }, name),
            ),
          ),
        ),
        calm.make("tbody", {}, names.map(line)),
      ),
    );
  const counts = calm.counts(found.turned);
  const chart = calm.make("div", { class: "chart" });
  const languages = metrics.filter((name) => name.startsWith("acc_"));
  place.replaceChildren(
    calm.make(
      "p",
      {},
      `${found.questions} questions that both were asked (of ${all}), in ${found.languages.join(", ")}; paired by question.`,
    ),
    ...calm.warnings(found.questions, calm.chosen()).map((text) => calm.make("p", { class: "warning" }, text)),
    table(
      "Differences",
      metrics.filter((name) => !name.startsWith("acc_")),
    ),
    calm.make(
      "p",
      { class: "note" },
      "Coloured: better or worse after Holm's correction, over the metrics of the ranking and over all other rows.",
    ),
    ...(counts ? [calm.make("p", {}, counts)] : []),
    ...(languages.length
      ? [calm.make("h2", {}, "Accuracy by language"), chart, table("Accuracy by language", languages)]
      : []),
  );
  if (languages.length) {
    const spec = structuredClone(calm.meta.differences);
    spec.data.values = languages.map((name) => ({
      ...found.differences[name],
      language: name.slice(4),
      shown: `${calm.signed(found.differences[name].value)} ${calm.interval(found.differences[name])}`,
    }));
    spec.encoding.y.sort = found.languages;
    await calm.draw(chart, spec, "Differences of accuracy by language", false);
  }
};

/** Why a comparison says little. */
calm.warnings = function (questions, rows) {
  const few = `${questions} of at least ${calm.meta.few} questions: too few to rank or compare by`;
  return [
    ...(questions < calm.meta.few ? [few] : []),
    ...rows.filter((row) => row.transductive).map((row) => `${row.name}: evaluated questions were let into its training`),
    ...rows.filter((row) => row.collapsed).map((row) => `${row.name}: ${row.collapsed}`),
  ];
};

calm.counts = (turned) =>
  turned && `Of ${turned.all} answers ${turned.right} became right and ${turned.wrong} became wrong.`;
