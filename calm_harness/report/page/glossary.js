// What a metric's name means, for who points at it or comes to it by keyboard; and what a compact ranking leaves out.
"use strict";

/** A metric's name that can be come to by keyboard; a name without a meaning is only a text. */
calm.term = (name) =>
  calm.at(`meaning-${name}`)
    ? calm.make(
        "button",
        { type: "button", class: "term", "data-term": name, "aria-describedby": `meaning-${name}` },
        name,
      )
    : name;

calm.TOLD = "[data-term], #ranking.dense td.number";
calm.tip = { of: null, shown: null, leaving: 0 };

/** The tooltip of a name or of a cell; null where there is nothing to say. */
calm.tipOf = function (element) {
  if (element.dataset.term) return calm.at(`meaning-${element.dataset.term}`);
  const interval = element.querySelector("small");
  if (!interval) return null;
  const tip = calm.at("tip");
  tip.textContent = interval.textContent;
  return tip;
};

calm.showTip = function (element) {
  clearTimeout(calm.tip.leaving);
  if (calm.tip.of === element) return;
  calm.hideTip();
  const shown = calm.tipOf(element);
  if (!shown) return;
  Object.assign(calm.tip, { of: element, shown });
  shown.hidden = false;
  calm.placeTip();
};

/** Beneath its element, or above where there is no room; always within the window. */
calm.placeTip = function () {
  if (!calm.tip.shown) return;
  const { style } = calm.tip.shown;
  const at = calm.tip.of.getBoundingClientRect();
  const size = calm.tip.shown.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const below = at.bottom + 6 + size.height <= clientHeight;
  style.top = `${Math.max(0, below ? at.bottom + 6 : at.top - 6 - size.height)}px`;
  style.left = `${Math.max(6, Math.min(at.left, clientWidth - size.width - 6))}px`;
};

calm.hideTip = function () {
  clearTimeout(calm.tip.leaving);
  if (calm.tip.shown) calm.tip.shown.hidden = true;
  Object.assign(calm.tip, { of: null, shown: null });
};

document.addEventListener("pointerover", ({ target }) => {
  const element = target.closest(calm.TOLD);
  if (element) return calm.showTip(element);
  if (!calm.tip.shown) return;
  clearTimeout(calm.tip.leaving); // who goes to the tooltip itself may read it there
  const stays = calm.tip.shown.contains(target) || calm.tip.of.contains(document.activeElement);
  if (!stays) calm.tip.leaving = setTimeout(calm.hideTip, 200);
});
document.addEventListener("focusin", ({ target }) => {
  const element = target.closest(calm.TOLD);
  if (element) calm.showTip(element);
});
document.addEventListener("focusout", calm.hideTip);
document.addEventListener("click", ({ target }) => {
  const element = target.closest(".term"); // where nobody can point, a name is touched
  if (element) calm.showTip(element);
});
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") calm.hideTip();
});
window.addEventListener("resize", calm.placeTip);
document.addEventListener("scroll", calm.placeTip, true);
