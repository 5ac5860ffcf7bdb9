// The walk over the composed tree: what stands in the page, with the areas in which it can be seen. "Leaves" are words and
// things that paint; elements are kept for what they hold.

const MOST_VISITED = options.most;
const MOST_PIECES = 6000;
const DEEPEST = 400;
const SKIPPED = new Set(
  ("script style template noscript head meta link title base source track param map area datalist noframes wbr " +
    "defs symbol clipPath mask pattern marker").split(" "),
);
const PICTURES = new Set("img svg canvas video iframe frame embed object".split(" "));
const CONTROLS = new Set("input select textarea progress meter".split(" "));
const PRESSED = "a,button,summary,label,[role=button],[role=link],[role=tab],[role=menuitem],[onclick]";
const LARGEST_ICON = 160;

const count = { visited: 0, pieces: 0, truncated: false };
const leaves = [];
const dressed = new Set();
const unfelt = [];
const unfeltScopes = new Set();
const faded = [];

// Parts of the page that wait, faded out, for the window to come near.
function noteFaded(element, style, outer) {
  const box = boxOf(element);
  const waits = box.top + TOP > HEIGHT && box.height >= 8 && box.width >= 8 && style.position !== "absolute" && !outer.pinned;
  if (waits && style.position !== "fixed" && style.visibility === "visible" && faded.length < 500) faded.push(element);
}

const TOKENS = /"((?:\\.|[^"\\])*)"|attr\(\s*([-\w]+)[^)]*\)|url\((?:"[^"]*"|[^)]*)\)|(\/)|[-\w]+(?:\([^)]*\))?/g;
const PRIVATE = /[\uE000-\uF8FF]|[\u{F0000}-\u{10FFFF}]/gu;

function writtenBy(content, element) {
  let said = "";
  for (const [token, text, name, slash] of content.matchAll(TOKENS)) {
    if (slash) break;
    if (text !== undefined) {
      const meant = (_, code, plain) => (code ? String.fromCodePoint(Math.min(parseInt(code, 16), 0x10ffff)) : plain);
      said += text.replace(/\\([0-9a-f]{1,6})\s?|\\(.)/gi, meant);
    } else if (name !== undefined) said += attributeOf(element, name) || "";
    else if (token === "open-quote") said += "«";
    else if (token === "close-quote") said += "»";
  }
  return said;
}

// What ::before or ::after adds: its words, and whether it paints anything.
function addedBy(element, which, here) {
  const style = getComputedStyle(element, which);
  const content = style.content;
  if (content === "none" || content === "normal" || style.display === "none" || style.visibility !== "visible") return null;
  if (here.opacity * Number(style.opacity) < FAINTEST || parseFloat(style.fontSize) < SMALLEST_TYPE) return null;
  const shifts = [style.left, style.top, style.right, style.bottom, style.textIndent].map(parseFloat);
  if (style.position !== "static" && shifts.some((shift) => shift < -HEIGHT)) return null;
  if (shifts[4] < -HEIGHT || style.transform === "matrix(0, 0, 0, 0, 0, 0)") return null;
  const [width, height] = [parseFloat(style.width), parseFloat(style.height)];
  if (stays(style.overflowX) && (width <= 1 || height <= 1)) return null;
  const ground = alphaOf(style.backgroundColor) > FAINTEST || style.backgroundImage !== "none";
  const large = !(width < SMALLEST_ICON || height < SMALLEST_ICON);
  if (ground && large) dressed.add(element);
  const ink = colourOf(style.webkitTextFillColor || style.color);
  const legible = !ink || ink[3] >= FAINTEST;
  const said = legible ? writtenBy(content, element) : "";
  const lost = !standsOut(ink, groundOf(style, here.ground));
  const words = lost ? "" : said.replace(PRIVATE, "");
  const drawn = said.trim() !== "" || content.includes("url(") || style.maskImage !== "none";
  return { words, paints: drawn || (ground && large), block: style.display !== "inline" };
}

