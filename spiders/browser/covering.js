// What lies over a thing, and what under it: asked of the browser point by point, while the window is moved down the page.

const MOST_STEPS = 240;
const MOST_TESTS = 20000;
const FEWEST_TESTS = 200;
const TEST_WORK = 4e7;
const TESTED = { left: MOST_TESTS };

// Finding what is under a point takes the browser time in proportion to the page, so large pages get fewer tests; then
// words that can be no address or number and lead nowhere are taken to be as visible as their style says.
function chosen(all) {
  TESTED.left = Math.min(MOST_TESTS, Math.max(FEWEST_TESTS, Math.round(TEST_WORK / (count.visited + 2000))));
  if (all.length * 1.5 <= TESTED.left) return all;
  return all.filter((one) => one.whole || one.pressed || one.pale || one.words.some((piece) => /@|(?:\d[^\d]{0,3}){4}/.test(piece[0])));
}

// Everything under a point, the topmost first, through shadow roots.
function stackAt(x, y) {
  const found = new Set();
  const descend = (scope, levels) => {
    for (const element of foundAt(scope, x, y)) {
      if (found.has(element)) continue;
      const shadow = shadowOf(element);
      if (shadow && levels < 20 && shadow !== scope) {
        visitOnce(shadow, levels);
      }
      found.add(element);
    }
  };
  const visited = new Set();
  const visitOnce = (shadow, levels) => {
    if (visited.has(shadow)) return;
    visited.add(shadow);
    descend(shadow, levels + 1);
  };
  descend(document, 0);
  return Array.from(found);
}

const strengths = new Map();

// How much of what is under an element its groups of opacity let through, 0 to 1.
function strengthOf(element) {
  const chain = [];
  let known = 1;
  for (let here = element; here; here = flatParentOf(here)) {
    if (strengths.has(here)) {
      known = strengths.get(here);
      break;
    }
    chain.push(here);
  }
  for (const here of chain.reverse()) {
    known *= Number(getComputedStyle(here).opacity);
    strengths.set(here, known);
  }
  return known;
}

