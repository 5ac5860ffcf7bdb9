// What a person can see of one element: its style, what cuts it off, and how far the window can be moved to it.

// Forms and documents answer to the names of what stands in them ("<input name=children>"), so members are read through
// the prototypes, which no page can reach from this world.
const reader = (prototype, name) => {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name);
  return (object) => get.call(object);
};
const typeOf = reader(Node.prototype, "nodeType");
const firstChildOf = reader(Node.prototype, "firstChild");
const nextOf = reader(Node.prototype, "nextSibling");
const parentOf = reader(Node.prototype, "parentNode");
const wordsOf = reader(CharacterData.prototype, "data");
const contentOf = reader(Node.prototype, "textContent");
const tagOf = reader(Element.prototype, "localName");
const openShadowOf = reader(Element.prototype, "shadowRoot");
const slotOf = reader(Element.prototype, "assignedSlot");
const scrollWidthOf = reader(Element.prototype, "scrollWidth");
const scrollHeightOf = reader(Element.prototype, "scrollHeight");
const clientWidthOf = reader(Element.prototype, "clientWidth");
const clientHeightOf = reader(Element.prototype, "clientHeight");
const scrollLeftOf = reader(Element.prototype, "scrollLeft");
const scrollTopOf = reader(Element.prototype, "scrollTop");
const baseOf = reader(Node.prototype, "baseURI");
const titleOf = reader(Document.prototype, "title");
const urlOf = reader(Document.prototype, "URL");
const attributeOf = (element, name) => Element.prototype.getAttribute.call(element, name);
const boxOf = (element) => Element.prototype.getBoundingClientRect.call(element);
const findAll = (element, selector) => Element.prototype.querySelectorAll.call(element, selector);
const matches = (element, selector) => Element.prototype.matches.call(element, selector);
const isShown = (element, further) => Element.prototype.checkVisibility.call(element, further);
const rootOf = (element) => Node.prototype.getRootNode.call(element);
const prototypeOf = (scope) => (scope instanceof ShadowRoot ? ShadowRoot.prototype : Document.prototype);
const foundAt = (scope, x, y) => prototypeOf(scope).elementsFromPoint.call(scope, x, y);

const ROOT = reader(Document.prototype, "documentElement")(document);
const SCROLLER = reader(Document.prototype, "scrollingElement")(document) || ROOT;
const WIDTH = window.innerWidth;
const HEIGHT = window.innerHeight;
const LEFT = window.scrollX;
const TOP = window.scrollY;

const FAINTEST = 0.1;
const SMALLEST_TYPE = 3;
const SMALLEST_ICON = 4;
const LEAST_CONTRAST = 1.1;
const BLURRED = 4;
const FARTHEST = 1e6;

const shadowOf = (element) => openShadowOf(element) || closedShadows.get(element) || null;

function childrenOf(element) {
  const shadow = shadowOf(element);
  if (shadow === null && element instanceof HTMLSlotElement) {
    const assigned = HTMLSlotElement.prototype.assignedNodes.call(element, { flatten: true });
    if (assigned.length) return assigned;
  }
  const children = [];
  for (let child = firstChildOf(shadow || element); child; child = nextOf(child)) children.push(child);
  return children;
}

function flatParentOf(element) {
  const parent = slotOf(element) || parentOf(element);
  return parent instanceof ShadowRoot ? parent.host : parent instanceof Element ? parent : null;
}

