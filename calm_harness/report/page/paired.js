// Two runs, paired by question: what both were asked, and how their metrics differ. A worker has this as well, so nothing here
// asks the document; `calm.meta` is given to it.
"use strict";

/** Undo calm_harness.report.packed.pack: base 64 of deflated JSON. */
calm.unpack = async function (packed) {
  const text = atob(packed);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
};

/** A run's answers with the questions that they are to; `load` gets "core", "sheet" or "texts" (null where nobody needs them). */
calm.answers = async function (row, load) {
  const [core, sheet, texts] = await Promise.all(["core", "sheet", "texts"].map(load));
  return { row, core, sheet, texts, table: calm.table(core, sheet.languages) };
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
    JSON.stringify(languages.map((tag) => side.texts[q][side.sheet.languages.indexOf(tag)]));
  const sameGold = (here, q) => {
    const golds = [calm.goldOf(one, here), calm.goldOf(other, q)];
    return golds.includes(-1) || golds[0] === golds[1];
  };
  const same = (here, q) => texts(one, here) === texts(other, q) && sameGold(here, q);
  const pairs = one.sheet.ids
    .map((id, q) => [q, there.get(id)])
    .filter(([here, q]) => q !== undefined && (one.row.sheet === other.row.sheet || same(here, q)));
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

/** How many answers became right and how many wrong; null where right answers are hidden. */
calm.turned = function ([after, before]) {
  if ([after, before].some((table) => table.gold.some((gold) => gold < 0))) return null;
  const turned = { right: 0, wrong: 0, all: after.questions * after.languages.length };
  for (let q = 0; q < after.questions; q++)
    for (let l = 0; l < after.languages.length; l++) {
      const [now, then] = [after, before].map((table) => calm.right(table, q, l));
      turned.right += now && !then;
      turned.wrong += then && !now;
    }
  return turned;
};

/** Differences of two runs, after minus before, on what both were asked; pauses after each piece of the work. */
calm.compare = function* (after, before) {
  const shared = calm.shared(after, before);
  const { languages } = shared;
  const questions = shared.one.length;
  const asked = [after, before].map((run) => run.sheet.ids.length);
  if (questions === 0 || languages.length === 0) return { languages, questions, asked, differences: {}, turned: null };
  const tables = [calm.only(after.table, shared.one, languages), calm.only(before.table, shared.other, languages)];
  yield;
  const names = calm.names(tables[0]).filter((name) => calm.names(tables[1]).includes(name));
  const differences = yield* calm.differences(names, tables);
  const ranked = after.row.ranked.filter((name) => before.row.ranked.includes(name));
  for (const name of calm.certain(differences, ranked, questions)) differences[name].certain = true;
  return { languages, questions, asked, differences, turned: calm.turned(tables) };
};

/** Metrics of two tables of the same questions: value before and after, difference, interval and p-value. */
calm.differences = function* (names, tables) {
  const { questions } = tables[0];
  const statistics = [];
  for (const name of names)
    for (const table of tables) {
      statistics.push(calm.statistic(name, table));
      yield;
    }
  const drawn = yield* calm.resampled(statistics, questions, calm.meta);
  const differences = {};
  for (const [place, name] of names.entries()) {
    const sides = [];
    for (const at of [2 * place, 2 * place + 1]) {
      sides.push(calm.draws(statistics[at], questions, drawn[at]));
      yield;
    }
    differences[name] = { ...calm.difference(...sides), after: sides[0].value, before: sides[1].value };
    yield;
  }
  return differences;
};

/** The work of a comparison, of `sides`: what is packed of two runs. */
calm.comparing = async function (sides) {
  const run = ({ row, packed }) => calm.answers(row, (kind) => packed[kind] && calm.unpack(packed[kind]));
  return calm.compare(...(await Promise.all(sides.map(run))));
};
