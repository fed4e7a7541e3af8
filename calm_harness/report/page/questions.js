// Every question in all its languages, before and after.
"use strict";

/** Kinds of questions: of what was right before and after, and of the answers after. */
calm.kinds = {
  all: ["all", () => true],
  disagreeing: ["languages disagree", (q) => q.disagreeing],
  fixed: [
    "fixed: wrong before, right after",
    (q) => q.labelled && q.languages.some((_, l) => q.after[l].right && !q.before[l].right),
  ],
  broken: [
    "broken: right before, wrong after",
    (q) => q.labelled && q.languages.some((_, l) => !q.after[l].right && q.before[l].right),
  ],
  english: [
    "right in English only",
    (q) => q.languages.every((tag, l) => q.after[l].right === (tag === "en")) && q.languages.includes("en"),
  ],
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
  return {
    at,
    order,
    option: own(run.table.choice[at]),
    gold: own(run.table.gold[q]),
    right: calm.right(run.table, q, l),
    text: run.texts[q][l],
  };
};

/** Whether two languages have valid answers that cannot be the same (options with one text are the same). */
calm.disagreeing = function (run, q, languages) {
  const width = run.sheet.languages.length;
  const valid = languages
    .map((tag) => q * width + run.sheet.languages.indexOf(tag))
    .filter((at) => run.table.choice[at] >= 0);
  return valid.some((one, place) => valid.slice(0, place).some((other) => !calm.equal(run.table, one, other)));
};

calm.questionsView = async function (turn) {
  if (!calm.choose()) return calm.at("found").replaceChildren("No run has a sample log: evaluate with --log_samples.");
  if (!calm.at("kind").options.length) {
    calm.fill(
      calm.at("kind"),
      Object.entries(calm.kinds).map(([name, [text]]) => [name, text]),
      calm.state.kind,
    );
    const again = (name, id) =>
      calm.at(id).addEventListener("input", () => {
        Object.assign(calm.state, { [name]: calm.at(id).value, page: 0 });
        calm.list();
        calm.remember();
      });
    again("kind", "kind");
    again("words", "words");
  }
  calm.at("kind").value = calm.state.kind;
  calm.at("words").value = calm.state.words;
  calm.asked = [];
  calm.list();
  const [after, before] = await Promise.all(
    calm.chosen().map((row) => calm.answers(row, (kind) => calm.load(calm.named(row, kind)))),
  );
  if (turn.aborted) return;
  const shared = calm.shared(after, before);
  calm.asked = shared.one.map((here, place) => ({
    id: after.sheet.ids[here],
    runs: [after.row.number, before.row.number],
    languages: shared.languages,
    labelled: after.table.gold[here] >= 0 && before.table.gold[shared.other[place]] >= 0,
    disagreeing: calm.disagreeing(after, here, shared.languages),
    after: shared.languages.map((tag) => calm.answer(after, here, tag)),
    before: shared.languages.map((tag) => calm.answer(before, shared.other[place], tag)),
  }));
  for (const question of calm.asked)
    question.words = [question.id, ...question.after.flatMap((each) => [each.text[0], ...each.text[1]])]
      .join("\n")
      .toLocaleLowerCase();
  calm.list();
  const chosen = calm.asked.find((question) => question.id === calm.state.question);
  if (chosen) await calm.openQuestion(chosen, turn);
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
          {
            type: "button",
            "data-id": question.id,
            "aria-current": question.id === calm.state.question ? "true" : null,
            onclick: () => calm.openQuestion(question),
          },
          calm.make("span", { class: "stem", dir: "auto" }, calm.visible(first.text[0])),
          calm.make(
            "small",
            {},
            calm.make("bdi", {}, calm.visible(question.id)),
            question.labelled ? ` ${was} → ${is}` : "",
          ),
        ),
      );
    }),
  );
  const step = (by, text) =>
    calm.make(
      "button",
      {
        type: "button",
        disabled: calm.state.page + by < 0 || calm.state.page + by >= pages,
        onclick: () => {
          calm.state.page += by;
          calm.list();
        },
      },
      text,
    );
  calm
    .at("pages")
    .replaceChildren(...(pages > 1 ? [step(-1, "←"), `page ${calm.state.page + 1} of ${pages}`, step(1, "→")] : []));
};

