// A page that is too large to hold its answers: they lie beside it, in files that are named by their content.
"use strict";

calm.fromFile = calm.beside;
calm.arriving = new Map(); // two runs with the same answers have one file
calm.beside = function (name) {
  const file = calm.meta.files[name];
  if (!calm.arriving.has(file)) {
    const packed = calm.fromFile(file);
    packed.catch(() => calm.arriving.delete(file)); // so that it can be tried again
    calm.arriving.set(file, packed);
  }
  return calm.arriving.get(file);
};
