// Metrics and their bootstrap, as calm_harness.metrics and calm_harness.metrics.bootstrap have them: the same resamples, from
// the same generator, so that what the page computes is what Python computes.
"use strict";
var calm = {};

/** numpy's PCG64 (O'Neill 2014, XSL-RR 128/64), from a state that numpy gave, with its 32-bit draws below a bound. */
calm.Generator = class {
  static MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

  constructor({ state, increment }) {
    this.state = BigInt(state);
    this.increment = BigInt(increment);
    this.spare = null;
  }

  next32() {
    if (this.spare !== null) {
      const high = this.spare;
      this.spare = null;
      return high;
    }
    this.state = BigInt.asUintN(128, this.state * calm.Generator.MULTIPLIER + this.increment);
    const mixed = BigInt.asUintN(64, (this.state >> 64n) ^ this.state);
    const turn = this.state >> 122n;
    const word = BigInt.asUintN(64, (mixed >> turn) | (mixed << (64n - turn)));
    this.spare = Number(word >> 32n);
    return Number(word & 0xffffffffn);
  }

  /** A whole number from 0 to below - 1, by Lemire's multiplication; below is at most 2^21, so doubles are exact. */
  draw(below) {
    if (below === 1) return 0;
    let product = this.next32() * below;
    let low = product % 4294967296;
    if (low < below) {
      const least = (4294967296 - below) % below;
      while (low < least) {
        product = this.next32() * below;
        low = product % 4294967296;
      }
    }
    return Math.floor(product / 4294967296);
  }
};

/** How often each of so many questions is drawn in each resample: [resamples × questions], kept for the next metric. */
calm.Resamples = class {
  constructor(start, count) {
    this.start = start;
    this.count = count;
    this.known = new Map();
  }

  times(questions) {
    if (!this.known.has(questions)) {
      const generator = new calm.Generator(this.start);
      const times = new Uint16Array(this.count * questions);
      for (let row = 0; row < this.count; row++) {
        const from = row * questions;
        for (let i = 0; i < questions; i++) times[from + generator.draw(questions)]++;
      }
      this.known.set(questions, times);
    }
    return this.known.get(questions);
  }
};

// A statistic is {width, parts: Float64Array of questions × width, finish: sums -> value, NaN where undefined}.

calm.sums = function (statistic, times, row, questions) {
  const { width, parts } = statistic;
  const total = new Float64Array(width);
  for (let q = 0; q < questions; q++) {
    const n = times === null ? 1 : times[row * questions + q];
    if (n === 0) continue;
    for (let d = 0; d < width; d++) total[d] += n * parts[q * width + d];
  }
  return total;
};

calm.quantile = function (sorted, share) {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
};

/** Value and 95% interval of a difference, paired by question: every resample draws a question from both runs. */
calm.difference = function (after, before, questions, resamples) {
  const value =
    after.finish(calm.sums(after, null, 0, questions)) - before.finish(calm.sums(before, null, 0, questions));
  const times = resamples.times(questions);
  const drawn = [];
  for (let row = 0; row < resamples.count; row++) {
    const one = after.finish(calm.sums(after, times, row, questions));
    const apart = one - before.finish(calm.sums(before, times, row, questions));
    if (!Number.isNaN(apart)) drawn.push(apart);
  }
  if (questions < 2 || drawn.length < 2) return { value, low: NaN, high: NaN };
  drawn.sort((a, b) => a - b);
  return { value, low: calm.quantile(drawn, 0.025), high: calm.quantile(drawn, 0.975) };
};

calm.value = (statistic, questions) => statistic.finish(calm.sums(statistic, null, 0, questions));

// A table is {questions, languages: [tags], choice, gold, size: Int8Array, low, high: sets of options as bits}. An answer
// is the set of the options that it may stand for, since options may share a text. ranks: for each answer that of each
// option (as many as the largest question has) by its score, or null.

calm.table = function (core, languages) {
  const number = (text) => Int8Array.from(text, (each) => (each === "-" ? -1 : each.charCodeAt(0) - 48));
  const choice = number(core.choice);
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
  const gold = number(core.gold);
  const ranks = core.ranks ? number(core.ranks) : null;
  return { questions: gold.length, languages, choice, gold, size: number(core.size), low, high, ranks };
};

