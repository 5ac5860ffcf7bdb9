// Controls that might show something when pressed, told by role, state and what they point to; and what a press changed.

const MOST_CONTROLS = 300;
const ROLES = new Set(["button", "tab", "menuitem", "switch", "link", "combobox"]);
const NATIVE = new Set(["button", "summary"]);
const WEAK = new Set(["pointer", "script", "listener"]);
const CONTACT = "a[href^='tel:' i],a[href^='mailto:' i],a[href*='wa.me/'],textarea,a[href*='contact' i]";
const DIGITS = /(?:\d[\s./-]?){9,}/;

const region = (element) => {
  for (let above = element; above; above = parent(above)) {
    const role = above.getAttribute("role") || "";
    const name = above.localName;
    if (name === "nav" || role === "navigation") return "nav";
    if (name === "header" || role === "banner") return "header";
    if (name === "footer" || role === "contentinfo") return "footer";
    if (name === "aside" || role === "complementary") return "aside";
    if (name === "main" || role === "main") return "main";
  }
  return "";
};

const shows = (element) => {
  if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
  for (let above = element; above && above !== document.body; above = parent(above)) {
    const box = above.getBoundingClientRect();
    const style = getComputedStyle(above);
    if (style.overflow !== "visible" && (box.width < SMALLEST || box.height < SMALLEST)) return false;
    if (style.position === "fixed" && !open(meet(sides(box), inWindow()))) return false;
  }
  const box = element.getBoundingClientRect();
  if (box.width >= 1 && box.height >= 1) return open(meet(sides(box), reachable()));
  return element.childElementCount > 0;
};

// What a control points to: by ARIA, or by any attribute that is a fragment, or of the page's own and the id of a part that is shut.
const pointsTo = (element) => {
  const root = element.getRootNode();
  const named = (id) => (id && root.getElementById ? root.getElementById(id) : null);
  for (const attribute of ["aria-controls", "aria-owns", "popovertarget", "commandfor"]) {
    const target = named((element.getAttribute(attribute) || "").split(/\s+/)[0]);
    if (target) return target;
  }
  for (const attribute of element.attributes) {
    if (!attribute.value.startsWith("#") || attribute.value.length < 2 || attribute.name === "aria-labelledby") continue;
    const target = named(attribute.value.slice(1));
    if (target && !target.contains(element)) return target;
  }
  for (const attribute of element.attributes) {
    if (!attribute.name.startsWith("data-") || !/^[A-Za-z][\w-]{0,60}$/.test(attribute.value)) continue;
    const target = named(attribute.value);
    if (target && !target.contains(element) && !shows(target)) return target;
  }
  return element.localName === "summary" ? element.parentElement : null;
};

const hiddenNeighbour = (element) => {
  for (const from of [element, elementAbove(element)]) {
    const next = from && from.nextElementSibling;
    if (next && !shows(next) && folded(next.textContent)) return next;
  }
  if (hrefOf(element) || element.childElementCount > 6) return null;
  return Array.from(elementsIn(element)).find((one) => one.querySelector("a[href]") && !shows(one)) || null;
};

const speaksOfContact = (target) =>
  Boolean(target.querySelector(CONTACT)) || DIGITS.test((target.textContent || "").slice(0, 5000));

// Fields close by that stand in no form: a script sends what is typed there.
const loose = (element) => {
  let above = elementAbove(element);
  for (let level = 0; above && level < 3 && above !== document.body; level++, above = elementAbove(above)) {
    if (Array.from(above.querySelectorAll("textarea,input[type=email],input[type=password],input[type=tel]")).slice(0, 5).some(shows)) return "field";
  }
  return "";
};

const formOf = (element) => {
  const form = element.form || element.closest("form");
  if (!form) return element.localName === "summary" ? "" : loose(element);
  const wide = form.querySelector("header,nav,footer,main,h1") || form.querySelectorAll("a[href]").length > 20;
  return wide ? "page" : "field";
};

