// What lies over the page or stands in its place: fixed, sticky and modal elements, with the buttons on them.

const MOST_OVERLAYS = 12;
const MOST_BUTTONS = 60;
const PRESSED = "button,a,[role=button],[role=link],input[type=button],input[type=submit],summary";

const unite = (a, b) => ({ l: Math.min(a.l, b.l), t: Math.min(a.t, b.t), r: Math.max(a.r, b.r), b: Math.max(a.b, b.b) });
const boxOf = (area) => [area.l + scrollX, area.t + scrollY, area.r - area.l, area.b - area.t];
const shareOf = (area) => {
  const seen = meet(area, inWindow());
  return open(seen) ? ((seen.r - seen.l) * (seen.b - seen.t)) / (innerWidth * innerHeight) : 0;
};

const floats = (element, style) =>
  style.position === "fixed" || style.position === "sticky" || element.getAttribute("aria-modal") === "true" ||
  /^(?:alert)?dialog$/.test(element.getAttribute("role") || "") || (element.localName === "dialog" && element.open) ||
  (style.position === "absolute" && Number(style.zIndex) > 0 && element.offsetWidth >= innerWidth * 0.9);

const isButton = (element, style) =>
  element.matches(PRESSED) || (style.cursor === "pointer" && (element.onclick || element.childElementCount <= 2));

// Words, buttons, fields and frames of what shows below one element.
const described = (element) => {
  const texts = [], buttons = [], fields = [];
  let area = null, frames = 0, length = 0;
  walk((inner, style, seen) => {
    area = area ? unite(area, meet(seen, inWindow())) : meet(seen, inWindow());
    const own = ownText(inner);
    if (own && length < 6000) { texts.push(own); length += own.length; }
    if (inner.localName === "iframe") frames++;
    if (buttons.length < MOST_BUTTONS && isButton(inner, style)) {
      const label = folded(wordsOf(inner) || nameOf(inner), 80);
      buttons.push({ label, way: wayTo(inner), box: boxOf(seen), leaves: /^(?:https?:|\/|mailto:|tel:)/.test(inner.getAttribute("href") || "") });
    }
    if (fields.length < 20 && inner.matches("select,input:not([type=button]):not([type=submit]):not([type=hidden])")) {
      fields.push({
        way: wayTo(inner), kind: inner.localName === "select" ? "select" : inner.type, required: inner.required,
        words: folded([inner.name, inner.id, inner.placeholder, nameOf(inner), inner.labels && inner.labels[0] && inner.labels[0].textContent].filter(Boolean).join(" ")),
        options: inner.localName === "select" ? Array.from(inner.options).slice(0, 400).map((one) => folded(one.text, 30)) : [],
      });
    }
  }, element);
  return { texts, buttons, fields, frames, area };
};

const overlays = () => {
  const found = [], taken = new Set();
  walk((element, style) => {
    if (found.length >= MOST_OVERLAYS || element === document.documentElement || element === document.body) return;
    if (!floats(element, style)) return;
    for (let above = element; above; above = parent(above)) if (taken.has(above)) return;
    taken.add(element);
    found.push(element);
  });
  return found.map((element) => ({ way: wayTo(element), ...summary(described(element)) })).filter((one) => one.share > 0);
};

const summary = ({ texts, buttons, fields, frames, area }) => ({
  words: texts.join("\n"), buttons, fields, frames,
  box: area && open(area) ? boxOf(area) : null, share: area ? shareOf(area) : 0,
});

// The whole frame as one overlay: a frame inside a banner, or a page that is nothing but a gate.
const wholeFrame = () => {
  if (!document.body) return null;
  return { way: ["body"], ...summary(described(document.body)) };
};

const remains = (element) => {
  if (!element.isConnected) return false;
  const { area } = described(element);
  return Boolean(area && open(area));
};

// Frames that float over the page, or lie in something that does: their places among the frames of this document.
const floatingFrames = () => {
  const places = [];
  walk((element) => {
    if (element.localName !== "iframe") return;
    for (let above = element; above && above !== document.body; above = parent(above))
      if (floats(above, getComputedStyle(above))) { places.push(wayTo(element)); return; }
  });
  return places.slice(0, 8);
};

const scriptsPromise = (words) => Array.from(document.scripts).slice(0, 400).some((one) => {
  const address = (one.src || "").toLowerCase();
  return address && words.some((word) => address.includes(word));
}) || typeof window.__tcfapi === "function";

const selectOption = ([way, index]) => {
  const field = follow(way);
  if (!field) return false;
  field.selectedIndex = index;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
};
