// The views. All text from runs enters the page as text, never as markup.
"use strict";

/** Make an element: properties are set as attributes, children are elements or text. */
calm.make = function (tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
};
calm.at = (id) => document.getElementById(id);
calm.rows = calm.meta.rows;
calm.number = (value, digits = 3) => (value === null || Number.isNaN(value) ? "–" : value.toFixed(digits));
calm.signed = (value) => (value === null || Number.isNaN(value) ? "–" : (value < 0 ? "−" : "+") + Math.abs(value).toFixed(3));
/** Show control characters as pictures: what a terminal would obey is only seen here. */
calm.visible = (text) => text.replace(/[\u0000-\u0008\u000b-\u001f]/g, (each) => String.fromCharCode(0x2400 + each.charCodeAt(0)));
calm.fill = function (select, options, chosen) {
  select.replaceChildren(
    ...options.map(([value, text]) => calm.make("option", { value, selected: `${value}` === `${chosen}` }, text))
  );
};
calm.letter = (number) => (number < 0 ? "–" : String.fromCharCode(65 + number));

// Charts

calm.theme = function () {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink").trim();
  const line = style.getPropertyValue("--line").trim();
  const text = { labelColor: ink, titleColor: ink };
  return {
    background: null,
    font: "system-ui, sans-serif",
    axis: { ...text, gridColor: line, domainColor: line, tickColor: line },
    legend: { ...text, symbolBaseFillColor: ink, symbolBaseStrokeColor: ink },
    title: { color: ink },
    header: text,
    rule: { color: ink },
    view: { stroke: line },
  };
};

calm.drawn = new Map();
calm.draw = async function (place, spec, label, tabled = true) {
  calm.drawn.set(place, [spec, label, tabled]);
  const target = calm.make("div");
  const values = tabled ? calm.values(spec) : [];
  place.replaceChildren(target, ...(values.length ? [calm.asTable(values)] : []));
  await vegaEmbed(target, structuredClone(spec), {
    actions: { export: true, source: false, compiled: false, editor: false },
    ast: true,
    config: calm.theme(),
    renderer: "svg",
  });
  const drawing = target.querySelector("svg");
  if (drawing) {
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", label);
  }
};

/** The rows that a chart shows, wherever they lie in it. */
calm.values = (spec) =>
  spec.data ? spec.data.values : (spec.vconcat || spec.hconcat || []).flatMap((part) => calm.values(part));

calm.asTable = function (values) {
  const names = [...new Set(values.flatMap((value) => Object.keys(value)))].filter(
    (name) => !["run", "shown", "low", "high"].includes(name) && !name.includes(" ")
  );
  const text = (value) => (typeof value === "number" ? calm.number(value) : value === undefined || value === null ? "" : String(value));
  const body = calm.make("div", { class: "wide" });
  const details = calm.make("details", {}, calm.make("summary", {}, "As a table"), body);
  details.addEventListener("toggle", () => {
    if (!details.open || body.firstChild) return;
    body.append(
      calm.make(
        "table",
        { class: "plain" },
        calm.make("thead", {}, calm.make("tr", {}, names.map((name) => calm.make("th", { scope: "col" }, name)))),
        calm.make("tbody", {}, values.map((value) => calm.make("tr", {}, names.map((name) => calm.make("td", {}, text(value[name]))))))
      )
    );
  });
  return details;
};

// Ranking

