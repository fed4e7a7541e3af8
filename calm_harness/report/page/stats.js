// The metrics of a table of answers, as calm_harness.metrics has them.
"use strict";

// A table is {questions, languages: [tags], choice, gold, size: Int8Array, low, high: sets of options as bits}. An answer
// is the set of the options that it may stand for, since options may share a text. ranks: for each answer that of each
// option (as many as the largest question has) by its score, or null. unfinished: 1 where thoughts never end, own: 1 where a free
// answer is in the language asked for, or null.

/** Numbers from characters: "0" is the first, "-" stands for none. */
calm.numbers = function (text) {
  const numbers = new Int8Array(text.length);
  for (let at = 0; at < text.length; at++) numbers[at] = text[at] === "-" ? -1 : text.charCodeAt(at) - 48;
  return numbers;
};

calm.table = function (core, languages) {
  const choice = calm.numbers(core.choice);
  const low = new Int32Array(choice.length);
  const high = new Int32Array(choice.length);
  for (let at = 0; at < choice.length; at++) {
    if (choice[at] < 0) continue;
    const twins = core.twins[at];
    const same = twins ? twins.flatMap((twin, i) => (twin === twins[choice[at]] ? [i] : [])) : [choice[at]];
    for (const option of same) {
      if (option < 32) low[at] |= 1 << option;
      else high[at] |= 1 << (option - 32);
    }
  }
  const gold = calm.numbers(core.gold);
  const ranks = core.ranks ? calm.numbers(core.ranks) : null;
  const unfinished = core.unfinished ? calm.numbers(core.unfinished) : null;
  const own = core.own ? calm.numbers(core.own) : null;
  const size = calm.numbers(core.size);
  return { questions: gold.length, languages, choice, gold, size, low, high, ranks, unfinished, own };
};

/** The table of some questions (numbers) in some languages (tags). */
calm.only = function (table, questions, languages) {
  const columns = languages.map((tag) => table.languages.indexOf(tag));
  const width = table.languages.length;
  const cells = function (array, each = 1) {
    const kept = new array.constructor(questions.length * columns.length * each);
    let at = 0;
    for (const q of questions)
      for (const l of columns) for (let i = 0; i < each; i++) kept[at++] = array[(q * width + l) * each + i];
    return kept;
  };
  return {
    questions: questions.length,
    languages,
    ranks: table.ranks && cells(table.ranks, table.ranks.length / table.choice.length),
    unfinished: table.unfinished && cells(table.unfinished),
    own: table.own && cells(table.own),
    choice: cells(table.choice),
    low: cells(table.low),
    high: cells(table.high),
    gold: Int8Array.from(questions, (q) => table.gold[q]),
    size: Int8Array.from(questions, (q) => table.size[q]),
  };
};

calm.may = (table, at, option) =>
  option >= 0 && ((option < 32 ? table.low[at] >>> option : table.high[at] >>> (option - 32)) & 1) === 1;
calm.equal = (table, a, b) => (table.low[a] & table.low[b]) !== 0 || (table.high[a] & table.high[b]) !== 0;
calm.right = (table, q, l) => calm.may(table, q * table.languages.length + l, table.gold[q]);
calm.inOwnLanguage = (table, q, l) => table.own[q * table.languages.length + l] > 0;

calm.mean = function (table, of, low = 0, high = 1) {
  const part = Float64Array.from({ length: table.questions }, (_, q) => of(q));
  const finish = ([sum], questions) => (questions === 0 ? NaN : sum / questions);
  return { parts: [part], finish, least: [low], most: [high], limits: [low, high] };
};

calm.share = (table, holds) => {
  const width = table.languages.length;
  return calm.mean(table, (q) => {
    let count = 0;
    for (let l = 0; l < width; l++) count += holds(q, l);
    return count / width;
  });
};

calm.pairs = function (table, q, holds) {
  const width = table.languages.length;
  let count = 0;
  for (let a = 0; a < width; a++) for (let b = a + 1; b < width; b++) count += holds(q * width + a, q * width + b);
  return count;
};

