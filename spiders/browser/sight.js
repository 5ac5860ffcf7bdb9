// What a person can see in one frame: the composed tree (shadow roots, slots) walked once, with clipping and opacity.
// Every function works on the frame it runs in; boxes are in its window's CSS pixels.

const MOST_NODES = 20000;
const FAINT = 0.1;
const SMALLEST = 2;
const PICTURES = new Set(["img", "svg", "video", "canvas", "iframe", "input", "select", "textarea", "object"]);

const folded = (text, most = 160) => (text || "").slice(0, 4 * most).replace(/\s+/g, " ").trim().slice(0, most);

// A form answers to the names of its fields ("<input name=children>"), so its place in the tree is read through the prototypes.
const reader = (prototype, name) => {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name);
  return (object) => get.call(object);
};
const elementsIn = reader(Element.prototype, "children");
const elementAbove = reader(Node.prototype, "parentElement");
const shadowOf = reader(Element.prototype, "shadowRoot");
const nodesIn = reader(Node.prototype, "childNodes");
const slotOf = reader(Element.prototype, "assignedSlot");

const children = (node) => {
  if (node.localName === "details" && !node.open) return Array.from(elementsIn(node)).filter((one) => one.localName === "summary").slice(0, 1);
  const shadow = shadowOf(node);
  if (shadow) return shadow.children;
  if (node.localName === "slot") {
    const given = node.assignedElements();
    if (given.length) return given;
  }
  return elementsIn(node);
};

const parent = (node) => slotOf(node) || elementAbove(node) || (Node.prototype.getRootNode.call(node) || {}).host || null;

const meet = (a, b) => ({
  l: Math.max(a.l, b.l), t: Math.max(a.t, b.t), r: Math.min(a.r, b.r), b: Math.min(a.b, b.b),
});
const sides = (box) => ({ l: box.left, t: box.top, r: box.right, b: box.bottom });
const open = (area) => area.r - area.l >= SMALLEST && area.b - area.t >= SMALLEST;

// The whole page that scrolling can reach, and the window, as areas of the window.
const reachable = () => {
  const root = document.scrollingElement || document.documentElement;
  return { l: -scrollX, t: -scrollY, r: Math.max(root.scrollWidth, innerWidth) - scrollX, b: Math.max(root.scrollHeight, innerHeight) - scrollY };
};
const inWindow = () => ({ l: 0, t: 0, r: innerWidth, b: innerHeight });

// Calls visit(element, style, area) for every element of which something shows; area is the part that is not clipped.
const walk = (visit, start = document.documentElement) => {
  const everything = reachable(), endless = { l: -Infinity, t: -Infinity, r: Infinity, b: Infinity };
  let left = MOST_NODES;
  const stack = [[start, everything, everything, 1]];
  while (stack.length && left-- > 0) {
    const [element, flowing, placed, strength] = stack.pop();
    const style = getComputedStyle(element);
    if (style.display === "none") continue;
    let inner = flowing, innerPlaced = placed, opacity = strength;
    if (style.display !== "contents") {
      opacity *= Number(style.opacity);
      if (opacity < FAINT) continue;
      const fixed = style.position === "fixed";
      const clip = fixed ? inWindow() : style.position === "absolute" ? placed : flowing;
      const box = sides(element.getBoundingClientRect());
      const area = meet(box, clip);
      if (style.clipPath !== "none" && /inset\((?:100|50)%/.test(style.clipPath)) continue;
      if (style.clip !== "auto" && /^rect\((?:0|1)px,? (?:0|1)px/.test(style.clip)) continue;
      inner = clip;
      const root = element === document.documentElement || element === document.body;
      if (!root && style.overflow !== "visible" && element.localName !== "svg") {
        inner = open(area) && /auto|scroll/.test(style.overflow) ? endless : area;
      }
      if (style.position !== "static" || style.transform !== "none") innerPlaced = inner;
      if (style.visibility === "visible" && open(area)) visit(element, style, area, fixed);
    }
    if (style.contentVisibility === "hidden") continue;
    const next = children(element);
    for (let index = next.length - 1; index >= 0; index--) stack.push([next[index], inner, innerPlaced, opacity]);
  }
};

const ownText = (element) => {
  let text = "";
  for (const child of nodesIn(element)) if (child.nodeType === 3) text += child.data;
  return folded(text, 80);
};

// The elements that show something of their own, each with what it shows.
const atoms = () => {
  const found = new Map();
  walk((element) => {
    const shown = ownText(element);
    if (shown || PICTURES.has(element.localName)) found.set(element, shown || element.localName);
  });
  return found;
};

// What is written on an element, and its name where nothing is.
const wordsOf = (element) => folded(element.innerText === undefined ? element.textContent : element.innerText);
const nameOf = (element) => {
  const root = element.getRootNode();
  const labelled = (element.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean).slice(0, 4)
    .map((id) => root.getElementById && root.getElementById(id)).filter(Boolean).map((one) => one.textContent).join(" ");
  const own = labelled || element.getAttribute("aria-label") || element.getAttribute("title") || (element.localName === "input" ? element.value : "");
  if (typeof own === "string" && own.trim()) return folded(own);
  const inner = element.querySelector && element.querySelector("img[alt]:not([alt='']), [aria-label], [title], svg title");
  return inner ? folded(inner.getAttribute("alt") || inner.getAttribute("aria-label") || inner.getAttribute("title") || inner.textContent) : "";
};

// The way to an element: one selector for each shadow root on the way, outermost first.
const wayTo = (element) => {
  const way = [];
  for (let node = element; node; ) {
    const root = node.getRootNode();
    way.unshift(within(node, root));
    node = root.host || null;
  }
  return way;
};
const within = (element, root) => {
  const steps = [];
  for (let node = element; node; node = elementAbove(node)) {
    if (node.id && /^[A-Za-z][\w-]{0,60}$/.test(node.id) && root.querySelectorAll("#" + CSS.escape(node.id)).length === 1) {
      steps.unshift("#" + CSS.escape(node.id));
      return steps.join(" > ");
    }
    if (node === document.body || node === document.documentElement) {
      steps.unshift(node.localName);
      return steps.join(" > ");
    }
    let nth = 1;
    for (let before = node.previousElementSibling; before; before = before.previousElementSibling)
      if (before.localName === node.localName) nth++;
    steps.unshift(`${CSS.escape(node.localName)}:nth-of-type(${nth})`);
  }
  return steps.join(" > ");
};
const follow = (way) => {
  let root = document, found = null;
  for (const selector of way) {
    if (!root) return null;
    found = root.querySelector(selector);
    root = found && found.shadowRoot;
  }
  return found;
};

// Settles once nothing in the document has changed for calmMs and no animation that ends is running; at most limitMs.
const calm = ({ calmMs, limitMs }) => new Promise((done) => {
  const from = performance.now();
  let last = from;
  const watch = new MutationObserver(() => { last = performance.now(); });
  watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  const moving = () => (document.getAnimations ? document.getAnimations() : []).some((one) =>
    one.playState === "running" && one.effect && Number.isFinite(one.effect.getComputedTiming().endTime));
  const tick = () => {
    const now = performance.now();
    if (now - from >= limitMs || (now - last >= calmMs && !moving())) {
      watch.disconnect();
      done(true);
    } else setTimeout(tick, 40);
  };
  setTimeout(tick, calmMs);
});

const isTouched = () => navigator.maxTouchPoints > 0 && matchMedia("(hover: none)").matches;
