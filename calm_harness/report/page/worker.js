// What a worker does: all of a comparison, beside the page.
"use strict";

onmessage = async function ({ data }) {
  try {
    calm.meta = data.meta;
    const work = await calm.comparing(data.sides);
    let step = work.next();
    while (!step.done) step = work.next();
    postMessage(step.value);
  } catch (error) {
    reportError(error); // then the page tries
  }
};