/** Imagined questions whose answers are placed in the most extreme ways: see calm_harness.metrics.agreement. */
calm.extremes = function (seen, languages) {
  const common = seen.indexOf(Math.max(...seen));
  const rare = seen.indexOf(Math.min(...seen));
  const even = languages / seen.length;
  return [
    Array.from(seen, (_, place) => (place === common ? languages : 0)),
    Array.from(seen, (_, place) => (place === rare ? languages : 0)),
    Array.from(seen, () => even),
    Array.from(seen, (_, place) => (place === common ? 0 : languages / (seen.length - 1))),
  ];
};

/** Per question: how many languages may stand for each option. */
calm.votes = function (table, q) {
  const width = table.languages.length;
  const votes = new Array(Math.max(table.size[q], 1)).fill(0);
  for (let l = 0; l < width; l++)
    for (let option = 0; option < votes.length; option++) votes[option] += calm.may(table, q * width + l, option);
  return votes;
};

calm.sum = (numbers) => numbers.reduce((sum, n) => sum + n, 0);
calm.squares = (numbers) => numbers.reduce((sum, n) => sum + n * n, 0);

/** Per question: how many languages chose each option; where options share a text, the one that most languages chose. */
calm.resolved = function (table, q, most) {
  const votes = calm.votes(table, q);
  const counts = new Array(most).fill(0);
  for (let l = 0; l < table.languages.length; l++) {
    let best = -1;
    for (let option = 0; option < votes.length; option++)
      if (calm.may(table, q * table.languages.length + l, option) && (best < 0 || votes[option] > votes[best]))
        best = option;
    if (best >= 0) counts[best]++;
  }
  return counts;
};

/**
 * 1 - observed ÷ expected disagreement, both added up over numbers of options. `of`: question -> its disagreement and its answers
 * by value; `expected`: sums of these -> disagreement by chance; `imagined`: answers by option -> as `of`; `silent`: another one.
 */
calm.beyondChance = function (table, { values, of, expected, imagined, silent }) {
  const sizes = [...new Set(table.size)].sort((a, b) => a - b);
  const block = values + 1;
  const parts = Array.from({ length: sizes.length * block }, () => new Float64Array(table.questions));
  const disagreement = new Float64Array(table.questions);
  for (let q = 0; q < table.questions; q++) {
    const from = sizes.indexOf(table.size[q]) * block;
    const told = of(q);
    disagreement[q] = told[0];
    told.forEach((n, place) => (parts[from + place][q] = n));
  }
  const finish = (sums) => {
    let [observed, byChance] = [0, 0];
    for (let from = 0; from < sums.length; from += block) {
      observed += sums[from];
      byChance += expected(sums.slice(from + 1, from + block));
    }
    return byChance === 0 ? NaN : 1 - observed / byChance;
  };
  const statistic = { parts, finish, limits: [-1, 1] };
  const total = calm.total(statistic);
  const apart = 1 - finish(total);
  const mean = calm.sum(disagreement) / table.questions;
  statistic.contribute = (q) => 1 - apart * (mean === 0 ? 0 : disagreement[q] / mean);
  const width = table.languages.length;
  const questions = sizes.flatMap((size, place) => {
    const from = place * block;
    const kinds = calm.extremes(total.slice(from + 1, from + 1 + size), width).map(imagined);
    return [...kinds, ...(silent ? [silent] : [])].map((kind) => {
      const question = new Float64Array(parts.length);
      question.set(kind, from);
      return question;
    });
  });
  return calm.imagining(statistic, questions, table.questions);
};

/** Give a metric those of imagined questions that lower and raise it most. */
calm.imagining = function (statistic, imagined, questions) {
  const total = calm.total(statistic);
  let [low, high] = [Infinity, -Infinity];
  for (const question of imagined) {
    const value = statistic.finish(
      total.map((sum, d) => sum + question[d]),
      questions + 1,
    );
    if (value < low) [low, statistic.least] = [value, question];
    if (value > high) [high, statistic.most] = [value, question];
  }
  return statistic;
};