const digits = /(?:\+\s?|\(\s?)*\d(?:[\s\u00a0\u202f.\-\/()·•_|\u2010-\u2014\u200b-\u200f]{0,4}\d)*|\S*@\S*/g;
const ruler = new Range();

function areasBetween(node, start, end) {
  ruler.setStart(node, start);
  ruler.setEnd(node, end);
  return Array.from(ruler.getClientRects()).slice(0, 400).map(areaOf);
}

// Splits words so that each number or address in them has an area of its own.
function piecesOf(node, text) {
  const pieces = [];
  let done = 0;
  for (const token of text.matchAll(digits)) {
    if (count.pieces >= MOST_PIECES || pieces.length >= 400) break;
    const areas = areasBetween(node, token.index, token.index + token[0].length).filter((area) => sizeOf(area) > 0);
    if (!areas.length) continue;
    if (token.index > done) pieces.push([text.slice(done, token.index), null]);
    pieces.push([token[0], areas.reduce(around)]);
    done = token.index + token[0].length;
    count.pieces += 1;
  }
  if (done < text.length) pieces.push([text.slice(done), null]);
  return pieces;
}

// The words of a node of which only some lie within an area.
function piecesWithin(node, text, area) {
  const pieces = [];
  let gap = false;
  for (const token of text.matchAll(/\S+/g)) {
    if (count.pieces >= MOST_PIECES || pieces.length >= 2000) break;
    count.pieces += 1;
    const areas = areasBetween(node, token.index, token.index + token[0].length);
    const seen = areas.filter((one) => holds(area, (one[0] + one[2]) / 2, (one[1] + one[3]) / 2) && sizeOf(one) > 0);
    if (seen.length) pieces.push([(gap ? " " : "") + token[0], seen.reduce(around)]);
    gap = gap || seen.length > 0;
  }
  return pieces;
}

function isPainted(style, here) {
  const ink = colourOf(style.webkitTextFillColor || style.color);
  if (!ink || ink[3] >= FAINTEST) return true;
  return here.inked || style.textShadow !== "none" || parseFloat(style.webkitTextStrokeWidth) > 0;
}

function isPale(style, here) {
  if (here.inked || !here.ground) return false;
  if (standsOut(colourOf(style.webkitTextFillColor || style.color), here.ground)) return false;
  const shadow = style.textShadow === "none" ? null : colourOf((/^(?:rgba?|color)\([^)]*\)/.exec(style.textShadow) || [""])[0]);
  if (shadow && standsOut(shadow, here.ground)) return false;
  return !(parseFloat(style.webkitTextStrokeWidth) > 0 && standsOut(colourOf(style.webkitTextStrokeColor), here.ground));
}

function words(node, element, style, here) {
  const text = wordsOf(node);
  if (!/\S/.test(text)) return text.length ? { blank: true } : null;
  if (style.visibility !== "visible" || parseFloat(style.fontSize) < SMALLEST_TYPE || !isPainted(style, here)) return null;
  if (style.fill === "none" && style.stroke === "none" && element instanceof SVGElement) return null;
  const areas = areasBetween(node, 0, text.length).filter((area) => heightOf(area) >= SMALLEST_TYPE && widthOf(area) > 0);
  const whole = areas.reduce((sum, area) => sum + sizeOf(area), 0);
  if (!whole) return null;
  const clipped = areas.map((area) => shared(area, here.flow.area)).filter((area) => sizeOf(area) > 0);
  const seen = clipped.reduce((sum, area) => sum + sizeOf(area), 0);
  if (seen < whole * 0.02) return null;
  const complete = seen >= whole * 0.9;
  const pieces = complete ? piecesOf(node, text) : piecesWithin(node, text, here.flow.area);
  const shown = complete ? clipped : pieces.map((piece) => piece[1]);
  if (!pieces.length) return null;
  const ink = colourOf(style.webkitTextFillColor || style.color);
  return leaf(element, here, shown, { words: pieces, pale: isPale(style, here), ink, reversed: here.reversed });
}