/** The table of some questions (numbers) in some languages (tags). */
calm.only = function (table, questions, languages) {
  const columns = languages.map((tag) => table.languages.indexOf(tag));
  const width = table.languages.length;
  const cells = (array) => array.constructor.from(questions.flatMap((q) => columns.map((l) => array[q * width + l])));
  const options = table.ranks && table.ranks.length / table.choice.length;
  const ranked = (q) =>
    columns.flatMap((l) => [...table.ranks.subarray((q * width + l) * options, (q * width + l + 1) * options)]);
  return {
    questions: questions.length,
    languages,
    ranks: table.ranks && Int8Array.from(questions.flatMap(ranked)),
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

calm.mean = function (table, of) {
  const parts = new Float64Array(table.questions * 2);
  for (let q = 0; q < table.questions; q++) {
    parts[q * 2] = of(q);
    parts[q * 2 + 1] = 1;
  }
  return { width: 2, parts, finish: (sums) => (sums[1] === 0 ? NaN : sums[0] / sums[1]) };
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

/** Per question: how many languages may stand for each option. */
calm.votes = function (table, q) {
  const width = table.languages.length;
  const votes = new Array(Math.max(table.size[q], 1)).fill(0);
  for (let l = 0; l < width; l++)
    for (let option = 0; option < votes.length; option++) votes[option] += calm.may(table, q * width + l, option);
  return votes;
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
    const sizes = [...new Set(table.size)].sort((a, b) => a - b);
    const most = Math.max(...sizes, 1);
    const block = most + 1;
    const parts = new Float64Array(table.questions * sizes.length * block);
    for (let q = 0; q < table.questions; q++) {
      const votes = calm.votes(table, q);
      const counts = new Array(most).fill(0);
      for (let l = 0; l < width; l++) {
        let best = -1;
        for (let option = 0; option < votes.length; option++)
          if (calm.may(table, q * width + l, option) && (best < 0 || votes[option] > votes[best])) best = option;
        if (best >= 0) counts[best]++;
      }
      const m = counts.reduce((sum, n) => sum + n, 0);
      if (m < 2) continue;
      const from = (q * sizes.length + sizes.indexOf(table.size[q])) * block;
      parts[from] = (m * m - counts.reduce((sum, n) => sum + n * n, 0)) / (m - 1);
      counts.forEach((n, option) => (parts[from + 1 + option] = n));
    }
    const finish = (sums) => {
      let observed = 0;
      let expected = 0;
      for (let from = 0; from < sums.length; from += block) {
        let n = 0;
        let squares = 0;
        for (let d = 1; d < block; d++) {
          n += sums[from + d];
          squares += sums[from + d] ** 2;
        }
        observed += sums[from];
        if (n !== 1) expected += (n * n - squares) / (n - 1);
      }
      return expected === 0 ? NaN : 1 - observed / expected;
    };
    return { width: sizes.length * block, parts, finish };
  },

  rankc: (table) => {
    const width = table.languages.length;
    const options = table.ranks.length / table.choice.length;
    const tails = new Map();
    for (const size of new Set(table.size)) {
      const weights = Array.from({ length: size }, (_, j) => Math.exp(-j));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const tail = new Array(options).fill(0);
      for (let j = size - 1; j >= 0; j--) tail[j] = (j + 1 < size ? tail[j + 1] : 0) + weights[j] / total / (j + 1);
      tails.set(size, tail);
    }
    return calm.mean(table, (q) => {
      let sum = 0;
      for (let a = 0; a < width; a++)
        for (let b = a + 1; b < width; b++)
          for (let i = 0; i < options; i++) {
            const [one, other] = [a, b].map((l) => table.ranks[(q * width + l) * options + i]);
            sum += tails.get(table.size[q])[Math.max(one, other)];
          }
      return sum / ((width * (width - 1)) / 2);
    });
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
    return calm.mean(table, (q) => {
      let others = 0;
      table.languages.forEach((_, l) => (others += l !== pivot && calm.right(table, q, l)));
      return calm.right(table, q, pivot) - others / (table.languages.length - 1);
    });
  },

  invalid: (table) => calm.share(table, (q, l) => table.choice[q * table.languages.length + l] < 0),
};

/** The metrics that make sense for a table, those of single languages included. */
calm.names = function (table) {
  const hidden = table.gold.some((gold) => gold < 0);
  const several = table.languages.length > 1;
  const wanted = {
    acc: !hidden,
    consistency: several,
    consistency_strict: several,
    consistency_all: several,
    correct_all: several && !hidden,
    alpha: several,
    rankc: several && table.ranks !== null,
    majority_acc: several && !hidden,
    pivot_gap: several && !hidden && table.languages.includes("en"),
    invalid: true,
  };
  const languages = hidden || !several ? [] : table.languages.map((tag) => `acc_${tag}`);
  return [...Object.keys(wanted).filter((name) => wanted[name]), ...languages];
};

calm.statistic = function (name, table) {
  if (!name.startsWith("acc_")) return calm.metrics[name](table);
  const l = table.languages.indexOf(name.slice(4));
  return calm.mean(table, (q) => calm.right(table, q, l));
};
