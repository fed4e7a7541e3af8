// Charts: drawn by Vega-Lite in the colours of the page, each with its table.
"use strict";

calm.theme = function () {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink").trim();
  const line = style.getPropertyValue("--line").trim();
  const text = { labelColor: ink, titleColor: ink };
  return {
    background: null,
    font: "system-ui, sans-serif",
    axis: {
      ...text,
      labelLimit: window.innerWidth < 820 ? 120 : 340,
      gridColor: line,
      domainColor: line,
      tickColor: line,
    },
    legend: { ...text, symbolBaseFillColor: ink, symbolBaseStrokeColor: ink },
    title: { color: ink },
    header: text,
    text: { color: ink },
    rule: { color: ink },
    view: { stroke: line },
  };
};

calm.drawn = new Map();
/** Draw a chart in its place; what is to be done with each drawing of it, `after` does. */
calm.draw = async function (place, spec, label, tabled = true, after = null) {
  calm.drawn.set(place, [spec, label, tabled, after]);
  const target = calm.make("div");
  const values = tabled ? calm.values(spec) : [];
  place.replaceChildren(target, ...(values.length ? [calm.asTable(values, label)] : []));
  await vegaEmbed(target, structuredClone(spec), {
    actions: { export: true, source: false, compiled: false, editor: false },
    ast: true,
    config: calm.theme(),
    renderer: "svg",
  });
  target.querySelector("summary")?.setAttribute("aria-label", `Save as a picture: ${label}`);
  const drawing = target.querySelector("svg");
  if (drawing) {
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", label);
    if (after) after(drawing, spec);
    else for (const part of drawing.children) part.setAttribute("aria-hidden", true); // a picture has no parts
  }
};

/** The rows that a chart shows, wherever they lie in it. */
calm.values = (spec) =>
  spec.data
    ? spec.data.values
    : (spec.concat || spec.vconcat || spec.hconcat || []).flatMap((part) => calm.values(part));

calm.asTable = function (values, label) {
  // "shown" is value and interval together, where a chart has it.
  const all = new Set(values.flatMap((value) => Object.keys(value)));
  const names = [...all].filter((name) => !/^(run|low|high)$| (low|high)$/.test(name) && !all.has(`${name} shown`));
  const whole = (value) => (Number.isInteger(value) ? String(value) : calm.number(value));
  const text = (value) =>
    typeof value === "number" ? whole(value) : value === undefined || value === null ? "" : String(value);
  const body = calm.make("div", { class: "wide", role: "group", "aria-label": label, tabindex: "0" });
  const details = calm.make("details", {}, calm.make("summary", {}, "As a table"), body);
  details.addEventListener("toggle", () => {
    if (!details.open || body.firstChild) return;
    const head = names.map((name) => calm.make("th", { scope: "col" }, name.replace(/ shown$/, "")));
    const line = (value) =>
      calm.make(
        "tr",
        {},
        names.map((name) => calm.make("td", {}, text(value[name]))),
      );
    body.append(
      calm.make(
        "table",
        { class: "plain" },
        calm.make("thead", {}, calm.make("tr", {}, head)),
        calm.make("tbody", {}, values.map(line)),
      ),
    );
  });
  return details;
};

/** Say why there is no chart, in its place. */
calm.without = function (place, why) {
  calm.drawn.delete(place);
  place.replaceChildren(why);
};

// Views of charts alone

calm.scopes = (kind) => calm.meta.charts.filter((chart) => chart[kind]);
/** The place of the scope that most runs share. */
calm.largest = (scopes) =>
  scopes.reduce((best, chart, place) => (chart.rows.length > scopes[best].rows.length ? place : best), 0);

/** Let a select choose among scopes, the largest at first. */
calm.scoped = function (select, scopes, changed) {
  if (select.options.length) return;
  const options = scopes.map((chart, place) => [place, chart.scope]);
  calm.fill(select, options, calm.largest(scopes));
  select.addEventListener("change", () => changed().then(calm.remember));
};

/** Choose the scope that an address names, the largest where it names none of them. */
calm.takeScope = function (select, scopes, told) {
  const place = scopes.findIndex((chart) => chart.scope === told.get("scope"));
  if (scopes.length) select.value = place < 0 ? calm.largest(scopes) : place;
};

calm.scatter = async function () {
  const scope = calm.at("scatter-scope");
  const scopes = calm.scopes("scatter");
  if (!scopes.length) return calm.without(calm.at("scatter"), "No run has both accuracy and consistency.");
  calm.scoped(scope, scopes, calm.scatter);
  const chart = scopes[scope.value];
  await calm.draw(calm.at("scatter"), chart.scatter, `Accuracy against consistency, ${chart.scope}`);
};

calm.links.scatter = {
  tell: () => ({ scope: calm.scopes("scatter")[calm.at("scatter-scope").value]?.scope }),
  take(told) {
    const select = calm.at("scatter-scope");
    const scopes = calm.scopes("scatter");
    calm.scoped(select, scopes, calm.scatter);
    calm.takeScope(select, scopes, told);
  },
};

calm.training = async function () {
  for (const [place, { title, spec }] of calm.meta.trainings.entries()) {
    const target = calm.at(`training-${place}`);
    const draw = () => {
      // As many panels beside each other as the window has room for.
      if (spec.concat) spec.columns = Math.max(1, Math.floor(target.clientWidth / (spec.concat[0].width + 65)));
      return calm.draw(target, spec, title);
    };
    const folded = target.closest("details"); // what is folded is drawn when it is opened
    if (folded) folded.ontoggle = () => folded.open && draw();
    if (!folded || folded.open) await draw();
  }
};