// A thing that can be seen in "areas", until the tests say otherwise.
function leaf(element, here, areas, more) {
  const inner = here.flow.inner;
  const away = inner !== null && areas.every((area) => sizeOf(shared(area, inner)) < 1);
  const made = {
    element, areas, away, whole: false, pale: false, ...more,
    pinned: here.pinned, sticky: here.sticky, pressed: here.pressed, done: false,
    box: away ? inner : areas.reduce(around),
  };
  made.hidden = made.pale;
  if (made.sticky) {
    const top = boxOf(element).top;
    made.drift = () => boxOf(element).top - top;
  }
  leaves.push(made);
  return made;
}

function isDrawn(element, tag, style, added) {
  if (tag === "svg") return findAll(element, "path,use,circle,rect,polygon,polyline,line,ellipse,image,text").length > 0;
  if (PICTURES.has(tag) || CONTROLS.has(tag)) return true;
  if (added.some((one) => one && one.paints)) return true;
  if (style.backgroundImage !== "none") return true;
  return style.maskImage !== "none" && alphaOf(style.backgroundColor) >= FAINTEST;
}

const isFramed = (style) =>
  alphaOf(style.backgroundColor) >= FAINTEST || (parseFloat(style.borderTopWidth) > 0 && alphaOf(style.borderTopColor) >= FAINTEST);

// A picture, a control, or an element that is an icon by its own background or pseudo-elements. A "veil" is a link that
// lies, without anything in it, over what it belongs to.
function thing(element, tag, style, here, added) {
  if (style.visibility !== "visible" || (tag === "input" && attributeOf(element, "type") === "hidden")) return null;
  const fixed = PICTURES.has(tag) || CONTROLS.has(tag);
  const pressed = !fixed && matches(element, PRESSED);
  const drawn = isDrawn(element, tag, style, added) || (pressed && isFramed(style));
  const veil = !drawn && tag === "a" && style.position === "absolute" && attributeOf(element, "href") !== null;
  if (!drawn && !veil) return null;
  if (tag === "iframe" && Math.min(clientWidthOf(element), clientHeightOf(element)) < SMALLEST_ICON) return null;
  const area = areaOf(boxOf(element));
  const seen = shared(area, here.own.area);
  const large = widthOf(area) > LARGEST_ICON || heightOf(area) > LARGEST_ICON;
  if (!fixed && !here.pressed && large) return null;
  if (widthOf(seen) < SMALLEST_ICON || heightOf(seen) < SMALLEST_ICON) return replacedControl(element, tag, here);
  return leaf(element, { ...here, flow: here.own }, [seen], { whole: true, veil });
}

// A box to tick or a file to choose, drawn anew by its visible label.
function replacedControl(element, tag, here) {
  const type = (attributeOf(element, "type") || "").toLowerCase();
  if (tag !== "input" || !["checkbox", "radio", "file"].includes(type)) return null;
  const label = Array.from(labelsOf(element))[0];
  if (!label || !isShown(label, { opacityProperty: true, visibilityProperty: true })) return null;
  const area = shared(areaOf(boxOf(label)), REACHABLE.area);
  return widthOf(area) < SMALLEST_ICON || heightOf(area) < SMALLEST_ICON ? null : leaf(label, here, [area], { whole: true });
}

function labelsOf(element) {
  const prototype = element instanceof HTMLInputElement ? HTMLInputElement.prototype
    : element instanceof HTMLSelectElement ? HTMLSelectElement.prototype
    : element instanceof HTMLTextAreaElement ? HTMLTextAreaElement.prototype : null;
  return (prototype && reader(prototype, "labels")(element)) || [];
}

const LANDMARKS = { banner: "header", navigation: "nav", contentinfo: "footer", main: "main", complementary: "aside" };
const PARTS = new Set(["article", "section", "main", "aside", "footer"]);

