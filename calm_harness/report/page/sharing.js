// What leaves the page: tables as CSV, and the address of what is shown.
"use strict";

/** A cell of CSV, of which no spreadsheet takes a name for a formula. */
calm.field = function (value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" && /^[=+\-@]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
calm.csv = (lines) => lines.map((line) => `${line.map(calm.field).join(",")}\n`).join("");

/** Hand a text to the browser as a file. */
calm.save = function (name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  calm.make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000); // by then it is saved, or asked where to
};

/** Copy the address; where a browser does not let a page do so, lay it out for copying. */
calm.copy = async function () {
  calm.remember();
  const link = calm.at("link");
  link.value = location.href;
  link.hidden = true;
  try {
    await navigator.clipboard.writeText(link.value);
    calm.at("copied").textContent = "Link copied.";
  } catch {
    link.hidden = false;
    link.select();
    calm.at("copied").textContent = "This browser lets no page copy: the link is selected, copy it with Ctrl+C.";
  }
};
calm.at("copy").addEventListener("click", calm.copy);
