// Reads one frame for its forms: what it holds as markup, with drawn controls written as what they stand for, and what a
// person sees of each control. Nothing in the page is changed. Runs after sight.js, whose walk() says what shows.

const MOST_MARKUP = 2000000;
const MOST_CONTROLS = 400;
const MOST_OPTIONS = 400;
const DEEPEST = 250;
const UNREAD = new Set(["script", "style", "svg", "canvas", "video", "audio", "iframe", "object", "template", "noscript"]);
const EMPTY = new Set(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]);
const CHALLENGE_FRAME = /(?:recaptcha\/(?:api2|enterprise)\/(?:anchor|bframe)|hcaptcha\.com|challenges\.cloudflare\.com|friendlycaptcha|mtcaptcha|geetest|arkoselabs|funcaptcha)/i;
const CHALLENGE = ".g-recaptcha,.h-captcha,.cf-turnstile,.frc-captcha,altcha-widget,.mtcaptcha,.geetest_holder,[data-captcha-sitekey]";

const has = (element, name) => Element.prototype.hasAttribute.call(element, name);
const get = (element, name) => Element.prototype.getAttribute.call(element, name) || "";
const nearest = (element, selector) => Element.prototype.closest.call(element, selector);
const all = (element, selector) => Array.from((element.nodeType === 1 ? Element : DocumentFragment).prototype.querySelectorAll.call(element, selector));
const said = (element, most = 160) => folded(element ? element.innerText || element.textContent : "", most);
const roleOf = (element) => get(element, "role").trim().toLowerCase();

const byIds = (element, ids) => {
  const root = element.getRootNode();
  return ids.split(/\s+/).filter(Boolean).slice(0, 4).map((id) => root.getElementById && root.getElementById(id)).filter(Boolean);
};
const spoken = (element) => folded(byIds(element, get(element, "aria-labelledby")).map((one) => one.textContent).join(" ")) || folded(get(element, "aria-label"));

// What an element is to a person, whatever it is made of: a native control, or one that ARIA describes.
const kindOf = (element) => {
  const tag = element.localName;
  if (tag === "input") {
    const type = (get(element, "type") || "text").trim().toLowerCase();
    if (["submit", "image", "button", "reset"].includes(type)) return "press";
    if (type === "hidden") return "";
    return roleOf(element) === "combobox" && (element.readOnly || element.getBoundingClientRect().width < 20) ? "list" : "field";
  }
  if (tag === "select" || tag === "textarea") return "field";
  if (tag === "button") return get(element, "aria-haspopup") === "listbox" || roleOf(element) === "combobox" ? "list" : "press";
  const role = roleOf(element);
  if (role === "checkbox" || role === "radio") return "drawn-tick";
  if (role === "switch") return "drawn-tick";
  if (role === "textbox" || (get(element, "contenteditable") === "true" && !nearest(element.parentElement || element, "[contenteditable=true]"))) return "drawn-box";
  if ((role === "combobox" || get(element, "aria-haspopup") === "listbox") && !all(element, "input,select,textarea").length) return "list";
  if (role === "button") return "press";
  if (tag === "a" && /btn|button|bouton|submit|send|envoyer/i.test(get(element, "class"))) return "press";
  return "";
};

// The native list that a drawn one stands for: hidden, and beside it.
const stoodFor = (element, shown) => {
  for (let up = element.parentElement, level = 0; up && level < 3; up = up.parentElement, level++) {
    const lists = all(up, "select");
    if (lists.length === 1) return shown.has(lists[0]) ? null : lists[0];
    if (lists.length > 1) return null;
  }
  return null;
};