calm.rank = async function () {
  const source = calm.at("tables").textContent.trim();
  const { default: DataTable } = await import(`data:text/javascript;base64,${source}`);
  const figures = calm.meta.columns.map((_, place) => place + 4);
  const table = new DataTable(calm.at("ranking"), {
    pageLength: 50,
    lengthMenu: [20, 50, 200, -1].map((value) => ({ label: value < 0 ? "all" : String(value), value })),
    order: [[1, "asc"], [4, "desc"]],
    autoWidth: false,
    columnDefs: [{ targets: figures, type: "num", orderSequence: ["desc", "asc"], searchable: false }],
    language: { search: "Search", lengthMenu: "_MENU_ runs a page", info: "_START_ to _END_ of _TOTAL_ runs", infoEmpty: "no runs", infoFiltered: "(of _MAX_)" },
  });
  for (const select of calm.at("ranking-controls").querySelectorAll("select")) {
    select.addEventListener("change", () =>
      table.column(Number(select.dataset.column)).search(select.value, { exact: true }).draw()
    );
  }
  const names = [...calm.at("ranking").tHead.rows[0].cells].map((cell) => cell.textContent);
  names.slice(1).forEach((name, place) => {
    const box = calm.make("input", { type: "checkbox", checked: true, onchange: () => table.column(place + 1).visible(box.checked) });
    calm.at("columns").append(calm.make("label", {}, box, name));
  });
  if (window.innerWidth < 820) {
    for (const box of [...calm.at("columns").querySelectorAll("input")].filter((_, place) => ![3, 4, 6].includes(place))) box.click();
  }
  calm.ranking = table;
};

// Languages and scatter

calm.scopes = (kind) => calm.meta.charts.filter((chart) => chart[kind]);
/** The place of the scope that most runs share. */
calm.largest = (scopes) => scopes.reduce((best, chart, place) => (chart.rows.length > scopes[best].rows.length ? place : best), 0);

calm.languages = async function () {
  const scope = calm.at("languages-scope");
  const scopes = calm.scopes("heat");
  if (!scopes.length) return calm.at("heat").replaceChildren("No run has accuracies by language.");
  if (!scope.options.length) {
    calm.fill(scope, scopes.map((chart, place) => [place, chart.scope]), calm.largest(scopes));
    scope.addEventListener("change", calm.languages);
    calm.at("agreement-run").addEventListener("change", calm.agree);
    calm.at("agreement-table").addEventListener("change", calm.agree);
  }
  const chart = scopes[scope.value];
  calm.fill(calm.at("agreement-run"), chart.rows.map((number) => [number, calm.rows[number].name]), chart.rows[0]);
  await calm.draw(calm.at("heat"), chart.heat, `Accuracy by language, ${chart.scope}`);
  await calm.agree();
};

calm.agree = async function () {
  const row = calm.rows[calm.at("agreement-run").value];
  const select = calm.at("agreement-table");
  const tables = Object.keys(row.pairwise);
  if (!tables.length) return calm.at("agreement").replaceChildren("This run has no tables by pairs of languages.");
  calm.fill(select, tables.map((name) => [name, name]), tables.includes(select.value) ? select.value : tables[0]);
  const spec = structuredClone(calm.meta.agreement);
  spec.data.values = Object.entries(row.pairwise[select.value]).flatMap(([one, line]) =>
    Object.entries(line)
      .filter(([, value]) => value !== null)
      .map(([other, value]) => ({ one, other, value, shown: calm.number(value, 2).replace("0.", ".") }))
  );
  for (const axis of [spec.encoding.x, spec.encoding.y]) axis.sort = row.languages;
  await calm.draw(calm.at("agreement"), spec, `${select.value} by pairs of languages, ${row.name}`);
};

calm.scatter = async function () {
  const scope = calm.at("scatter-scope");
  const scopes = calm.scopes("scatter");
  if (!scopes.length) return calm.at("scatter").replaceChildren("No run has both accuracy and consistency.");
  if (!scope.options.length) {
    calm.fill(scope, scopes.map((chart, place) => [place, chart.scope]), calm.largest(scopes));
    scope.addEventListener("change", calm.scatter);
  }
  const chart = scopes[scope.value];
  await calm.draw(calm.at("scatter"), chart.scatter, `Accuracy against consistency, ${chart.scope}`);
};

// Two runs: before and after

calm.state = { a: null, b: null, kind: "all", words: "", page: 0, question: null };

calm.choose = function () {
  const known = calm.rows.filter((row) => row.sheet);
  if (calm.state.a === null && known.length) {
    const aligned = known.find((row) => row.base !== null && calm.rows[row.base].sheet);
    const after = aligned || known.find((row) => known.some((other) => other !== row && other.sheet === row.sheet)) || known[0];
    const before = aligned ? calm.rows[aligned.base] : known.find((row) => row !== after && row.sheet === after.sheet) || after;
    Object.assign(calm.state, { a: after.number, b: before.number });
  }
  for (const select of document.querySelectorAll("select.run"))
    calm.fill(select, known.map((row) => [row.number, `${row.name}: ${row.scope}`]), calm.state[select.dataset.side]);
  return known.length > 0;
};