const PHOTOGRAPH = /\.jpe?g(?:[?#]|$)/i;
const pictures = new Map();

// Whether a loaded picture has no transparent part. One of another site may not be looked into, so its format must tell.
function isOpaquePicture(image) {
  if (!pictures.has(image)) {
    let opaque = false;
    if (image.complete && image.naturalWidth > 0) {
      opaque = PHOTOGRAPH.test(image.currentSrc);
      if (!opaque) {
        try {
          const canvas = new OffscreenCanvas(8, 8);
          const pen = canvas.getContext("2d");
          pen.drawImage(image, 0, 0, 8, 8);
          opaque = pen.getImageData(0, 0, 8, 8).data.every((value, index) => index % 4 !== 3 || value > 230);
        } catch {
          opaque = false;
        }
      }
    }
    pictures.set(image, opaque);
  }
  return pictures.get(image);
}

const lids = new Map();

// Whether nothing can be seen through an element's own box.
function isLid(element) {
  if (!lids.has(element)) lids.set(element, judgedLid(element));
  return lids.get(element);
}

function judgedLid(element) {
  const style = getComputedStyle(element);
  if (style.visibility !== "visible" || strengthOf(element) < 1 - FAINTEST) return false;
  if (style.maskImage !== "none" || /multiply|screen|overlay|difference|lighten|darken/.test(style.mixBlendMode)) return false;
  if (style.backgroundClip !== "text" && alphaOf(style.backgroundColor) >= 1 - FAINTEST) return true;
  const painted = style.backgroundImage;
  if (painted.includes("gradient(") && !/rgba\(|url\(|transparent|color\(/.test(painted)) return true;
  if (/^url\(/.test(painted) && PHOTOGRAPH.test(painted.replace(/["')].*$/, "").slice(4))) return true;
  if (element instanceof HTMLImageElement && style.pointerEvents !== "none") return isOpaquePicture(element);
  const frame = frameNumbers.get(element);
  return frame !== undefined && options.frames[frame].opaque;
}

function isOver(element) {
  for (let here = element; here; here = flatParentOf(here)) {
    if (getComputedStyle(here).position === "fixed" || matches(here, ":modal,:popover-open")) return true;
  }
  return false;
}

// The places at which a leaf is looked for, best first: most are seen at the first.
function placesOf(leaf) {
  const middle = (area) => [(area[0] + area[2]) / 2, (area[1] + area[3]) / 2];
  const at = (area, across, down) => [area[0] + widthOf(area) * across, area[1] + heightOf(area) * down];
  const [first, last] = [leaf.areas[0], leaf.areas[leaf.areas.length - 1]];
  const places = [middle(first), at(first, 0.1, 0.5), at(first, 0.9, 0.5)];
  return first === last ? [...places, at(first, 0.5, 0.2), at(first, 0.5, 0.8)] : [...places, middle(last), at(last, 0.9, 0.5)];
}

// "seen", "covered" or "unknown" (out of the window) for a leaf, everything moved by (across, down).
function lookAt(leaf, across, down) {
  let verdict = "unknown";
  for (const [left, top] of placesOf(leaf)) {
    const [x, y] = [left + across, top + down];
    if (x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT) continue;
    TESTED.left -= 1;
    const stack = stackAt(x, y);
    const place = stack.findIndex((element) => element === leaf.element || (leaf.whole && contains(leaf.element, element)));
    const over = place < 0 ? stack.filter((element) => isOver(element) && !contains(element, leaf.element)) : stack.slice(0, place);
    if (over.some((element) => isLid(element) && holds(areaOf(boxOf(element)), x, y)) || (place < 0 && isUnderBackdrop(leaf.element))) {
      verdict = "covered";
      continue;
    }
    return leaf.pale && place >= 0 && isLost(leaf, stack.slice(place), x, y) ? "lost" : "seen";
  }
  return verdict;
}

function contains(outer, element) {
  for (let here = element; here; here = flatParentOf(here)) if (here === outer) return true;
  return false;
}

const BACKDROPS = Array.from(findAll(ROOT, "dialog")).filter(
  (dialog) => matches(dialog, ":modal") && alphaOf(getComputedStyle(dialog, "::backdrop").backgroundColor) >= 1 - FAINTEST,
);
const isUnderBackdrop = (element) => BACKDROPS.some((dialog) => !contains(dialog, element));

// Whether words have the colour of what lies under them. What the pointer does not feel may lie there too.
function isLost(leaf, under, x, y) {
  if (unfelt.some((element) => holds(areaOf(boxOf(element)), x, y))) return false;
  let ink = leaf.ink;
  const grounds = [];
  for (const element of [...under, ...ancestorsOf(leaf.element).filter((above) => !under.includes(above))]) {
    if (dressed.has(element) || element instanceof HTMLImageElement || PICTURES.has(tagOf(element))) return false;
    const style = getComputedStyle(element);
    if (style.backgroundImage !== "none") return false;
    const colour = colourOf(style.backgroundColor);
    if (colour === null) return false;
    if (colour[3] === 0) continue;
    grounds.push(colour);
    if (colour[3] >= 0.99) break;
  }
  let ground = OUTSIDE.ground;
  for (const colour of grounds.reverse()) ground = colour[3] >= 0.99 ? colour : ground && laidOver(colour, ground);
  return !standsOut(ink, ground);
}

function ancestorsOf(element) {
  const above = [];
  for (let here = flatParentOf(element); here; here = flatParentOf(here)) above.push(here);
  return above;
}

function adopt(scope, change) {
  const { get, set } = Object.getOwnPropertyDescriptor(prototypeOf(scope), "adoptedStyleSheets");
  set.call(scope, change(Array.from(get.call(scope))));
}

// Words that the pointer passes through are never found under a point; for the time of the tests it feels everything.
function whileFelt(work) {
  const added = [];
  for (const scope of unfeltScopes) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*{pointer-events:auto!important}");
    adopt(scope, (sheets) => [...sheets, sheet]);
    added.push([scope, sheet]);
  }
  try {
    work();
  } finally {
    for (const [scope, sheet] of added) adopt(scope, (sheets) => sheets.filter((one) => one !== sheet));
  }
}

// Sets "hidden" on the leaves that nothing but their cover can be seen of. No script of the page runs meanwhile.
function uncover(all) {
  const leaves = chosen(all);
  const still = leaves.filter((leaf) => leaf.pinned);
  const moving = leaves.filter((leaf) => !leaf.pinned && !leaf.away);
  const judge = (leaf, across, down) => {
    const verdict = lookAt(leaf, across, down);
    if (verdict === "unknown") return;
    leaf.hidden = verdict !== "seen";
    leaf.done = verdict !== "covered";
  };
  whileFelt(() => {
    for (const leaf of still) if (TESTED.left > 0) judge(leaf, 0, 0);
    moving.sort((a, b) => a.areas[0][1] - b.areas[0][1]);
    const last = LOCKED ? 0 : Math.max(0, PAGE_HEIGHT - HEIGHT);
    const step = Math.max(HEIGHT / 2, last / MOST_STEPS);
    try {
      for (let top = 0, start = 0; moving.length; top = Math.min(top + step, last)) {
        if (!LOCKED) window.scrollTo({ left: LEFT, top, behavior: "instant" });
        const [across, down] = [LEFT - window.scrollX, TOP - window.scrollY];
        while (start < moving.length && moving[start].areas[0][3] + down < 0) start += 1;
        for (let index = start; index < moving.length && TESTED.left > 0; index += 1) {
          const leaf = moving[index];
          if (leaf.areas[0][1] + down > HEIGHT && !leaf.sticky) break;
          if (!leaf.done) judge(leaf, leaf.sticky ? 0 : across, leaf.sticky ? leaf.drift(down) : down);
        }
        if (top >= last || TESTED.left <= 0) break;
      }
    } finally {
      if (!LOCKED) window.scrollTo({ left: LEFT, top: TOP, behavior: "instant" });
    }
  });
}