/** What is reached minus the accuracy of the best language; `reached`: accuracy in any language, accuracies -> accuracy. */
calm.overTheBest = function (table, reached) {
  const width = table.languages.length;
  const right = Array.from({ length: width }, (_, l) =>
    Float64Array.from({ length: table.questions }, (_, q) => calm.right(table, q, l)),
  );
  const any = Float64Array.from({ length: table.questions }, (_, q) => Math.max(...right.map((part) => part[q])));
  const finish = (sums, questions) => {
    const [share, ...shares] = sums.map((sum) => sum / questions);
    return questions === 0 ? NaN : Math.max(reached(share, shares) - Math.max(...shares), 0);
  };
  const each = Array.from({ length: width }, (_, l) => [1, ...right.map((_, other) => Number(other === l))]);
  const beside = [1, ...new Array(width).fill(0)]; // right in a language that is not the best, which of equal ones is none
  const imagined = [new Array(width + 1).fill(0), new Array(width + 1).fill(1), ...each, beside];
  return calm.imagining({ parts: [any, ...right], finish, limits: [0, 1] }, imagined, table.questions);
};

calm.metrics = {
  acc: (table) => calm.share(table, (q, l) => calm.right(table, q, l)),

  consistency: (table) =>
    calm.mean(table, (q) => {
      const valid = calm.pairs(table, q, (a, b) => table.choice[a] >= 0 && table.choice[b] >= 0);
      return valid === 0 ? 0 : calm.pairs(table, q, (a, b) => calm.equal(table, a, b)) / valid;
    }),

  consistency_strict: (table) => {
    const width = table.languages.length;
    return calm.mean(
      table,
      (q) => calm.pairs(table, q, (a, b) => calm.equal(table, a, b)) / ((width * (width - 1)) / 2),
    );
  },

  consistency_all: (table) =>
    calm.mean(table, (q) => {
      let [low, high] = [-1, -1];
      for (let l = 0; l < table.languages.length; l++) {
        low &= table.low[q * table.languages.length + l];
        high &= table.high[q * table.languages.length + l];
      }
      return low !== 0 || high !== 0;
    }),

  correct_all: (table) => calm.mean(table, (q) => table.languages.every((_, l) => calm.right(table, q, l))),

  alpha: (table) => {
    const width = table.languages.length;
    const most = Math.max(...table.size, 1);
    return calm.beyondChance(table, {
      values: most,
      of: (q) => {
        const counts = calm.resolved(table, q, most);
        const m = calm.sum(counts);
        return m < 2 ? [0] : [(m * m - calm.squares(counts)) / (m - 1), ...counts];
      },
      expected: (values) => {
        const n = calm.sum(values);
        return n === 1 ? 0 : (n * n - calm.squares(values)) / (n - 1);
      },
      imagined: (counts) => [
        Math.min((width * width - calm.squares(counts)) / Math.max(width - 1, 1), width),
        ...counts,
      ],
    });
  },

  kappa_strict: (table) => {
    const width = table.languages.length;
    const most = Math.max(...table.size, 1);
    const unequal = (counts, unread) =>
      Math.min(Math.max((width * width - calm.squares(counts) - unread) / Math.max(width - 1, 1), 0), width);
    const question = (counts, unread) => {
      const filled = [...counts, ...new Array(most - counts.length).fill(0)];
      return [unequal(filled, unread), ...filled, unread];
    };
    return calm.beyondChance(table, {
      values: most + 1,
      of: (q) => {
        const counts = calm.resolved(table, q, most);
        return question(counts, width - calm.sum(counts));
      },
      expected: (values) => {
        const n = calm.sum(values);
        return n === 0 ? 0 : n - calm.squares(values.slice(0, -1)) / n;
      },
      imagined: (counts) => question(counts, 0),
      silent: question([], width),
    });
  },

  potential: (table) => calm.overTheBest(table, (any) => any),
  potential_chance: (table) =>
    calm.overTheBest(table, (_, shares) => 1 - shares.reduce((product, share) => product * (1 - share), 1)),

  rankc: (table) => {
    const width = table.languages.length;
    const options = table.ranks.length / table.choice.length;
    const tails = new Map();
    let low = 1;
    for (const size of new Set(table.size)) {
      const weights = Array.from({ length: size }, (_, j) => Math.exp(-j));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const tail = new Array(options).fill(0);
      for (let j = size - 1; j >= 0; j--) tail[j] = (j + 1 < size ? tail[j + 1] : 0) + weights[j] / total / (j + 1);
      tails.set(size, tail);
      // Of a ranking and the same backwards.
      low = Math.min(
        low,
        tail.slice(0, size).reduce((sum, _, i) => sum + tail[Math.max(i, size - 1 - i)], 0),
      );
    }
    return calm.mean(
      table,
      (q) => {
        let sum = 0;
        let pairs = 0; // of languages that rank anything
        for (let a = 0; a < width; a++)
          for (let b = a + 1; b < width; b++) {
            if (table.choice[q * width + a] < 0 || table.choice[q * width + b] < 0) continue;
            pairs++;
            for (let i = 0; i < options; i++) {
              const [one, other] = [a, b].map((l) => table.ranks[(q * width + l) * options + i]);
              sum += tails.get(table.size[q])[Math.max(one, other)];
            }
          }
        return pairs ? sum / pairs : 0;
      },
      table.choice.every((choice) => choice >= 0) ? low : 0,
    );
  },

  majority_acc: (table) =>
    calm.mean(table, (q) => {
      const width = table.languages.length;
      const votes = calm.votes(table, q);
      const most = Math.max(...votes);
      if (most === 0 || table.gold[q] < 0) return 0;
      const winners = votes.flatMap((n, option) => (n === most ? [option] : []));
      const backers = (option) => table.languages.map((_, l) => calm.may(table, q * width + l, option)).join();
      const tie = winners.some((option) => backers(option) !== backers(winners[0]));
      return !tie && votes[table.gold[q]] === most ? 1 : 0;
    }),

  pivot_gap: (table) => {
    const pivot = table.languages.indexOf("en");
    return calm.mean(
      table,
      (q) => {
        let others = 0;
        table.languages.forEach((_, l) => (others += l !== pivot && calm.right(table, q, l)));
        return calm.right(table, q, pivot) - others / (table.languages.length - 1);
      },
      -1,
    );
  },

  em: (table) => calm.share(table, (q, l) => calm.right(table, q, l) && calm.inOwnLanguage(table, q, l)),
  other_language: (table) => calm.share(table, (q, l) => calm.right(table, q, l) && !calm.inOwnLanguage(table, q, l)),
  invalid: (table) => calm.share(table, (q, l) => table.choice[q * table.languages.length + l] < 0),
  unfinished: (table) => calm.share(table, (q, l) => table.unfinished[q * table.languages.length + l] > 0),
};

/** The metrics that make sense for a table, those of single languages included. */
calm.names = function (table) {
  const hidden = table.gold.some((gold) => gold < 0);
  const several = table.languages.length > 1;
  const wanted = {
    acc: !hidden,
    em: !hidden && table.own !== null,
    other_language: !hidden && table.own !== null,
    consistency: several,
    consistency_strict: several,
    consistency_all: several,
    correct_all: several && !hidden,
    potential: several && !hidden,
    potential_chance: several && !hidden,
    alpha: several,
    kappa_strict: several,
    rankc: several && table.ranks !== null,
    majority_acc: several && !hidden,
    pivot_gap: several && !hidden && table.languages.includes("en"),
    invalid: true,
    unfinished: table.unfinished !== null,
  };
  const languages = hidden || !several ? [] : table.languages.map((tag) => `acc_${tag}`);
  return [...Object.keys(wanted).filter((name) => wanted[name]), ...languages];
};

calm.statistic = function (name, table) {
  if (!name.startsWith("acc_")) return calm.metrics[name](table);
  const l = table.languages.indexOf(name.slice(4));
  return calm.mean(table, (q) => calm.right(table, q, l));
};