calm.pair = () => Promise.all([calm.rows[calm.state.a], calm.rows[calm.state.b]].map(calm.answers));

calm.changed = function (event) {
  calm.state[event.target.dataset.side] = Number(event.target.value);
  Object.assign(calm.state, { page: 0, question: null });
  calm.show();
};

calm.interval = (cell) => (Number.isNaN(cell.low) ? "" : `[${calm.signed(cell.low)}, ${calm.signed(cell.high)}]`);
/** "up" where the interval says that it became better, "down" where worse. */
calm.direction = function (name, cell) {
  const higher = name.startsWith("acc_") ? true : calm.meta.higher[name];
  if (higher === null || !(cell.low > 0 || cell.high < 0)) return "";
  return cell.low > 0 === higher ? "up" : "down";
};

calm.compareView = async function () {
  const place = calm.at("compare");
  if (!calm.choose()) return place.replaceChildren("No run has a sample log: evaluate with --log_samples.");
  place.replaceChildren("Drawing 1000 resamples …");
  await new Promise((resolve) => setTimeout(resolve));
  const [after, before] = await calm.pair();
  const found = calm.compare(after, before);
  const all = `${after.sheet.ids.length} (after) and ${before.sheet.ids.length} (before)`;
  if (!found.questions)
    return place.replaceChildren(calm.make("p", { class: "warning" }, `These runs share no question: they were asked ${all} others.`));
  const metrics = Object.keys(found.differences);
  const line = (name) => {
    const cell = found.differences[name];
    return calm.make(
      "tr",
      { "data-metric": name },
      calm.make("th", { scope: "row" }, name.replace(/^acc_/, "")),
      calm.make("td", { class: "number" }, calm.number(cell.before)),
      calm.make("td", { class: "number" }, calm.number(cell.after)),
      calm.make("td", { class: `number ${calm.direction(name, cell)}` }, calm.signed(cell.value)),
      calm.make("td", { class: "number" }, calm.interval(cell))
    );
  };
  const table = (caption, names) =>
    calm.make(
      "div",
      { class: "wide" },
      calm.make(
        "table",
        { class: "plain" },
        calm.make("caption", { class: "unseen" }, caption),
        calm.make("thead", {}, calm.make("tr", {}, ["", "before", "after", "difference", "95% interval"].map((name, i) => calm.make("th", { scope: "col", class: i ? "number" : null }, name)))),
        calm.make("tbody", {}, names.map(line))
      )
    );
  const counts = calm.counts(found);
  const chart = calm.make("div", { class: "chart" });
  const languages = metrics.filter((name) => name.startsWith("acc_"));
  place.replaceChildren(
    calm.make("p", {}, `${found.questions} questions that both were asked (of ${all}), in ${found.languages.join(", ")}; paired by question.`),
    table("Differences", metrics.filter((name) => !name.startsWith("acc_"))),
    counts ? calm.make("p", {}, counts) : null,
    ...(languages.length ? [calm.make("h3", {}, "Accuracy by language"), chart, table("Accuracy by language", languages)] : [])
  );
  if (languages.length) {
    const spec = structuredClone(calm.meta.differences);
    spec.data.values = languages.map((name) => ({ ...found.differences[name], language: name.slice(4), shown: `${calm.signed(found.differences[name].value)} ${calm.interval(found.differences[name])}` }));
    spec.encoding.y.sort = found.languages;
    await calm.draw(chart, spec, "Differences of accuracy by language", false);
  }
};

calm.counts = function ({ tables, languages, questions }) {
  if (!tables || tables[0].gold.some((gold) => gold < 0)) return null;
  let fixed = 0;
  let broken = 0;
  for (let q = 0; q < questions; q++)
    for (let l = 0; l < languages.length; l++) {
      const [now, then] = tables.map((table) => calm.right(table, q, l));
      fixed += now && !then;
      broken += then && !now;
    }
  return `Of ${questions * languages.length} answers ${fixed} became right and ${broken} became wrong.`;
};