const optionsOf = (element, native) => {
  if (native) {
    return Array.from(native.options).slice(0, MOST_OPTIONS)
      .map((one) => ({ text: folded(one.text, 80), value: String(one.value).slice(0, 80), off: one.disabled, on: one.selected }));
  }
  const owned = byIds(element, get(element, "aria-controls") || get(element, "aria-owns"));
  let found = [element, ...owned].flatMap((one) => all(one, "[role=option]"));
  for (let up = element.parentElement, level = 0; !found.length && up && level < 2; up = up.parentElement, level++) found = all(up, "[role=option]");
  return found.slice(0, MOST_OPTIONS).map((one) => ({
    text: said(one, 80), value: get(one, "data-value").slice(0, 80), off: get(one, "aria-disabled") === "true", on: get(one, "aria-selected") === "true",
  }));
};

const starred = (element) => ["::before", "::after"].some((part) => getComputedStyle(element, part).content.includes("*"));
const MARKED = /(?:^|[^a-z])(?:required|obligatoire|mandatory|requis)(?:$|[^a-z])/i;

// Whether a person is told that an answer is needed: by the control, by a star, or by how what holds it is called.
const needed = (element, labels) => {
  if (element.required || get(element, "aria-required") === "true") return true;
  // What the page has found wrong must be answered, whatever it said before.
  if (get(element, "aria-invalid") === "true" || Element.prototype.matches.call(element, ":user-invalid")) return true;
  if (labels.some((label) => starred(label) || all(label, "*").slice(0, 8).some(starred) || MARKED.test(get(label, "class")))) return true;
  for (let up = element.parentElement, level = 0; up && level < 3; up = up.parentElement, level++) {
    if (up.localName === "form" || all(up, "input:not([type=hidden]),select,textarea").length > 1) return false;
    const called = get(up, "class");
    if (MARKED.test(called) && !/(?:not|non)-?(?:required|obligatoire|requis)/i.test(called)) return true;
  }
  return false;
};

// What is asked above a group of boxes to tick or of choices: its legend or name, else the words right before it.
const questionOf = (element, mates, labels) => {
  const group = nearest(element, "fieldset,[role=radiogroup],[role=group]");
  if (group) {
    const named = spoken(group) || said(all(group, "legend")[0]);
    if (named) return named;
  }
  const own = new Set(mates.flatMap((one) => Array.from(one.labels || [])).map((one) => said(one)));
  let common = element.parentElement;
  while (common && !mates.every((one) => common.contains(one))) common = common.parentElement;
  for (let level = 0; common && common.localName !== "form" && common !== document.body && level < 3; common = common.parentElement, level++) {
    const first = (common.innerText || "").slice(0, 2000).split("\n").map((line) => folded(line)).find(Boolean);
    if (first && !own.has(first)) return first;
  }
  return "";
};

