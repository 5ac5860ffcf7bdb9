// The snapshot: what the walk found and the tests left, written down as plain HTML with numbered elements.

const BLOCKS = new Set(
  ("address article aside blockquote body br button center dd details dialog div dl dt fieldset figcaption figure footer form " +
    "h1 h2 h3 h4 h5 h6 header hr label legend li main nav ol p pre section select summary table tbody td tfoot th thead tr ul").split(" "),
);
const VOID = new Set("br hr img input embed".split(" "));
const RAW = new Set("xmp listing plaintext".split(" "));
const HEADINGS = new Set("h1 h2 h3 h4 h5 h6".split(" "));
const REGIONS = new Set("header nav main footer aside".split(" "));
const KEPT = new Set(
  ("id class role title alt name type placeholder for value action method lang rel target autocomplete required readonly disabled " +
    "checked maxlength rows tabindex open colspan rowspan itemprop contenteditable form").split(" "),
);
const LONGEST = 300;
const LONGEST_ADDRESS = 2000;

const written = { html: [], size: 0, next: options.first, elements: [], runs: [], pictures: [], frames: [] };

const clean = (text) => text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000e-\u001f\u007f]/g, "");
const folded = (text) => clean(text).replace(/[\s\u00a0]+/g, " ");
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const quoted = (text) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");

function put(text) {
  written.html.push(text);
  written.size += text.length;
}

// Marks what is kept: words and things seen, and the elements around them. Returns whether "entry" is.
function prune(entry) {
  if (entry.blank) return false;
  if (entry.children === undefined) {
    entry.said = !entry.hidden && entry.words.some((piece) => /\S/.test(piece[0]));
    return !entry.hidden;
  }
  let kept = Boolean(entry.leaf && !entry.leaf.hidden && !entry.leaf.veil);
  for (const child of entry.children) {
    child.kept = prune(child);
    kept = kept || child.kept;
    entry.said = entry.said || Boolean(child.said);
  }
  for (const child of entry.children) if (isVeil(child)) child.kept = child.kept || (kept && !child.leaf.hidden);
  return kept;
}

const isVeil = (entry) => Boolean(entry.leaf && entry.leaf.veil);

const rounded = (area) => {
  const [left, top] = [Math.round(area[0] + LEFT), Math.round(area[1] + TOP)];
  return [left, top, Math.max(0, Math.round(area[2] + LEFT) - left), Math.max(0, Math.round(area[3] + TOP) - top)];
};

function areaWithin(entry) {
  const inner = entry.here.own.inner;
  const area = shared(areaOf(boxOf(entry.element)), entry.here.own.area);
  if (widthOf(area) < 1 || heightOf(area) < 1) return null;
  return inner === null ? area : sizeOf(shared(area, inner)) > 0 ? shared(area, inner) : inner;
}

const isBlock = (entry) => entry.children !== undefined ? !/^(?:inline|contents|ruby)/.test(entry.display) : Boolean(entry.block);
const areaOfEntry = (entry) => (entry.children === undefined ? entry.box : entry.area) || null;

function onOneLine(one, other) {
  const [a, b] = [areaOfEntry(one), areaOfEntry(other)];
  if (!a || !b) return false;
  return Math.min(a[3], b[3]) - Math.max(a[1], b[1]) > Math.min(heightOf(a), heightOf(b)) / 2;
}

// What parts two neighbours that a browser sets apart although their elements' names do not say so.
function border(before, entry, laid) {
  if (!before) return "";
  const apart = laid || isBlock(before) || isBlock(entry);
  if (!apart || BLOCKS.has(before.tag) || BLOCKS.has(entry.tag)) return "";
  return onOneLine(before, entry) ? " " : "<br>";
}

function nameOf(entry) {
  const { tag, display } = entry;
  if (tag === "div" || tag === "p") return display === "inline" ? "span" : tag;
  if (tag === "body" && !options.top) return "div";
  if (tag === "frame" || tag === "frameset" || tag === "marquee" || tag === "object" || tag === "foreignobject") return "div";
  if (tag === "foreignObject" || RAW.has(tag)) return RAW.has(tag) ? "pre" : "div";
  if (tag === "text" || tag === "tspan" || tag === "bdo" || tag === "math") return "span";
  return /^[a-z][a-z0-9-]*$/.test(tag) ? tag : "span";
}

