// What the page knows: rows and charts at once, answers and texts when they are asked for.
"use strict";

calm.meta = JSON.parse(document.getElementById("meta").textContent);
calm.resamples = new calm.Resamples(calm.meta.generator, calm.meta.resamples);

/** Undo calm_harness.packed.pack: base 64 of deflated JSON. */
calm.unpack = async function (packed) {
  const bytes = Uint8Array.from(atob(packed), (each) => each.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
};

calm.waiting = new Map();
/** A script of the data folder calls this with what it holds: a page that was opened from disk cannot fetch. */
calm.arrived = (name, packed) => calm.waiting.get(name)(packed);

calm.beside = (name) =>
  new Promise((resolve, reject) => {
    const script = document.createElement("script");
    calm.waiting.set(name, resolve);
    script.onerror = () =>
      reject(new Error(`${calm.meta.folder}/${name}.js is missing: keep the folder beside the page`));
    script.src = `${calm.meta.folder}/${name}.js`;
    document.head.append(script);
  });

calm.loaded = new Map();
calm.load = function (name) {
  if (!calm.loaded.has(name)) {
    const inline = document.getElementById(`chunk-${name}`);
    const packed = inline ? Promise.resolve(inline.textContent) : calm.beside(name);
    const found = packed.then(calm.unpack);
    found.catch(() => calm.loaded.delete(name)); // so that it can be tried again
    calm.loaded.set(name, found);
  }
  return calm.loaded.get(name);
};

/** A run's answers with the sheet that they are to. */
calm.answers = async function (row) {
  const [core, sheet] = await Promise.all([calm.load(`core-${row.number}`), calm.load(`sheet-${row.sheet}`)]);
  return { row, core, sheet, table: calm.table(core, sheet.languages) };
};

/** A question's gold option by its place in the set's own order; -1 where it is hidden. */
calm.goldOf = function (side, q) {
  const shown = side.core.gold.charCodeAt(q) - 48;
  const order = side.core.order[q];
  return shown < 0 ? -1 : order ? order[shown] : shown;
};

/** The questions and languages that two runs share: equal by id and, where the sheets differ, by texts and gold answer. */
calm.shared = function (one, other) {
  const languages = one.sheet.languages.filter((tag) => other.sheet.languages.includes(tag));
  if (!languages.length) return { languages, one: [], other: [] };
  const there = new Map(other.sheet.ids.map((id, q) => [id, q]));
  const texts = (side, q) =>
    JSON.stringify(languages.map((tag) => side.sheet.texts[q][side.sheet.languages.indexOf(tag)]));
  const sameGold = (here, q) => {
    const golds = [calm.goldOf(one, here), calm.goldOf(other, q)];
    return golds.includes(-1) || golds[0] === golds[1];
  };
  const same = (here, q) => texts(one, here) === texts(other, q) && sameGold(here, q);
  const pairs = one.sheet.ids
    .map((id, q) => [q, there.get(id)])
    .filter(([here, q]) => q !== undefined && (one.sheet === other.sheet || same(here, q)));
  return { languages, one: pairs.map(([q]) => q), other: pairs.map(([, q]) => q) };
};

/** Whether more is better; null where neither more nor less is. */
calm.higher = (name) => (name.startsWith("acc_") ? true : calm.meta.higher[name]);

/**
 * The metrics in which one run is ahead of the other: see calm_harness.metrics.ahead. Those of the ranking are one family; all
 * others, as accuracies of single languages, are another.
 */
calm.certain = function (differences, ranked, questions) {
  if (questions < calm.meta.few) return [];
  const names = Object.keys(differences).filter(
    (name) => calm.higher(name) !== null && !Number.isNaN(differences[name].value),
  );
  const families = [true, false].map((side) => names.filter((name) => ranked.includes(name) === side));
  return families.flatMap((family) =>
    calm.holm(Object.fromEntries(family.map((name) => [name, differences[name].chance]))),
  );
};

/** Differences of two runs, after minus before, on what both were asked. */
calm.compare = function (after, before) {
  const shared = calm.shared(after, before);
  const questions = shared.one.length;
  if (questions === 0 || shared.languages.length === 0) return { ...shared, questions, differences: {} };
  const tables = [
    calm.only(after.table, shared.one, shared.languages),
    calm.only(before.table, shared.other, shared.languages),
  ];
  const names = calm.names(tables[0]).filter((name) => calm.names(tables[1]).includes(name));
  const differences = {};
  for (const name of names) {
    const [one, other] = tables.map((table) => calm.statistic(name, table));
    differences[name] = {
      ...calm.difference(one, other, questions, calm.resamples),
      after: calm.value(one, questions),
      before: calm.value(other, questions),
    };
  }
  const ranked = after.row.ranked.filter((name) => before.row.ranked.includes(name));
  for (const name of calm.certain(differences, ranked, questions)) differences[name].certain = true;
  return { ...shared, questions, differences, tables };
};