function gather() {
  const shown = new Set();
  walk((element) => shown.add(element));
  const fields = [], presses = [], facts = [], told = [];
  const numbers = new Map(), forms = new Map(), groups = new Map();

  const note = (element, kind) => {
    if (fields.length >= MOST_CONTROLS) return null;
    const native = kind === "list" ? stoodFor(element, shown) : null;
    if (native) numbers.set(native, -1);
    const own = native || element;
    const labels = Array.from(own.labels || []);
    const drawn = kind === "drawn-tick" || kind === "drawn-box" || kind === "list";
    const type = kind === "drawn-tick" ? (roleOf(element) === "radio" ? "radio" : "checkbox")
      : kind === "drawn-box" ? "textarea" : kind === "list" || element.localName === "select" ? "select"
      : element.localName === "textarea" ? "textarea" : (get(element, "type") || "text").trim().toLowerCase();
    const ticked = type === "checkbox" || type === "radio";
    const byLabel = (ticked || type === "file") && labels.some((label) => shown.has(label) || all(label, "*").some((one) => shown.has(one)));
    const away = nearest(element, "[aria-hidden=true],[inert]");
    const number = fields.length;
    const holder = kind === "drawn-tick" && type === "radio" ? nearest(element, "[role=radiogroup]") : null;
    if (holder && !groups.has(holder)) groups.set(holder, "group-" + groups.size);
    const name = get(own, "name") || (holder ? groups.get(holder) : "");
    const mates = !ticked ? [] : kind === "field" && name
      ? all(element.getRootNode() instanceof ShadowRoot ? element.parentElement : document.documentElement, `input[type=${type}]`).filter((one) => get(one, "name") === name && one.form === element.form)
      : holder ? all(holder, "[role=radio]") : [element];
    fields.push(element);
    numbers.set(element, number);
    facts.push({
      number, type, name: name.slice(0, 160), drawn: kind === "field" ? "" : kind,
      shown: shown.has(element) || byLabel, skipped: Boolean(away) && get(element, "tabindex").startsWith("-"),
      needed: needed(own, labels) || (ticked && mates.slice(0, 20).some((one) => one.required || get(nearest(one, "[role=radiogroup]") || one, "aria-required") === "true")),
      value: ticked ? "" : String(kind === "field" && element.value !== undefined ? element.value : said(element)).slice(0, 300),
      ticked: ticked && (kind === "drawn-tick" ? get(element, "aria-checked") === "true" : element.checked === true),
      locked: element.disabled === true || element.readOnly === true && kind === "field" || get(element, "aria-disabled") === "true",
      label: spoken(element) || (labels.length ? said(labels[0]) : "") || (ticked ? folded(get(element, "data-value") || said(element)) : ""),
      question: ticked ? questionOf(element, mates.length ? mates : [element], labels) : "",
      options: type === "select" ? optionsOf(element, native || (element.localName === "select" ? element : null)) : [],
      longest: element.maxLength > 0 ? element.maxLength : 0, shortest: element.minLength > 0 ? element.minLength : 0,
      pattern: get(element, "pattern").slice(0, 200), hint: folded(get(element, "placeholder"), 80),
    });
    return number;
  };

  // Drawn lists first: they take the place of the native ones that they hide.
  const everything = [];
  const collect = (root, depth) => {
    for (const element of all(root, ":not(option,optgroup,br)")) {
      everything.push(element);
      if (element.shadowRoot && depth < 8) collect(element.shadowRoot, depth + 1);
      if (everything.length > 30000) return;
    }
  };
  collect(document.documentElement, 0);
  const kinds = new Map();
  for (const element of everything) {
    const kind = kindOf(element);
    if (kind) kinds.set(element, kind);
  }
  for (const [element, kind] of kinds) if (kind === "list" && shown.has(element)) note(element, kind);
  for (const [element, kind] of kinds) {
    if (kind === "press") {
      if (presses.length < MOST_CONTROLS) {
        numbers.set(element, presses.length);
        presses.push(element);
        told.push({
          number: presses.length - 1, text: said(element) || folded(element.localName === "input" ? element.value : "") || nameOf(element) || folded(get(element, "alt")),
          native: element.localName === "input" ? ["submit", "image"].includes(get(element, "type")) : element.localName === "button" && (element.type || "submit") === "submit",
          shown: shown.has(element), off: element.disabled === true || get(element, "aria-disabled") === "true",
        });
      }
    } else if (!numbers.has(element)) note(element, kind);
  }

  // The markup as it stands, shadow roots in their hosts, hidden controls marked as such.
  let length = 0;
  const out = [];
  const write = (text) => { length += text.length; out.push(text); };
  const quoted = (text) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
  const attributes = (element, without = []) => {
    let written = "";
    for (const name of Element.prototype.getAttributeNames.call(element)) {
      if (/^[a-z_][\w:.-]*$/i.test(name) && !name.startsWith("data-barometer") && !without.includes(name)) written += ` ${name}="${quoted(get(element, name).slice(0, 600))}"`;
    }
    return written;
  };
  const named = (form) => {
    if (!forms.has(form)) forms.set(form, get(form, "id") || "barometer-form-" + forms.size);
    return forms.get(form);
  };
  const owner = (element) => {
    const form = element.form;
    if (!(form instanceof HTMLFormElement) || Node.prototype.contains.call(form, element) || has(element, "form")) return "";
    return ` form="${quoted(named(form))}"`;
  };
  for (const element of fields) owner(element);
  for (const [number, element] of presses.entries()) told[number].owner = element.form instanceof HTMLFormElement ? named(element.form) : "";
  const plain = (fact) => (fact.shown ? "" : " hidden");
  const control = (element, number) => {
    const fact = facts[number];
    const mark = ` data-barometer-field="${number}"`;
    const name = fact.name ? ` name="${quoted(fact.name)}"` : "";
    const label = fact.label ? ` aria-label="${quoted(fact.label)}"` : "";
    if (fact.drawn === "list") write(`<select${mark}${name}${label}></select>`);
    else if (fact.drawn === "drawn-tick") write(`<input type="${fact.type}"${mark}${name}${label}${plain(fact)}>`);
    else if (fact.drawn === "drawn-box") write(`<textarea${mark}${label}${plain(fact)}></textarea>`);
    else {
      const style = fact.shown && (fact.type === "checkbox" || fact.type === "radio" || fact.type === "file") ? ["style", "hidden", "form"] : ["hidden", "form"];
      const form = has(element, "form") ? ` form="${quoted(get(element, "form"))}"` : owner(element);
      write(`<${element.localName}${attributes(element, style)}${mark}${form}${plain(fact)}>`);
      if (element.localName !== "input") write(`</${element.localName}>`);
    }
  };
  const copy = (node, depth) => {
    if (length > MOST_MARKUP || depth > DEEPEST) return;
    if (node.nodeType === 3) write(node.data.slice(0, 20000).replace(/&/g, "&amp;").replace(/</g, "&lt;"));
    if (node.nodeType !== 1) return;
    const tag = node.localName;
    if (UNREAD.has(tag) || !/^[a-z][\w-]*$/.test(tag)) return;
    const number = numbers.get(node), kind = kinds.get(node);
    if (number === -1) return;
    if (number !== undefined && kind !== "press") return control(node, number);
    const form = tag === "form" && forms.has(node) && !get(node, "id") ? ` id="${forms.get(node)}"` : "";
    write(`<${tag}${attributes(node)}${form}${number === undefined ? "" : ` data-barometer-press="${number}"`}>`);
    if (EMPTY.has(tag)) return;
    const inside = node.shadowRoot ? node.shadowRoot.childNodes : tag === "slot" && node.assignedNodes().length ? node.assignedNodes() : Node.prototype.hasChildNodes.call(node) ? childrenAndText(node) : [];
    for (const child of inside) copy(child, depth + 1);
    write(`</${tag}>`);
  };
  copy(document.documentElement, 0);

  const big = (element) => { const box = element.getBoundingClientRect(); return box.width > 120 && box.height > 40; };
  const challenge = all(document.documentElement, "iframe").some((one) => CHALLENGE_FRAME.test(one.src) && shown.has(one) && big(one))
    || all(document.documentElement, CHALLENGE).some((one) => kindOf(one) !== "press" && get(one, "data-size") !== "invisible" && get(one, "data-appearance") !== "interaction-only" && shownAround(one, shown));
  return { markup: out.join(""), fields, presses, told: { url: location.href, facts, presses: told, challenge, truncated: length > MOST_MARKUP } };
}

// A captcha's place is empty where its script was not loaded: then what stands around it tells whether it is meant to show.
const shownAround = (element, shown) => {
  for (let up = element, level = 0; up && level < 3; up = up.parentElement, level++) if (shown.has(up)) return true;
  return false;
};

const childrenAndText = (node) => {
  const found = [];
  const next = Object.getOwnPropertyDescriptor(Node.prototype, "nextSibling").get;
  for (let child = Object.getOwnPropertyDescriptor(Node.prototype, "firstChild").get.call(node); child; child = next.call(child)) found.push(child);
  return found;
};