const kindOf = (element, tag) => {
  const role = attributeOf(element, "role");
  if (tag === "input") return /^(?:submit|button|image|reset)$/i.test(attributeOf(element, "type") || "") ? "button" : "field";
  if ((tag === "a" || tag === "area") && (attributeOf(element, "href") !== null || role === "link")) return role === "button" ? "button" : "link";
  if (tag === "button" || tag === "summary" || role === "button") return "button";
  if (tag === "select" || tag === "textarea") return "field";
  if (tag === "iframe" || tag === "frame") return "frame";
  if (PICTURES.has(tag) || role === "img") return "image";
  if (HEADINGS.has(tag)) return "heading";
  return tag === "form" ? "form" : REGIONS.has(tag) ? "landmark" : "part";
};

// An address as people are led to it; what stays on this page stays short.
function addressOf(element, name) {
  const own = attributeOf(element, name) ?? attributeOf(element, `xlink:${name}`);
  if (own === null) return null;
  const trimmed = own.trim();
  if (/^(?:tel|callto|mailto|sms|javascript|https?):/i.test(trimmed) || (options.top && (trimmed === "" || trimmed[0] === "#"))) return trimmed;
  try {
    return new URL(trimmed, baseOf(document)).href;
  } catch {
    return trimmed;
  }
}

function attributesOf(entry) {
  const { element, tag } = entry;
  let all = "";
  const add = (key, value) => {
    const most = key === "href" || key === "src" ? LONGEST_ADDRESS : LONGEST;
    all += ` ${key}="${quoted(clean(String(value)).slice(0, most))}"`;
  };
  for (const key of Element.prototype.getAttributeNames.call(element).slice(0, 60)) {
    const value = attributeOf(element, key);
    if (key === "href" || key === "xlink:href") {
      if (tag === "a" || tag === "area") add("href", addressOf(element, "href"));
    } else if (key === "src") {
      const source = tag === "img" && !value.startsWith("data:") ? addressOf(element, "src") : null;
      if (source) add("src", source);
    } else if (key === "action") add("action", addressOf(element, "action"));
    else if (key === "onclick") add("onclick", "1");
    else if (KEPT.has(key) || key.startsWith("aria-")) add(key, value);
    else if (/chat/.test(key) && /^[a-z][a-z0-9-]*$/.test(key)) add(key, value);
  }
  for (const [key, value] of namedAnew(entry)) add(key, value);
  return all;
}

// Names that people hear or see elsewhere: the hidden words of a link that shows only an icon, hidden labels of a field.
function namedAnew(entry) {
  const { element, tag } = entry;
  if (attributeOf(element, "open") === null && (tag === "dialog" || (tag === "details" && isUnfolded(entry)))) return [["open", ""]];
  const named = attributeOf(element, "aria-label") || attributeOf(element, "title");
  if (named) return [];
  if (tag === "svg") {
    const title = Array.from(findAll(element, ":scope > title"))[0];
    return title && contentOf(title).trim() ? [["aria-label", folded(contentOf(title)).trim()]] : [];
  }
  if (CONTROLS.has(tag)) {
    const label = Array.from(labelsOf(element)).find((one) => !keptElements.has(one));
    return label ? [["aria-label", folded(contentOf(label)).trim()]] : [];
  }
  if (entry.said || !matches(element, "a,button,[role=button],[role=link]")) return [];
  const hidden = folded(contentOf(element)).trim();
  return hidden && hidden.length <= 120 ? [["aria-label", hidden]] : [];
}

const isUnfolded = (entry) => entry.children.some((child) => child.kept && child.tag !== "summary");

const keptElements = new Set();

function measure(entry) {
  keptElements.add(entry.element);
  entry.area = areaWithin(entry);
  for (const child of entry.children) if (child.kept && child.children !== undefined) measure(child);
  if (entry.area === null) {
    const areas = entry.children.filter((child) => child.kept).map(areaOfEntry).filter(Boolean);
    entry.area = areas.length ? areas.reduce(around) : entry.leaf ? entry.leaf.box : null;
  }
}

