// Resamples and intervals, as calm_harness.metrics.bootstrap and .intervals have them: the same draws, from the same generator,
// so that what the page computes is what Python computes.
"use strict";
var calm = {};

/** A number of 128 bits, its lowest 22 first: a sum of six products of such limbs is below 2^53, so doubles are exact. */
calm.limbs = (number) =>
  Float64Array.from({ length: 6 }, (_, place) => Number((BigInt(number) >> BigInt(22 * place)) & 0x3fffffn));

/** numpy's PCG64 (O'Neill 2014, XSL-RR 128/64), from a state that numpy gave, with its 32-bit draws below a bound. */
calm.Generator = class {
  constructor({ state, increment }) {
    this.state = calm.limbs(state);
    this.next = new Float64Array(6);
    this.increment = calm.limbs(increment);
    this.multiplier = calm.limbs(0x2360ed051fc65da44385df649fccf645n);
    this.spare = -1;
  }

  /** state = state × multiplier + increment, modulo 2^128. */
  step() {
    const { state, next, increment, multiplier } = this;
    let carry = 0;
    for (let place = 0; place < 6; place++) {
      let sum = carry + increment[place];
      for (let from = 0; from <= place; from++) sum += state[from] * multiplier[place - from];
      carry = Math.floor(sum / 4194304);
      next[place] = sum - carry * 4194304;
    }
    next[5] &= 0x3ffff;
    this.state = next;
    this.next = state;
    return next;
  }

  next32() {
    if (this.spare >= 0) {
      const high = this.spare;
      this.spare = -1;
      return high;
    }
    const limbs = this.step();
    const low = (limbs[0] | (limbs[1] << 22)) ^ ((limbs[2] >>> 20) | (limbs[3] << 2) | (limbs[4] << 24));
    const high = ((limbs[1] >>> 10) | (limbs[2] << 12)) ^ ((limbs[4] >>> 8) | (limbs[5] << 14));
    const turn = limbs[5] >>> 12;
    const [one, other] = turn < 32 ? [low, high] : [high, low];
    const right = turn & 31;
    const left = 31 - right; // and one more: JavaScript takes a shift by 32 for none
    this.spare = ((other >>> right) | ((one << 1) << left)) >>> 0;
    return ((one >>> right) | ((other << 1) << left)) >>> 0;
  }

  /** Draw as many questions as there are, by Lemire's multiplication, and count; below 2^21 of them doubles are exact. */
  count(times) {
    times.fill(0);
    const below = times.length;
    if (below === 1) return times.fill(1); // numpy draws nothing then
    const least = 4294967296 % below;
    for (let i = 0; i < below; i++) {
      let [question, low] = [0, -1];
      while (low < least) {
        const product = this.next32() * below;
        question = Math.floor(product / 4294967296);
        low = product - question * 4294967296;
      }
      times[question]++;
    }
    return times;
  }
};

// A statistic is {parts: Float64Arrays of a number a question, finish: (sums of the parts, questions) -> value, NaN where undefined;
// least, most: what a question would add that lowers and raises the value most; limits: the least and greatest value; contribute:
// question -> what it contributes, beside the jackknife's pseudo-value}.

calm.total = ({ parts }) => parts.map((part) => part.reduce((sum, one) => sum + one, 0));

calm.weighted = function (part, times) {
  let sum = 0;
  for (let q = 0; q < times.length; q++) sum += times[q] * part[q];
  return sum;
};

/**
 * Metrics of the same questions in the same resamples: an array of values each. Of the draws those of one resample are in memory;
 * after each the work pauses, so that it can be done in slices.
 */
calm.resampled = function* (statistics, questions, { generator, resamples }) {
  const draws = new calm.Generator(generator);
  const times = new Uint32Array(questions);
  const values = statistics.map(() => new Float64Array(resamples));
  for (let row = 0; row < resamples; row++) {
    draws.count(times);
    for (const [place, { parts, finish }] of statistics.entries())
      values[place][row] = finish(
        parts.map((part) => calm.weighted(part, times)),
        questions,
      );
    yield;
  }
  return values;
};

calm.quantile = function (sorted, share) {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
};

/** A metric with its values in resamples, and what each question and the most extreme ones contribute. */
calm.draws = function (statistic, questions, drawn) {
  const { parts, finish, least, most, limits, contribute } = statistic;
  const total = calm.total(statistic);
  const value = finish(total, questions);
  const without = [...total];
  const jackknife = (q) => {
    for (let d = 0; d < parts.length; d++) without[d] = total[d] - parts[d][q];
    const rest = finish(without, questions - 1);
    return Number.isNaN(rest) ? value : questions * value - (questions - 1) * rest;
  };
  const ways = contribute ? [jackknife, contribute] : [jackknife];
  const contributions = ways.map((way) => Float64Array.from({ length: questions }, (_, q) => way(q)));
  const end = (question) =>
    question
      ? (questions + 1) *
          finish(
            total.map((sum, d) => sum + question[d]),
            questions + 1,
          ) -
        questions * value
      : value;
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
calm.difference = function (one, other) {
  const apart = calm.minus(one, other);
  const chance = calm.chance(apart.value < 0 ? calm.minus(other, one) : apart);
  return { value: apart.value, chance, ...calm.bounds(apart) };
};