calm.openQuestion = async function (question, turn = calm.begin()) {
  calm.state.question = question.id;
  calm.remember();
  for (const button of calm.at("list").querySelectorAll("button")) {
    if (button.dataset.id === question.id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  const [after, before] = await Promise.all(question.runs.map((number) => calm.load(`said-${number}`)));
  if (turn.aborted) return;
  const place = calm.at("question");
  place.replaceChildren(
    calm.make("h2", {}, calm.make("bdi", {}, calm.visible(question.id))),
    calm.make(
      "div",
      { class: "said" },
      question.languages.map((tag, l) => calm.card(question, tag, l, after, before)),
    ),
  );
  if (window.innerWidth < 820) place.scrollIntoView();
};

calm.card = function (question, tag, l, said, saidBefore) {
  const [now, then] = [question.after[l], question.before[l]];
  const [stem, options] = now.text;
  const same = question.runs[0] === question.runs[1];
  const scores = (side, content, option) => {
    if (!content.scores) return null;
    const score = content.scores[side.at][side.order ? side.order.indexOf(option) : option];
    return score === null || score === undefined ? "–" : (score / 100).toFixed(2);
  };
  const item = (text, option) => {
    const badges = [
      now.gold === option ? "gold" : null,
      !same && then.option === option ? "before" : null,
      now.option === option ? (same ? "answer" : "after") : null,
    ].filter(Boolean);
    const [one, other] = [scores(then, saidBefore, option), scores(now, said, option)];
    const shown = same ? [other] : [one, other];
    return calm.make(
      "li",
      { class: now.gold === option ? "gold" : null },
      calm.make("span", {}, calm.letter(option)),
      calm.make("bdi", { lang: tag }, calm.visible(text)),
      calm.make("span", { class: "badge" }, badges.join(" · ")),
      shown.some((score) => score !== null)
        ? calm.make(
            "bdi",
            { class: "scores", dir: "ltr", title: "score" },
            shown.map((score) => score ?? "–").join(" → "),
          )
        : null,
    );
  };
  const verdict = (side) =>
    question.labelled ? (side.right ? "right" : "wrong") : side.option < 0 ? "no answer" : calm.letter(side.option);
  return calm.make(
    "section",
    { class: "card" },
    calm.make("h3", {}, tag, calm.make("small", {}, same ? verdict(now) : `${verdict(then)} → ${verdict(now)}`)),
    calm.make("p", { class: "text", dir: "auto", lang: tag }, calm.visible(stem)),
    calm.make("ul", { class: "options", dir: calm.side(tag) }, options.map(item)),
    same ? null : calm.responded("Response before", saidBefore, then.at, tag),
    calm.responded(same ? "Response" : "Response after", said, now.at, tag),
    same ? null : calm.read("Passages before", saidBefore, then.at),
    calm.read(same ? "Passages" : "Passages after", said, now.at),
  );
};

calm.responded = function (title, content, at, tag) {
  if (!content.responses) return null;
  const cut = content.cut.includes(at) ? " (cut at the token limit)" : "";
  return calm.make(
    "details",
    { open: true },
    calm.make("summary", {}, title + cut),
    calm.make(
      "div",
      { class: "response text", dir: "auto", lang: tag, tabindex: "0" },
      calm.visible(content.responses[at]) || "(empty)",
    ),
  );
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
        { class: "response text", dir: "auto", lang: language, tabindex: "0" },
        calm.make(
          "small",
          {},
          calm.make("bdi", {}, calm.visible(id)),
          ` ${language} ${score === null ? "" : (score / 100).toFixed(2)}`,
        ),
        calm.visible(heading ? `${heading}\n${text}` : text),
      );
    }),
  );
};