function note(entry, number) {
  if (!entry.area) return;
  const kind = kindOf(entry.element, entry.tag);
  const flags = (entry.area[1] + TOP < HEIGHT || entry.here.pinned ? 1 : 0) | (entry.here.header ? 2 : 0) | (entry.here.pinned ? 4 : 0);
  const record = [number, kind, ...rounded(entry.area), flags];
  if (kind === "link" || kind === "button") record.push(addressOf(entry.element, "href") || "");
  written.elements.push(record);
  if (kind === "image") notePicture(entry, number);
}

const SPEAKING = /(?:\d[^\d]{0,3}){9}|@/;

function notePicture(entry, number) {
  const { element } = entry;
  const alternative = folded(["alt", "aria-label", "title"].map((key) => attributeOf(element, key)).find(Boolean) || "").slice(0, LONGEST);
  const source = element instanceof HTMLImageElement && !element.currentSrc.startsWith("data:") ? element.currentSrc : "";
  const file = clean(source.split(/[?#]/)[0].split("/").pop() || "").slice(-LONGEST);
  if (SPEAKING.test(alternative) || SPEAKING.test(file)) written.pictures.push([number, alternative, file]);
}

function emit(entry) {
  if (entry.children === undefined) return emitWords(entry);
  const { element, tag } = entry;
  const number = (written.next += 1) - 1;
  note(entry, number);
  if (frameNumbers.has(element)) return emitFrame(entry, number);
  const name = nameOf(entry);
  const shallow = entry.depth <= DEEPEST;
  if (shallow) put(`<${name} data-b="${number}"${attributesOf(entry)}>`);
  if (tag === "select") emitChoice(element);
  // Words of a drawing follow it: inside, a parser would not take them for words of the page.
  if (tag === "svg") put(`${symbolsOf(element)}${shallow ? "</svg>" : ""}`);
  if (!VOID.has(name)) emitChildren(entry, number);
  if (shallow && !VOID.has(name) && tag !== "svg") put(`</${name}>`);
  if (tag === "img") emitAreas(entry);
}

function emitChildren(entry, number) {
  const laid = /flex|grid/.test(entry.display);
  let before = null;
  let gap = "";
  const outer = written.parent;
  written.parent = number;
  for (const child of entry.children) {
    if (child.blank) gap = child.blank === true ? gap || " " : child.blank;
    else if (child.kept) {
      put(gap === "<br>" ? gap : border(before, child, laid) || gap);
      written.parent = number;
      emit(child);
      before = child;
      gap = "";
    }
  }
  put(gap);
  written.parent = outer;
}

function emitWords(entry) {
  const turn = (text) => (entry.reversed ? Array.from(text).reverse().join("") : text);
  const pieces = entry.words.map(([text, area]) => (area ? [folded(turn(text)), ...rounded(area)] : [folded(turn(text))]));
  if (entry.reversed) pieces.reverse();
  put(escaped(pieces.map((piece) => piece[0]).join("")));
  written.runs.push([written.parent, rounded(entry.box), pieces]);
}

function symbolsOf(svg) {
  const targets = Array.from(findAll(svg, "use")).slice(0, 3).map((use) => attributeOf(use, "href") || attributeOf(use, "xlink:href"));
  return targets.filter(Boolean).map((target) => `<use href="${quoted(clean(target).slice(-LONGEST))}"></use>`).join("");
}

function emitChoice(select) {
  const chosen = HTMLSelectElement.prototype.item.call(select, reader(HTMLSelectElement.prototype, "selectedIndex")(select));
  if (chosen) put(`<option selected>${escaped(folded(contentOf(chosen)).slice(0, LONGEST))}</option>`);
}

// An image map: its areas are links that stand in the picture.
function emitAreas(entry) {
  const name = (attributeOf(entry.element, "usemap") || "").replace(/^#/, "");
  const map = name && Array.from(findAll(ROOT, "map")).find((one) => attributeOf(one, "name") === name);
  if (!map || !entry.area) return;
  put("<map>");
  for (const area of Array.from(findAll(map, "area[href]")).slice(0, 200)) {
    const corners = (attributeOf(area, "coords") || "").split(",").map(Number).filter((corner) => !Number.isNaN(corner));
    const number = (written.next += 1) - 1;
    const part = { ...entry, element: area, tag: "area", children: [], area: mapped(entry.element, area, corners) || entry.area };
    note(part, number);
    put(`<area data-b="${number}"${attributesOf(part)}>`);
  }
  put("</map>");
}

function mapped(image, area, corners) {
  const box = boxOf(image);
  const shape = (attributeOf(area, "shape") || "rect").toLowerCase();
  if (shape === "circle" && corners.length >= 3) {
    const [x, y, radius] = corners;
    corners = [x - radius, y - radius, x + radius, y + radius];
  }
  if (corners.length < 4) return null;
  const across = corners.filter((_, index) => index % 2 === 0);
  const down = corners.filter((_, index) => index % 2 === 1);
  const area4 = [Math.min(...across), Math.min(...down), Math.max(...across), Math.max(...down)];
  return [box.left + area4[0], box.top + area4[1], box.left + area4[2], box.top + area4[3]];
}

// A frame's own snapshot is put where its mark stands; "\u0001" is in no other text.
function emitFrame(entry, number) {
  const index = frameNumbers.get(entry.element);
  const box = boxOf(entry.element);
  const style = getComputedStyle(entry.element);
  const side = (name) => parseFloat(style[`border${name}Width`]) + parseFloat(style[`padding${name}`]);
  const scale = entry.element.offsetWidth ? box.width / entry.element.offsetWidth : 1;
  const corner = [box.left + LEFT + side("Left") * scale, box.top + TOP + side("Top") * scale];
  written.frames.push([index, number, corner, scale, rounded(entry.area || entry.leaf.box)]);
  written.runs.push(["frame", index]);
  const title = attributeOf(entry.element, "title") || attributeOf(entry.element, "name") || "";
  put(`\u0001${index}\u0002${number}\u0002${quoted(folded(title).slice(0, LONGEST))}\u0001`);
}

function headOf() {
  const title = Array.from(findAll(ROOT, ":scope > head > title"))[0];
  let head = `<title>${escaped(title ? folded(contentOf(title)).trim().slice(0, LONGEST) : "")}</title>`;
  for (const meta of Array.from(findAll(ROOT, "meta[property='og:site_name'],meta[name='application-name'],meta[name='author']")).slice(0, 5)) {
    const key = attributeOf(meta, "property") ? "property" : "name";
    head += `<meta ${key}="${quoted(attributeOf(meta, key))}" content="${quoted(clean(attributeOf(meta, "content") || "").slice(0, LONGEST))}">`;
  }
  for (const script of Array.from(findAll(ROOT, "script[src]")).slice(0, 200)) {
    const source = addressOf(script, "src");
    if (/^https?:/.test(source)) head += `<script src="${quoted(clean(source).slice(0, LONGEST))}"></script>`;
  }
  return head;
}

// Whether nothing behind the frame shows through it.
function isSolid() {
  const body = Array.from(findAll(ROOT, ":scope > body"))[0];
  return [ROOT, body].some((element) => element && alphaOf(getComputedStyle(element).backgroundColor) >= 1 - FAINTEST);
}

function takeSnapshot() {
  const page = visit(ROOT, OUTSIDE, 0);
  if (page) {
    uncover(leaves);
    prune(page);
    measure(page);
    for (const child of page.children) if (child.kept) emit(child);
  }
  return {
    url: urlOf(document), head: options.top ? headOf() : "", lang: attributeOf(ROOT, "lang") || "",
    html: written.html.join(""), next: written.next, elements: written.elements, runs: written.runs,
    pictures: written.pictures, frames: written.frames, window: [WIDTH, HEIGHT], scrolled: [Math.round(LEFT), Math.round(TOP)],
    page: [Math.round(PAGE_WIDTH), Math.round(PAGE_HEIGHT)], locked: LOCKED, truncated: count.truncated, opaque: isSolid(),
    title: clean(titleOf(document)).slice(0, LONGEST), faded: faded.length,
  };
}
