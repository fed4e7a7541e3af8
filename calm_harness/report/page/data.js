// What the page knows: rows and charts at once, answers and texts when they are asked for.
"use strict";

calm.meta = JSON.parse(document.getElementById("meta").textContent);

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

/** What the page holds under a name, or has beside it: packed. */
calm.packed = async function (name) {
  const inline = document.getElementById(`chunk-${name}`);
  return inline ? inline.textContent : calm.beside(name);
};

calm.loaded = new Map();
calm.load = function (name) {
  if (!calm.loaded.has(name)) {
    const found = calm.packed(name).then(calm.unpack);
    found.catch(() => calm.loaded.delete(name)); // so that it can be tried again
    calm.loaded.set(name, found);
  }
  return calm.loaded.get(name);
};

/** The name under which a kind of content lies: answers belong to a run, questions to all runs that were asked them. */
calm.named = (row, kind) => `${kind}-${kind === "core" ? row.number : row.sheet}`;