// Areas are [left, top, right, bottom] in the coordinates of the window as it stands.
const areaOf = (box) => [box.left, box.top, box.right, box.bottom];
const shared = (a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
const widthOf = (area) => Math.max(0, area[2] - area[0]);
const heightOf = (area) => Math.max(0, area[3] - area[1]);
const sizeOf = (area) => widthOf(area) * heightOf(area);
const around = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
const holds = (area, x, y) => x >= area[0] && x <= area[2] && y >= area[1] && y <= area[3];

const colours = new Map();

// [red, green, blue, alpha], or null for a notation that is not read here.
function colourOf(written) {
  let colour = colours.get(written);
  if (colour === undefined) {
    const numbers = /^(rgba?\(|color\(srgb )([^)]*)\)$/.exec(written);
    colour = null;
    if (numbers) {
      const parts = numbers[2].split(/[\s,/]+/).filter(Boolean).map(Number);
      const scale = numbers[1].startsWith("color") ? 255 : 1;
      if (parts.length >= 3 && !parts.some(Number.isNaN)) {
        colour = [parts[0] * scale, parts[1] * scale, parts[2] * scale, parts.length > 3 ? parts[3] : 1];
      }
    }
    if (colours.size < 5000) colours.set(written, colour);
  }
  return colour;
}

const alphaOf = (written) => {
  const colour = colourOf(written);
  return colour ? colour[3] : 1;
};

function laidOver(front, ground) {
  const mixed = (channel) => front[channel] * front[3] + ground[channel] * (1 - front[3]);
  return [mixed(0), mixed(1), mixed(2), 1];
}

// Relative luminance and contrast ratio as WCAG 2 defines them.
function luminance(colour) {
  const [red, green, blue] = [0, 1, 2].map((channel) => {
    const share = colour[channel] / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [a, b] = [luminance(one) + 0.05, luminance(other) + 0.05];
  return a > b ? a / b : b / a;
}

// Whether a colour stands out from the ground under it; where either is unknown, it does.
const standsOut = (colour, ground) =>
  !colour || !ground || contrast(colour[3] < 1 ? laidOver(colour, ground) : colour, ground) >= LEAST_CONTRAST;

const WINDOW_STYLE = (() => {
  const own = getComputedStyle(ROOT);
  if (own.overflowX !== "visible" || own.overflowY !== "visible") return { element: ROOT, x: own.overflowX, y: own.overflowY };
  const body = Array.from(findAll(ROOT, ":scope > body, :scope > frameset"))[0];
  if (!body) return { element: ROOT, x: "visible", y: "visible" };
  const style = getComputedStyle(body);
  return { element: body, x: style.overflowX, y: style.overflowY };
})();

const stays = (overflow) => overflow === "hidden" || overflow === "clip";

// A layer over the window that keeps it from being scrolled. Without such a layer, a page that forbids scrolling moves its
// content itself when the wheel turns.
const LOCKED = (() => {
  if (options.still) return true;
  if (!stays(WINDOW_STYLE.y)) return false;
  for (let here = foundAt(document, WIDTH / 2, HEIGHT / 2)[0]; here; here = flatParentOf(here)) {
    const layered = getComputedStyle(here).position === "fixed" || matches(here, ":modal");
    if (layered && sizeOf(shared(areaOf(boxOf(here)), [0, 0, WIDTH, HEIGHT])) >= (WIDTH * HEIGHT) / 10) return true;
  }
  return false;
})();

const PAGE_WIDTH = Math.max(WIDTH, options.still || stays(WINDOW_STYLE.x) ? 0 : Math.min(scrollWidthOf(SCROLLER), FARTHEST));
const PAGE_HEIGHT = LOCKED ? TOP + HEIGHT : Math.max(HEIGHT, Math.min(scrollHeightOf(SCROLLER), FARTHEST));
const RIGHT_TO_LEFT = getComputedStyle(ROOT).direction === "rtl";

const SCREEN = { area: [0, 0, WIDTH, HEIGHT], inner: null };
const REACHABLE = {
  area: [
    (RIGHT_TO_LEFT ? WIDTH - PAGE_WIDTH : 0) - LEFT,
    (LOCKED ? TOP : 0) - TOP,
    (RIGHT_TO_LEFT ? WIDTH : PAGE_WIDTH) - LEFT,
    PAGE_HEIGHT - TOP,
  ],
  inner: null,
};

// What the walk knows above the first element. "flow", "absolute" and "fixed" say what cuts off a child of that position.
const OUTSIDE = {
  opacity: 1,
  flow: REACHABLE,
  absolute: REACHABLE,
  fixed: SCREEN,
  pinned: false,
  sticky: false,
  ground: window === window.top ? [255, 255, 255, 1] : null,
  turn: null,
  pressed: false,
  header: false,
  nested: false,
  inked: false,
  reversed: false,
};

function filtered(style) {
  if (style.filter === "none") return 1;
  const blur = /blur\(([\d.]+)px\)/.exec(style.filter);
  if (blur && Number(blur[1]) >= BLURRED) return 0;
  const share = /opacity\(([\d.]+)\)/.exec(style.filter);
  return share ? Number(share[1]) : 1;
}

// What a clip or a simple clip-path leaves of a box; shapes that are not read leave all of it.
function cutOut(element, style) {
  const whole = areaOf(boxOf(element));
  const old = /^rect\(([^)]*)\)$/.exec(style.clip);
  if (old && (style.position === "absolute" || style.position === "fixed")) {
    const [top, right, bottom, left] = old[1].split(/[\s,]+/).map((side) => (side === "auto" ? null : parseFloat(side)));
    return [
      left === null ? whole[0] : whole[0] + left,
      top === null ? whole[1] : whole[1] + top,
      right === null ? whole[2] : whole[0] + right,
      bottom === null ? whole[3] : whole[1] + bottom,
    ];
  }
  const path = style.clipPath;
  const inset = /^inset\(([^)]*)\)/.exec(path);
  if (inset) {
    const sides = inset[1].split(" round ")[0].trim().split(/\s+/);
    const [top, right = top, bottom = top, left = right] = sides;
    const length = (side, full) => (side.endsWith("%") ? (parseFloat(side) / 100) * full : parseFloat(side) || 0);
    const [width, height] = [widthOf(whole), heightOf(whole)];
    return [
      whole[0] + length(left, width),
      whole[1] + length(top, height),
      whole[2] - length(right, width),
      whole[3] - length(bottom, height),
    ];
  }
  if (/^(?:circle|ellipse)\(0(?:px|%)?[ )]/.test(path)) return [0, 0, 0, 0];
  const polygon = /^polygon\(([^)]*)\)/.exec(path);
  if (polygon && !/\d/.test(polygon[1].replace(/\b0(?:px|%)?(?![\d.])/g, ""))) return [0, 0, 0, 0];
  return null;
}