// Words and nothing else: no digits, no address, no link, no picture, nothing to fill in or to press.
const isPlain = (target) => {
  const text = (target.textContent || "").slice(0, 20000);
  if (text.trim().length < 20 || /\d[\d\s./-]{2,}\d|@/.test(text)) return false;
  const title = target.localName === "details" ? target.querySelector("summary") : null;
  const telling = target.querySelectorAll("a[href],form,input,textarea,select,button,iframe,img,svg,[role=button],[onclick]");
  return !Array.from(telling).slice(0, 40).some((one) => !title || !title.contains(one));
};

const submits = (element) => {
  const type = (element.type || "").toLowerCase();
  if (element.localName === "button") return Boolean(element.form) && type !== "button";
  return element.localName === "input" && type !== "button";
};

// Three bars: a word that is drawn so, or two to four thin, wide, stacked children, or lines of one small picture.
const isBars = (element) => {
  if (/^[☰≡𝌆]$/u.test(folded(element.textContent, 4))) return true;
  const holder = [element, ...element.querySelectorAll("*")].slice(0, 8).find((one) => one.childElementCount >= 2 && one.childElementCount <= 4);
  if (!holder) return false;
  const boxes = Array.from(holder.children).map((one) => one.getBoundingClientRect());
  const lines = boxes.filter((box) => box.width >= 8 && box.height <= 6);
  return lines.length >= 2 && lines.every((box, index) => !index || box.top > lines[index - 1].top);
};

const iconOf = (element) => Array.from(element.querySelectorAll("i,svg,use,img,span")).slice(0, 6).concat(element)
  .map((one) => `${one.getAttribute("class") || ""} ${one.getAttribute("href") || one.getAttribute("xlink:href") || ""} ${(one.getAttribute("src") || "").split("/").pop()}`)
  .join(" ").slice(0, 300);

// getEventListeners exists only where the developer tools evaluate.
const listens = (element) => {
  if (typeof getEventListeners !== "function") return false;
  const found = getEventListeners(element);
  return Boolean(found.click || found.mousedown || found.pointerdown || found.pointerup || found.touchend);
};

const signalOf = (element, style) => {
  const name = element.localName;
  const role = element.getAttribute("role") || "";
  if (NATIVE.has(name) || (name === "input" && /^(?:button|submit|image|reset)$/.test(element.type))) return "native";
  if (ROLES.has(role)) return "role";
  if (element.hasAttribute("aria-expanded") || element.hasAttribute("aria-haspopup") || element.hasAttribute("aria-controls")) return "state";
  if (name === "label" && element.control && element.control.type === "checkbox" && !shows(element.control)) return "toggle";
  if (name === "a") return element.hasAttribute("href") || element.onclick || style.cursor === "pointer" || listens(element) ? "link" : "";
  if (name === "iframe" || name === "input" || name === "select" || name === "textarea" || element === document.body) return "";
  if (element.closest("a[href],button,summary,label")) return "";
  if (element.onclick || element.hasAttribute("onclick")) return "script";
  const above = parent(element);
  if (style.cursor === "pointer" && above && getComputedStyle(above).cursor !== "pointer") return "pointer";
  const short = element.childElementCount <= 6 && element.textContent.length < 120;
  return short && listens(element) ? "listener" : "";
};

const hrefOf = (element) => (element.localName === "a" || element.localName === "area" ? element.getAttribute("href") || "" : "");

