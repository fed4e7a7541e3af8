// The languages of a run: accuracies, tables of language × language, and what scripts and families come to.
"use strict";

calm.seen = { run: null, measure: null }; // what was asked for, which not every scope and run has

calm.languages = async function () {
  const scope = calm.at("languages-scope");
  const scopes = calm.meta.charts;
  if (!scopes.length) return calm.without(calm.at("heat"), "No run has accuracies by language.");
  calm.scoped(scope, scopes, calm.languages);
  const chart = scopes[scope.value];
  const run = calm.at("agreement-run");
  const kept = chart.rows.includes(calm.seen.run) ? calm.seen.run : chart.rows[0];
  calm.fill(
    run,
    chart.rows.map((number) => [number, calm.rows[number].name]),
    kept,
  );
  if (chart.heat) await calm.draw(calm.at("heat"), chart.heat, `Accuracy by language, ${chart.scope}`);
  else calm.without(calm.at("heat"), "The right answers to these questions are hidden.");
  await calm.runLanguages();
};

/** All that is shown of the chosen run. */
calm.runLanguages = async function () {
  const row = calm.rows[calm.at("agreement-run").value];
  await calm.agree();
  calm.at("kinds").replaceChildren(calm.kindsTable(row));
  const unknown = row.languages.filter((_, place) => row.kinds[place].includes(null));
  calm.at("unknown").textContent = unknown.length
    ? `Script or family is not known of ${unknown.join(", ")}, whose pairs are not counted with it.`
    : "";
  const spec = structuredClone(calm.meta.kin);
  spec.data.values = row.related;
  if (row.related.length) await calm.draw(calm.at("kin"), spec, `Pairs by script and family, ${row.name}`);
  else calm.without(calm.at("kin"), "These results do not say it: evaluate again.");
};

calm.agree = async function () {
  const row = calm.rows[calm.at("agreement-run").value];
  const select = calm.at("agreement-table");
  const tables = Object.keys(row.pairwise);
  if (!tables.length) return calm.without(calm.at("agreement"), "This run has no tables by pairs of languages.");
  calm.fill(
    select,
    tables.map((name) => [name, name]),
    tables.includes(calm.seen.measure) ? calm.seen.measure : tables[0],
  );
  const spec = structuredClone(calm.meta.pairs[select.value]);
  spec.data.values = Object.entries(row.pairwise[select.value]).flatMap(([one, line]) =>
    Object.entries(line).map(([other, [value, low, high, questions]]) => ({
      one,
      other,
      value,
      interval: low === null ? "" : `[${calm.number(low)}, ${calm.number(high)}]`,
      questions: questions ?? "",
      shown: calm.number(value, 2).replace("0.", "."),
    })),
  );
  for (const axis of [spec.encoding.x, spec.encoding.y]) axis.sort = row.languages;
  await calm.draw(calm.at("agreement"), spec, `${select.value} by pairs of languages, ${row.name}`);
};

/** Each language with its script, its family and the run's accuracy in it. */
calm.kindsTable = function (row) {
  const { heat } = calm.meta.charts[calm.at("languages-scope").value];
  const accuracies = new Map(
    (heat ? heat.data.values : []).filter(({ name }) => name === row.name).map((each) => [each.language, each]),
  );
  const accuracy = (tag) => {
    const each = accuracies.get(tag);
    return each ? `${calm.number(each.value)} ${each.interval}` : "";
  };
  const cell = (text) => calm.make("td", {}, text);
  const line = (tag, place) =>
    calm.make(
      "tr",
      {},
      calm.make("th", { scope: "row" }, tag),
      row.kinds[place].map((text) => cell(text ?? "not known")),
      cell(accuracy(tag)),
    );
  const head = ["language", "script", "family", "accuracy"].map((name) => calm.make("th", { scope: "col" }, name));
  return calm.make(
    "table",
    { class: "plain" },
    calm.make("caption", { class: "unseen" }, `Languages of ${row.name}`),
    calm.make("thead", {}, calm.make("tr", {}, head)),
    calm.make("tbody", {}, row.languages.map(line)),
  );
};

calm.at("agreement-run").addEventListener("change", ({ target }) => {
  calm.seen.run = Number(target.value);
  calm.runLanguages().then(calm.remember);
});
calm.at("agreement-table").addEventListener("change", ({ target }) => {
  calm.seen.measure = target.value;
  calm.agree().then(calm.remember);
});

calm.links.languages = {
  tell: () => ({
    scope: calm.meta.charts[calm.at("languages-scope").value]?.scope,
    run: calm.at("agreement-run").value,
    measure: calm.at("agreement-table").value,
  }),
  take(told) {
    const select = calm.at("languages-scope");
    calm.scoped(select, calm.meta.charts, calm.languages);
    calm.takeScope(select, calm.meta.charts, told);
    calm.seen = { run: told.has("run") ? Number(told.get("run")) : null, measure: told.get("measure") };
  },
};