// What is left of an area inside a box that cuts off or scrolls what is larger than it.
function windowed(element, outer, overflowX, overflowY) {
  const box = areaOf(boxOf(element));
  const seen = shared(outer.area, box);
  if (widthOf(seen) < 1 || heightOf(seen) < 1) return { area: [0, 0, 0, 0], inner: null };
  const moves = (overflow) => overflow === "auto" || overflow === "scroll";
  const cuts = (overflow) => overflow !== "visible";
  const [left, top] = [box[0] - scrollLeftOf(element), box[1] - scrollTopOf(element)];
  const along = (overflow, start, extent, from, to, outerFrom, outerTo) =>
    moves(overflow) ? [Math.min(start, from), Math.max(start + extent, to)] : cuts(overflow) ? [from, to] : [outerFrom, outerTo];
  const [fromX, toX] = along(overflowX, left, scrollWidthOf(element), seen[0], seen[2], outer.area[0], outer.area[2]);
  const [fromY, toY] = along(overflowY, top, scrollHeightOf(element), seen[1], seen[3], outer.area[1], outer.area[3]);
  return { area: [fromX, fromY, toX, toY], inner: moves(overflowX) || moves(overflowY) ? seen : outer.inner };
}

const hasOwnBox = (element, style) => style.display !== "contents" && (style.display !== "inline" || tagOf(element) === "svg");

const HOLDS_FIXED = /transform|perspective|filter/;

function isFrameOfReference(style) {
  return (
    style.transform !== "none" || style.translate !== "none" || style.rotate !== "none" || style.scale !== "none" ||
    style.perspective !== "none" || style.filter !== "none" || (style.backdropFilter || "none") !== "none" ||
    HOLDS_FIXED.test(style.willChange) || /paint|layout|strict|content/.test(style.contain)
  );
}

// The ground after this element's own background; null where a picture or an unread colour makes it unknown.
function groundOf(style, ground) {
  if (style.backgroundImage !== "none") return null;
  const colour = colourOf(style.backgroundColor);
  if (colour === null) return null;
  if (colour[3] >= 0.99) return colour;
  return colour[3] > 0 && ground ? laidOver(colour, ground) : ground;
}

function turned(style, turn) {
  if (style.transform === "none" && turn === null) return null;
  const own = style.transform === "none" ? new DOMMatrix() : new DOMMatrix(style.transform);
  return turn === null ? own : turn.multiply(own);
}

// What holds inside an element, or null where nothing in it can be seen. "own" is what cuts off the element itself.
function entered(element, style, outer) {
  const fade = Number(style.opacity);
  const opacity = outer.opacity * (awake.has(element) ? 1 : fade) * filtered(style);
  if (opacity < FAINTEST) {
    if (fade < FAINTEST && outer.opacity >= FAINTEST) noteFaded(element, style, outer);
    return null;
  }
  const position = style.position;
  let own = position === "fixed" ? outer.fixed : position === "absolute" ? outer.absolute : outer.flow;
  if (style.clipPath !== "none" || style.clip !== "auto") {
    const left = cutOut(element, style);
    if (left) own = { area: shared(own.area, left), inner: own.inner };
  }
  const turn = turned(style, outer.turn);
  if (turn !== null && style.backfaceVisibility === "hidden" && turn.m33 < 0) return null;
  let flow = own;
  const [x, y] = [style.overflowX, style.overflowY];
  const cuts = x !== "visible" || y !== "visible" || /paint|strict|content/.test(style.contain);
  if (cuts && element !== WINDOW_STYLE.element && hasOwnBox(element, style)) {
    flow = tagOf(element) === "marquee" ? own : windowed(element, own, x === "visible" ? "clip" : x, y === "visible" ? "clip" : y);
  }
  const anchors = isFrameOfReference(style);
  return {
    opacity,
    own,
    flow,
    absolute: anchors || position !== "static" ? flow : outer.absolute,
    fixed: anchors ? flow : outer.fixed,
    pinned: outer.pinned || (position === "fixed" && outer.fixed === SCREEN),
    sticky: outer.sticky || position === "sticky",
    ground: groundOf(style, outer.ground),
    turn: style.transformStyle === "preserve-3d" ? turn : null,
    pressed: outer.pressed,
    header: outer.header,
    nested: outer.nested,
    inked: outer.inked,
    reversed: outer.reversed,
  };
}