// A plain link to another page is no control: following it is the search's business.
const leads = (element, signal) => {
  const href = hrefOf(element).trim();
  if (!href || /^(?:#|javascript:)/i.test(href)) return false;
  if (element.hasAttribute("download") || /^(?!https?:)[a-z][a-z0-9+.-]*:/i.test(href)) return false;
  return signal === "link";
};

const factsOf = (element, style, area, fixed, signal) => {
  const target = pointsTo(element), near = target || hiddenNeighbour(element);
  const box = [area.l + scrollX, area.t + scrollY, area.r - area.l, area.b - area.t];
  const hidden = near ? (near.localName === "details" ? !near.open : !shows(near)) : false;
  return {
    way: wayTo(element), tag: element.localName, role: element.getAttribute("role") || "", signal,
    text: wordsOf(element), name: nameOf(element), icon: iconOf(element), href: hrefOf(element).slice(0, 500),
    blank: element.target === "_blank", download: element.hasAttribute("download"),
    expanded: element.localName === "summary" ? String(Boolean(element.parentElement && element.parentElement.open)) : element.getAttribute("aria-expanded") || "",
    popup: element.getAttribute("aria-haspopup") || "", selected: element.getAttribute("aria-selected") || "",
    disabled: element.disabled === true || element.getAttribute("aria-disabled") === "true",
    submits: submits(element), form: formOf(element), region: region(element), fixed: Boolean(fixed),
    bars: isBars(element), target: Boolean(target), hidden, hint: hidden && speaksOfContact(near), plain: hidden && Boolean(target) && isPlain(target),
    rich: hidden && !target && !isPlain(near), box,
  };
};

const gather = () => {
  const found = [], kept = [], afloat = new Set(), listensForAll = new Set();
  let holder = null;
  walk((element, style, area, fixed) => {
    const above = parent(element);
    const floating = fixed || (above && afloat.has(above));
    if (floating) afloat.add(element);
    if (found.length >= MOST_CONTROLS) return;
    const signal = signalOf(element, style);
    if (!signal || leads(element, signal)) return;
    if (WEAK.has(signal) && holder && holder.contains(element) && (signal === "listener" || !listensForAll.has(holder))) return;
    holder = element;
    if (WEAK.has(signal) && style.cursor !== "pointer") listensForAll.add(element);
    kept.push(element);
    found.push(factsOf(element, style, area, floating, signal));
  });
  // What merely reacts around a real control is that control's doing, and what listens for all that it holds is no control.
  const strong = kept.filter((one, index) => !WEAK.has(found[index].signal));
  const swallows = (one, index) => (listensForAll.has(kept[index]) ? kept : WEAK.has(one.signal) ? strong : [])
    .some((other) => other !== kept[index] && kept[index].contains(other));
  return { controls: found.filter((one, index) => !swallows(one, index)) };
};

// Strips that show a part of themselves and slide: a clipping box with three or more alike children, half of them beyond its edge.
const strips = () => {
  const found = [];
  walk((element, style, area) => {
    if (found.length >= 40 || style.overflowX === "visible" || area.r - area.l < 100 || element === document.documentElement || element === document.body) return;
    const edge = element.getBoundingClientRect();
    for (const track of [element, ...Array.from(elementsIn(element)).slice(0, 3)]) {
      const items = Array.from(track.children).slice(0, 60).filter((one) => one.localName === track.lastElementChild.localName);
      const boxes = items.map((one) => one.getBoundingClientRect()).filter((box) => box.width > 0 && box.height > 0);
      if (boxes.length >= 3 && boxes.filter((box) => box.left >= edge.right - 1 || box.right <= edge.left + 1).length * 2 >= boxes.length) {
        found.push(element);
        return;
      }
    }
  });
  return found;
};

// Keeps in the page what shows now, to be compared with what shows later.
const baseline = () => ({
  atoms: atoms(), fresh: new Map(), top: scrollY, strips: strips(), aim: null,
  chosen: Array.from(document.querySelectorAll("[role=tab][aria-selected=true]")).slice(0, 60),
});

// Remembers which control is pressed: what slides by itself elsewhere is not its doing.
const aim = ([before, way]) => { before.aim = follow(way); };
const slides = (before, element) => before.strips.some((strip) => strip.contains(element) && !strip.contains(before.aim));

const compare = (before) => {
  before.fresh = new Map();
  const texts = [];
  let area = null, dialog = false;
  walk((element, style, seen) => {
    const shown = ownText(element) || (PICTURES.has(element.localName) ? element.localName : "");
    if (!shown || before.atoms.get(element) === shown || slides(before, element)) return;
    before.fresh.set(element, shown);
    if (texts.length < 60) texts.push(shown);
    const box = { l: seen.l + scrollX, t: seen.t + scrollY, r: seen.r + scrollX, b: seen.b + scrollY };
    area = area ? { l: Math.min(area.l, box.l), t: Math.min(area.t, box.t), r: Math.max(area.r, box.r), b: Math.max(area.b, box.b) } : box;
    dialog = dialog || Boolean(element.closest("dialog,[role=dialog],[role=alertdialog],[aria-modal=true]"));
  });
  return { count: before.fresh.size, texts, dialog, box: area ? [area.l, area.t, area.r - area.l, area.b - area.t] : null };
};

// How much of what a press brought still shows, and whether any of it lies over the page.
const leftover = (before) => {
  let count = 0, over = false;
  walk((element, style) => {
    const shown = before.fresh.get(element);
    if (!shown || shown !== (ownText(element) || element.localName)) return;
    count++;
    for (let above = element; above && !over; above = parent(above)) {
      const how = getComputedStyle(above);
      over = how.position === "fixed" || above.localName === "dialog" || above.getAttribute("aria-modal") === "true";
    }
  });
  return { count, over };
};

const scrollBack = (before) => scrollTo({ left: 0, top: before.top, behavior: "instant" });

// What may close what a press brought: everything in it that can be pressed; its words decide elsewhere.
const closers = (before) => {
  const found = [];
  for (const element of before.fresh.keys()) {
    const pointed = getComputedStyle(element).cursor === "pointer";
    const holder = element.closest("button,a,[role=button],[aria-label],[title]") || (pointed ? element : null);
    if (holder && shows(holder)) found.push({ way: wayTo(holder), label: folded(wordsOf(holder) || nameOf(holder), 40) });
    if (found.length >= 40) break;
  }
  const dialog = Array.from(before.fresh.keys()).map((one) => one.closest("dialog,[role=dialog],[aria-modal=true]")).find(Boolean);
  if (dialog) for (const one of dialog.querySelectorAll("button,[role=button],a")) {
    if (found.length < 60 && shows(one)) found.push({ way: wayTo(one), label: folded(wordsOf(one) || nameOf(one), 40) });
  }
  return found;
};

// The tab of the same list that was chosen before.
const chosenTab = ([before, way]) => {
  const element = follow(way);
  const list = element && element.closest("[role=tablist]");
  const chosen = list && before && before.chosen.find((one) => one !== element && list.contains(one));
  return chosen ? wayTo(chosen) : null;
};

const stateOf = (way) => {
  const element = follow(way);
  if (!element || !element.isConnected) return null;
  return {
    expanded: element.localName === "summary" ? String(element.parentElement.open) : element.getAttribute("aria-expanded") || "",
    label: folded(wordsOf(element) || nameOf(element), 80), shows: shows(element),
  };
};

// Items of menus that a pointer may open: in a navigation or the head of the page, with links inside that do not show.
const MOST_ITEMS = 24;
// What fills its menu only once it is pointed at hides nothing yet.
const answersPointer = (element) => {
  if (element.onmouseenter || element.onmouseover || element.onpointerenter) return true;
  if (typeof getEventListeners !== "function") return false;
  const found = getEventListeners(element);
  return Boolean(found.mouseenter || found.mouseover || found.pointerenter || found.pointerover);
};

const hoverable = () => {
  const found = [];
  const taken = new Set();
  walk((element, style, area) => {
    if (found.length >= MOST_ITEMS || !element.matches("a,button,span,div,li,[role=menuitem]")) return;
    const place = region(element);
    if (place !== "nav" && place !== "header" && area.t + scrollY > 300) return;
    const item = element.closest("li,[role=none],[role=menuitem]") || element.parentElement;
    const state = element.hasAttribute("aria-haspopup") || element.hasAttribute("aria-expanded");
    if (!item || taken.has(item) || !(ownText(element) || nameOf(element) || (state && wordsOf(element)))) return;
    if (area.b - area.t > 200 || area.r - area.l > 600) return;
    const links = Array.from(item.querySelectorAll("a[href]")).slice(0, 40).filter((one) => one !== element && !element.contains(one));
    if (!state && !links.some((one) => !shows(one)) && !(place === "nav" && (answersPointer(element) || answersPointer(item)))) return;
    taken.add(item);
    found.push({ way: wayTo(element), label: folded(wordsOf(element) || nameOf(element), 80), box: [area.l + scrollX, area.t + scrollY, area.r - area.l, area.b - area.t] });
  });
  return found;
};
