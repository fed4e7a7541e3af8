// What all views share. All text from runs enters the page as text, never as markup.
"use strict";

/** Make an element: properties are set as attributes, children are elements or text. */
calm.make = function (tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
};
calm.at = (id) => document.getElementById(id);
calm.rows = calm.meta.rows;
calm.number = (value, digits = 3) => (value === null || Number.isNaN(value) ? "–" : value.toFixed(digits));
calm.signed = (value) =>
  value === null || Number.isNaN(value) ? "–" : (value < 0 ? "−" : "+") + Math.abs(value).toFixed(3);
/** Show control characters as pictures: what a terminal would obey is only seen here. */
calm.visible = (text) =>
  text.replace(/[\u0000-\u0008\u000b-\u001f]/g, (each) => String.fromCharCode(0x2400 + each.charCodeAt(0)));
calm.fill = function (select, options, chosen) {
  select.replaceChildren(
    ...options.map(([value, text]) => calm.make("option", { value, selected: `${value}` === `${chosen}` }, text)),
  );
};
/** Set a select to a value that it has; to the other one where it has not. */
calm.pick = function (select, value, other) {
  select.value = [...select.options].some((option) => option.value === `${value}`) ? value : other;
};
calm.letter = (number) => (number < 0 ? "–" : String.fromCharCode(65 + number));

/** Every view that loads takes a turn: when another begins, what still runs for it ends, and what comes back is thrown away. */
calm.turn = new AbortController();
calm.begin = function () {
  calm.turn.abort();
  calm.turn = new AbortController();
  return calm.turn.signal;
};

/** Which way a language is written (browsers that cannot tell are told). */
calm.side = (tag) =>
  /^(ar|arc|ckb|dv|fa|he|iw|ks|ps|sd|syr|ug|ur|yi)(-|$)|-(Arab|Hebr|Syrc|Thaa)(-|$)/i.test(tag) ? "rtl" : "ltr";

/** View -> what an address says of it: `tell()` gives names and values, `take(told)` sets the view to them. */
calm.links = {};
