// Resamples and intervals, as calm_harness.metrics.bootstrap and .intervals have them: the same draws, from the same generator,
// so that what the page computes is what Python computes.
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

// A statistic is {width, parts: Float64Array of questions × width, finish: sums -> value, NaN where undefined; least, most: what
// a question would add that lowers and raises the value most; limits: the least and greatest value; contribute: question -> what it contributes,
// beside the jackknife's pseudo-value}.

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

/** A metric in resamples of its questions, and what each question and the most extreme ones contribute. */
calm.draws = function (statistic, questions, resamples) {
  const { width, parts, finish, least, most, limits, contribute } = statistic;
  const total = calm.sums(statistic, null, 0, questions);
  const value = finish(total);
  const times = resamples.times(questions);
  const drawn = Float64Array.from({ length: resamples.count }, (_, row) =>
    finish(calm.sums(statistic, times, row, questions)),
  );
  const jackknife = (q) => {
    const without = finish(total.map((sum, d) => sum - parts[q * width + d]));
    return Number.isNaN(without) ? value : questions * value - (questions - 1) * without;
  };
  const ways = contribute ? [jackknife, contribute] : [jackknife];
  const contributions = ways.map((way) => Float64Array.from({ length: questions }, (_, q) => way(q)));
  const end = (question) =>
    question ? (questions + 1) * finish(total.map((sum, d) => sum + question[d])) - questions * value : value;
  return { value, drawn, contributions, ends: [end(least), end(most)], limits };
};

/** How far below and above the value the imagined questions lie: see calm_harness.metrics.intervals. */
calm.apart = function ({ value, contributions, ends }) {
  const apart = Math.min(
    ...contributions.map((way) => {
      const mean = way.reduce((sum, one) => sum + one, 0) / way.length;
      const squares = way.map((one) => (Math.abs(one - mean) < 1e-9 ? 0 : (one - mean) ** 2));
      const second = squares.reduce((sum, one) => sum + one, 0);
      const fourth = squares.reduce((sum, one) => sum + one * one, 0);
      return fourth === 0 ? 0 : second ** 2 / fourth;
    }),
  );
  const seen = -Math.log(0.025);
  const extreme = seen / Math.max(apart, seen);
  const [low, high] = [Math.min, Math.max].map((most, side) => {
    const outermost = most(...contributions.map((way) => way.reduce((a, b) => most(a, b))));
    return extreme * ends[side] + (1 - extreme) * outermost;
  });
  return [Math.max(value - low, 0), Math.max(high - value, 0)];
};

calm.NORMAL = 1.959963984540054;
calm.student = (z, freedom) =>
  z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);

/** How many times too narrow a percentile interval of so many questions is. */
calm.expansion = function (questions) {
  const freedom = questions - 1;
  return (calm.student(calm.NORMAL, freedom) / calm.NORMAL) * Math.sqrt(questions / freedom);
};

/** The ends of the 95% interval; NaN where there is none. */
calm.bounds = function (draws) {
  const { value, drawn, contributions, limits } = draws;
  const questions = contributions[0].length;
  const rows = [...drawn.keys()].filter((row) => !Number.isNaN(drawn[row]));
  if (Number.isNaN(value) || rows.length < 2 || questions < 2) return { low: NaN, high: NaN };
  const weight = (step) => -Math.log((step + 0.5) / drawn.length);
  const [below, above] = calm.apart(draws);
  const even = Math.min(below, above);
  const [lower, upper] = [
    [below, even],
    [even, above],
  ].map(([toLow, toHigh]) =>
    Float64Array.from(rows, (row) => {
      const [down, up] = [weight(row), weight((row * 387) % drawn.length)];
      const sum = questions * drawn[row] + down * (value - toLow) + up * (value + toHigh);
      return sum / (questions + down + up);
    }).sort(),
  );
  const missing = 2 * (value - rows.reduce((sum, row) => sum + drawn[row], 0) / rows.length);
  const wider = calm.expansion(questions);
  const low = value + wider * (calm.quantile(lower, 0.025) + Math.min(missing, 0) - value);
  const high = value + wider * (calm.quantile(upper, 0.975) + Math.max(missing, 0) - value);
  return { low: Math.min(Math.max(low, limits[0]), value), high: Math.max(Math.min(high, limits[1]), value) };
};

/** The share of a normal distribution beyond z standard errors above its mean, by its series. */
calm.beyond = function (z) {
  let sum = z;
  for (let [n, term] = [3, (z * z * z) / 3]; term > sum * 1e-17; n += 2, term *= (z * z) / n) sum += term;
  return Math.max(0.5 - (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI), 0);
};

/** The smallest level at which the interval leaves out zero. */
calm.chance = function (draws) {
  const { value } = draws;
  const { low, high } = calm.bounds(draws);
  const arm = value > 0 ? value - low : high - value;
  if (Number.isNaN(arm) || value === 0) return 1;
  const freedom = draws.contributions[0].length - 1;
  const reached = Math.abs(value) * calm.student(calm.NORMAL, freedom);
  let [near, far] = [0, 10];
  for (let step = 0; step < 60; step++) {
    const middle = (near + far) / 2;
    if (calm.student(middle, freedom) * arm < reached) near = middle;
    else far = middle;
  }
  return 2 * calm.beyond(near);
};

/** Those of a family {name: p-value} that are no chance, by Holm's correction. */
calm.holm = function (chances) {
  const names = Object.keys(chances).sort((one, other) => chances[one] - chances[other]);
  const first = names.findIndex((name, place) => chances[name] > 0.05 / (names.length - place));
  return first < 0 ? names : names.slice(0, first);
};

/** The difference of a metric between two runs, paired by question: every resample draws a question from both. */
calm.minus = (one, other) => ({
  value: one.value - other.value,
  drawn: one.drawn.map((number, row) => number - other.drawn[row]),
  contributions: one.contributions.map((way, v) => way.map((number, q) => number - other.contributions[v][q])),
  ends: [one.ends[0] - other.ends[1], one.ends[1] - other.ends[0]],
  limits: [one.limits[0] - other.limits[1], one.limits[1] - other.limits[0]],
});

/** Value, 95% interval and p-value of a difference; the p-value is that of the greater minus the less, as in Python. */
calm.difference = function (after, before, questions, resamples) {
  const [one, other] = [after, before].map((statistic) => calm.draws(statistic, questions, resamples));
  const apart = calm.minus(one, other);
  const chance = calm.chance(apart.value < 0 ? calm.minus(other, one) : apart);
  return { value: apart.value, chance, ...calm.bounds(apart) };
};

calm.value = (statistic, questions) => statistic.finish(calm.sums(statistic, null, 0, questions));