// Questions

/** Kinds of questions: of what was right before and after, and of the answers after. */
calm.kinds = {
  all: ["all", () => true],
  disagreeing: ["languages disagree", (q) => new Set(q.after.map((each) => each.option)).size > 1],
  fixed: ["fixed: wrong before, right after", (q) => q.languages.some((_, l) => q.after[l].right && !q.before[l].right)],
  broken: ["broken: right before, wrong after", (q) => q.languages.some((_, l) => !q.after[l].right && q.before[l].right)],
  english: ["right in English only", (q) => q.languages.every((tag, l) => q.after[l].right === (tag === "en")) && q.languages.includes("en")],
  wrong: ["wrong in all languages", (q) => q.labelled && q.after.every((each) => !each.right)],
  right: ["right in all languages", (q) => q.after.every((each) => each.right)],
  none: ["no answer in a language", (q) => q.after.some((each) => each.option < 0)],
};

/** A run's answer to question q in its own numbering, with options in the set's order. */
calm.answer = function (run, q, tag) {
  const l = run.sheet.languages.indexOf(tag);
  const at = q * run.sheet.languages.length + l;
  const order = run.core.order[q];
  const own = (shown) => (shown >= 0 && order ? order[shown] : shown);
  return { at, order, option: own(run.table.choice[at]), gold: own(run.table.gold[q]), right: calm.right(run.table, q, l), text: run.sheet.texts[q][l] };
};

calm.questionsView = async function () {
  if (!calm.choose()) return calm.at("found").replaceChildren("No run has a sample log: evaluate with --log_samples.");
  if (!calm.at("kind").options.length) {
    calm.fill(calm.at("kind"), Object.entries(calm.kinds).map(([name, [text]]) => [name, text]), calm.state.kind);
    const again = (name, id) => calm.at(id).addEventListener("input", () => {
      Object.assign(calm.state, { [name]: calm.at(id).value, page: 0 });
      calm.list();
    });
    again("kind", "kind");
    again("words", "words");
  }
  const [after, before] = await calm.pair();
  const shared = calm.shared(after, before);
  calm.asked = shared.one.map((here, place) => ({
    id: after.sheet.ids[here],
    languages: shared.languages,
    labelled: after.table.gold[here] >= 0,
    after: shared.languages.map((tag) => calm.answer(after, here, tag)),
    before: shared.languages.map((tag) => calm.answer(before, shared.other[place], tag)),
  }));
  for (const question of calm.asked)
    question.words = [question.id, ...question.after.flatMap((each) => [each.text[0], ...each.text[1]])].join("\n").toLocaleLowerCase();
  calm.list();
  const chosen = calm.asked.find((question) => question.id === calm.state.question);
  if (chosen) await calm.openQuestion(chosen);
  else calm.at("question").replaceChildren(calm.make("p", { class: "note" }, "Choose a question."));
};

calm.PAGE = 40;
calm.list = function () {
  const words = calm.state.words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const [, kind] = calm.kinds[calm.state.kind];
  const found = calm.asked.filter((question) => kind(question) && words.every((word) => question.words.includes(word)));
  const pages = Math.max(1, Math.ceil(found.length / calm.PAGE));
  calm.state.page = Math.min(calm.state.page, pages - 1);
  calm.at("found").textContent = `${found.length} of ${calm.asked.length} questions that both were asked`;
  const here = found.slice(calm.state.page * calm.PAGE, (calm.state.page + 1) * calm.PAGE);
  calm.at("list").replaceChildren(
    ...here.map((question) => {
      const first = question.after[Math.max(question.languages.indexOf("en"), 0)];
      const was = question.before.map((each) => (each.right ? "●" : "○")).join("");
      const is = question.after.map((each) => (each.right ? "●" : "○")).join("");
      return calm.make(
        "li",
        {},
        calm.make(
          "button",
          { type: "button", "data-id": question.id, "aria-current": question.id === calm.state.question ? "true" : null, onclick: () => calm.openQuestion(question) },
          calm.make("span", { class: "stem", dir: "auto" }, calm.visible(first.text[0])),
          calm.make("small", {}, calm.make("bdi", {}, calm.visible(question.id)), question.labelled ? ` ${was} → ${is}` : "")
        )
      );
    })
  );
  const step = (by, text) => calm.make("button", { type: "button", disabled: calm.state.page + by < 0 || calm.state.page + by >= pages, onclick: () => { calm.state.page += by; calm.list(); } }, text);
  calm.at("pages").replaceChildren(...(pages > 1 ? [step(-1, "←"), `page ${calm.state.page + 1} of ${pages}`, step(1, "→")] : []));
};

