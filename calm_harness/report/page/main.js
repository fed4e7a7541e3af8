// Tabs, address and theme; and the start.
"use strict";

calm.views = {
  ranking: () => {},
  languages: calm.languages,
  scatter: calm.scatter,
  compare: calm.compareView,
  questions: calm.questionsView,
  probes: calm.probes,
  training: calm.training,
  about: () => {},
};
calm.tab = "ranking";
calm.tabs = [...document.querySelectorAll("[role=tab]")];

calm.remember = function () {
  const told = new URLSearchParams({ view: calm.tab });
  for (const [name, value] of Object.entries(calm.links[calm.tab]?.tell() ?? {})) if (value) told.set(name, value);
  if (["compare", "questions"].includes(calm.tab))
    for (const side of ["a", "b"]) if (calm.state[side] !== null) told.set(side, calm.state[side]);
  if (calm.tab === "questions")
    for (const name of ["question", "kind", "words"])
      if (calm.state[name] && calm.state[name] !== "all") told.set(name, calm.state[name]);
  history.replaceState(null, "", `#${told}`);
};

calm.show = async function () {
  const turn = calm.begin();
  delete document.body.dataset.ready;
  for (const tab of calm.tabs) {
    const on = tab.id === `tab-${calm.tab}`;
    tab.setAttribute("aria-selected", on);
    tab.tabIndex = on ? 0 : -1;
    calm.at(tab.getAttribute("aria-controls")).hidden = !on;
  }
  const place = calm.at(`view-${calm.tab}`);
  place.querySelector(".failed")?.remove();
  try {
    await calm.views[calm.tab](turn);
  } catch (error) {
    if (turn.aborted) return;
    place.append(calm.make("p", { class: "warning failed" }, error.message));
    throw error;
  }
  if (turn.aborted) return;
  calm.remember();
  document.body.dataset.ready = calm.tab;
};

calm.go = function (name) {
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
calm.beforePrint = null;
window.addEventListener("beforeprint", () => {
  calm.beforePrint = document.documentElement.dataset.theme;
  calm.dark(false);
});
window.addEventListener("afterprint", () => calm.dark(calm.beforePrint === "dark"));
document.querySelector(".skip").addEventListener("click", () => calm.at("main").focus());

/** Take from the address what to show. */
calm.told = function () {
  const told = new URLSearchParams(location.hash.slice(1));
  for (const side of ["a", "b"]) {
    const row = calm.rows[told.get(side)];
    if (told.has(side) && row && row.sheet) calm.state[side] = row.number;
  }
  if (calm.state.a === null || calm.state.b === null) Object.assign(calm.state, { a: null, b: null });
  calm.state.question = told.get("question");
  calm.state.words = told.get("words") ?? "";
  calm.state.kind = told.get("kind") in calm.kinds ? told.get("kind") : "all";
  const first = calm.rows.length ? "ranking" : "probes";
  const wanted = calm.tabs.some((tab) => tab.id === `tab-${told.get("view")}`) ? told.get("view") : first;
  delete document.body.dataset.ready;
  calm.links[wanted]?.take(told);
  return calm.go(wanted);
};

calm.rank().then(calm.told);
window.addEventListener("hashchange", calm.told);
