// Comparisons are computed in a worker, which takes its memory with it; without one, in slices between which the page answers.
"use strict";

/** What a comparison is computed from, still packed; texts only where they tell whether two questions are the same. */
calm.sides = function (rows) {
  const kinds = rows[0].sheet === rows[1].sheet ? ["core", "sheet"] : ["core", "sheet", "texts"];
  const content = async (row, kind) => [kind, await calm.packed(calm.named(row, kind))];
  const side = async (row) => ({
    row,
    packed: Object.fromEntries(await Promise.all(kinds.map((kind) => content(row, kind)))),
  });
  return Promise.all(rows.map(side));
};

/** What two runs compare to; null where the turn ends before. */
calm.compared = async function (rows, turn) {
  const sides = await calm.sides(rows);
  if (turn.aborted) return null;
  const found = await calm.inWorker(sides, turn).catch(() => calm.inSlices(sides, turn)); // a policy may forbid workers
  return turn.aborted ? null : found;
};

calm.inWorker = function (sides, turn) {
  const source = ["computing", "worker"].map((id) => calm.at(id).textContent);
  const address = URL.createObjectURL(new Blob(source, { type: "text/javascript" }));
  let worker = null;
  const found = new Promise((resolve, reject) => {
    worker = new Worker(address);
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
    turn.addEventListener("abort", () => resolve(null));
    const { few, higher, generator, resamples } = calm.meta;
    worker.postMessage({ meta: { few, higher, generator, resamples }, sides });
  });
  return found.finally(() => {
    worker?.terminate();
    URL.revokeObjectURL(address);
  });
};

calm.SLICE = 12; // milliseconds of work, after which the page may draw a frame and hear its user
calm.inSlices = async function (sides, turn) {
  const work = await calm.comparing(sides);
  while (!turn.aborted) {
    const end = performance.now() + calm.SLICE;
    while (performance.now() < end) {
      const { done, value } = work.next();
      if (done) return value;
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
  return null;
};