calm.openQuestion = async function (question) {
  calm.state.question = question.id;
  calm.remember();
  for (const button of calm.at("list").querySelectorAll("button")) {
    if (button.dataset.id === question.id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  const [after, before] = await Promise.all([calm.state.a, calm.state.b].map((number) => calm.load(`said-${number}`)));
  const place = calm.at("question");
  place.replaceChildren(
    calm.make("h2", {}, calm.make("bdi", {}, calm.visible(question.id))),
    calm.make("div", { class: "said" }, question.languages.map((tag, l) => calm.card(question, tag, l, after, before)))
  );
  if (window.innerWidth < 820) place.scrollIntoView();
};

/** Which way a language is written. */
calm.side = function (tag) {
  try {
    const locale = new Intl.Locale(tag);
    return (locale.getTextInfo ? locale.getTextInfo() : locale.textInfo)?.direction ?? "ltr";
  } catch {
    return "ltr";
  }
};

calm.card = function (question, tag, l, said, saidBefore) {
  const [now, then] = [question.after[l], question.before[l]];
  const [stem, options] = now.text;
  const same = calm.state.a === calm.state.b;
  const scores = (side, content, option) => {
    if (!content.scores) return null;
    const score = content.scores[side.at][side.order ? side.order.indexOf(option) : option];
    return score === null || score === undefined ? "–" : (score / 100).toFixed(2);
  };
  const item = (text, option) => {
    const badges = [now.gold === option ? "gold" : null, !same && then.option === option ? "before" : null, now.option === option ? (same ? "answer" : "after") : null].filter(Boolean);
    const [one, other] = [scores(then, saidBefore, option), scores(now, said, option)];
    const shown = same ? [other] : [one, other];
    return calm.make(
      "li",
      { class: now.gold === option ? "gold" : null },
      calm.make("span", {}, calm.letter(option)),
      calm.make("bdi", { lang: tag }, calm.visible(text)),
      calm.make("span", { class: "badge" }, badges.join(" · ")),
      shown.some((score) => score !== null) ? calm.make("bdi", { class: "scores", dir: "ltr", title: "score" }, shown.map((score) => score ?? "–").join(" → ")) : null
    );
  };
  const verdict = (side) => (question.labelled ? (side.right ? "right" : "wrong") : side.option < 0 ? "no answer" : calm.letter(side.option));
  return calm.make(
    "section",
    { class: "card" },
    calm.make("h3", {}, tag, calm.make("small", {}, same ? verdict(now) : `${verdict(then)} → ${verdict(now)}`)),
    calm.make("p", { class: "text", dir: "auto", lang: tag }, calm.visible(stem)),
    calm.make("ul", { class: "options", dir: calm.side(tag) }, options.map(item)),
    same ? null : calm.responded("Response before", saidBefore, then.at, tag),
    calm.responded(same ? "Response" : "Response after", said, now.at, tag),
    same ? null : calm.read("Passages before", saidBefore, then.at),
    calm.read(same ? "Passages" : "Passages after", said, now.at)
  );
};

calm.responded = function (title, content, at, tag) {
  if (!content.responses) return null;
  const cut = content.cut.includes(at) ? " (cut at the token limit)" : "";
  return calm.make("details", { open: true }, calm.make("summary", {}, title + cut), calm.make("div", { class: "response text", dir: "auto", lang: tag, tabindex: "0" }, calm.visible(content.responses[at]) || "(empty)"));
};

calm.read = function (title, content, at) {
  const shown = content.shown ? content.shown[at] : [];
  if (!shown.length) return null;
  return calm.make(
    "details",
    {},
    calm.make("summary", {}, `${title} (${shown.length})`),
    shown.map(([number, score]) => {
      const [id, language, heading, text] = content.passages[number];
      return calm.make(
        "div",
        { class: "response text", dir: "auto", lang: language },
        calm.make("small", {}, calm.make("bdi", {}, calm.visible(id)), ` ${language} ${score === null ? "" : (score / 100).toFixed(2)}`),
        calm.visible(heading ? `${heading}\n${text}` : text)
      );
    })
  );
};

// Training

calm.training = async function () {
  for (const [place, { title, spec }] of calm.meta.trainings.entries()) await calm.draw(calm.at(`training-${place}`), spec, title);
};

// Tabs, address and theme

calm.views = { ranking: () => {}, languages: calm.languages, scatter: calm.scatter, compare: calm.compareView, questions: calm.questionsView, training: calm.training, about: () => {} };
calm.tab = "ranking";
calm.tabs = [...document.querySelectorAll("[role=tab]")];

calm.remember = function () {
  const told = new URLSearchParams({ view: calm.tab });
  if (["compare", "questions"].includes(calm.tab)) for (const side of ["a", "b"]) if (calm.state[side] !== null) told.set(side, calm.state[side]);
  if (calm.tab === "questions" && calm.state.question !== null) told.set("question", calm.state.question);
  history.replaceState(null, "", `#${told}`);
};

calm.show = async function () {
  for (const tab of calm.tabs) {
    const on = tab.id === `tab-${calm.tab}`;
    tab.setAttribute("aria-selected", on);
    tab.tabIndex = on ? 0 : -1;
    calm.at(tab.getAttribute("aria-controls")).hidden = !on;
  }
  try {
    await calm.views[calm.tab]();
  } catch (error) {
    const place = calm.at(`view-${calm.tab}`);
    place.querySelector(".failed")?.remove();
    place.append(calm.make("p", { class: "warning failed" }, error.message));
    throw error;
  }
  calm.remember();
  document.body.dataset.ready = calm.tab;
};

calm.go = function (name) {
  delete document.body.dataset.ready;
  calm.tab = name;
  return calm.show();
};

calm.tabs.forEach((tab, place) => {
  tab.addEventListener("click", () => calm.go(tab.id.slice(4)));
  tab.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = calm.tabs[(place + by + calm.tabs.length) % calm.tabs.length];
    next.focus();
    calm.go(next.id.slice(4));
  });
});
for (const select of document.querySelectorAll("select.run")) select.addEventListener("change", calm.changed);
for (const button of document.querySelectorAll(".swap"))
  button.addEventListener("click", () => {
    Object.assign(calm.state, { a: calm.state.b, b: calm.state.a });
    calm.show();
  });

calm.dark = function (on) {
  document.documentElement.dataset.theme = on ? "dark" : "light";
  document.documentElement.classList.toggle("dark", on);
  for (const [place, told] of calm.drawn) if (place.isConnected) calm.draw(place, ...told);
};
calm.at("theme").addEventListener("click", () => calm.dark(document.documentElement.dataset.theme !== "dark"));
calm.dark(window.matchMedia("(prefers-color-scheme: dark)").matches);
window.addEventListener("beforeprint", () => calm.dark(false));

calm.start = async function () {
  const told = new URLSearchParams(location.hash.slice(1));
  for (const side of ["a", "b"]) {
    const row = calm.rows[told.get(side)];
    if (told.has(side) && row && row.sheet) calm.state[side] = row.number;
  }
  if (calm.state.a === null || calm.state.b === null) Object.assign(calm.state, { a: null, b: null });
  calm.state.question = told.get("question");
  await calm.rank();
  const wanted = told.get("view");
  await calm.go(calm.tabs.some((tab) => tab.id === `tab-${wanted}`) ? wanted : "ranking");
};
calm.start();