function isBar(here, style, element) {
  if (style.position !== "fixed" && style.position !== "sticky") return false;
  const box = boxOf(element);
  return box.top <= 8 && box.height > 0 && box.height <= HEIGHT / 3 && box.width >= WIDTH / 2;
}

function visit(element, outer, depth) {
  const tag = tagOf(element);
  if (SKIPPED.has(tag) || count.truncated) return null;
  count.visited += 1;
  if (count.visited > MOST_VISITED) {
    count.truncated = true;
    return null;
  }
  const style = getComputedStyle(element);
  if (style.display === "none") return null;
  const here = entered(element, style, outer);
  if (here === null) {
    const spare = CONTROLS.has(tag) ? replacedControl(element, tag, outer) : null;
    return spare && node(element, tag, style, outer, depth, spare);
  }
  if (style.pointerEvents === "none") {
    unfeltScopes.add(rootOf(element));
    if (style.backgroundImage !== "none" || alphaOf(style.backgroundColor) > 0 || PICTURES.has(tag)) unfelt.push(element);
  }
  here.inked = outer.inked || style.backgroundClip.includes("text");
  here.reversed = outer.reversed || isReversed(style);
  here.header = outer.header || (!outer.nested && (tag === "header" || attributeOf(element, "role") === "banner")) || isBar(here, style, element);
  here.nested = outer.nested || PARTS.has(tag);
  here.pressed = outer.pressed || matches(element, PRESSED);
  const added = ["::before", "::after"].map((which) => (PICTURES.has(tag) ? null : addedBy(element, which, here)));
  if (dressed.has(element)) here.ground = null;
  const made = node(element, tag, style, here, depth, thing(element, tag, style, here, added));
  if (style.contentVisibility !== "hidden" && !(PICTURES.has(tag) && tag !== "svg" && tag !== "object") && !leafless(element, tag)) {
    addChildren(made, element, tag, style, here, depth, added);
  }
  return made;
}

const leafless = (element, tag) =>
  tag === "select" || tag === "textarea" || tag === "input" || (tag === "svg" && !findAll(element, "text,a,foreignObject").length);

function node(element, tag, style, here, depth, own) {
  return { element, tag, here, depth, leaf: own, children: [], display: style.display };
}

const isReversed = (style) => style.direction === "rtl" && /override/.test(style.unicodeBidi);

function addChildren(made, element, tag, style, here, depth, added) {
  if (added[0] && added[0].words) made.children.push(drawnWords(element, here, added[0]));
  const closed = tag === "details" && attributeOf(element, "open") === null;
  let summaries = 0;
  for (const child of childrenOf(element)) {
    const type = typeOf(child);
    if (type === Node.TEXT_NODE) {
      const said = closed ? null : words(child, element, style, here);
      if (said) made.children.push(said);
    } else if (type === Node.ELEMENT_NODE && /^[bh]r$/.test(tagOf(child))) {
      made.children.push({ blank: "<br>" });
    } else if (type === Node.ELEMENT_NODE) {
      if (closed && !(tagOf(child) === "summary" && (summaries += 1) === 1) && !isShown(child)) continue;
      const inside = depth < 4 * DEEPEST ? visit(child, here, depth + 1) : null;
      if (inside) made.children.push(inside);
    }
  }
  if (added[1] && added[1].words) made.children.push(drawnWords(element, here, added[1]));
  if (here.reversed) made.children.reverse();
}

// Words of a pseudo-element stand somewhere in the box of its element; no closer place can be asked for.
function drawnWords(element, here, added) {
  const area = shared(areaOf(boxOf(element)), here.own.area);
  if (widthOf(area) < 1 || heightOf(area) < 1) return { blank: true };
  const text = added.block ? ` ${added.words} ` : added.words;
  return leaf(element, { ...here, flow: here.own }, [area], { words: [[text, area]], block: added.block });
}
