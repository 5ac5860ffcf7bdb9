// What settle.py asks of a page. Runs in an isolated world: the page's own scripts share the document with it and
// nothing else.

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Two frames, so that what watches for being scrolled into view has looked; a page that draws no frames is not waited
// for.
const drawn = () =>
  Promise.race([new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))), pause(120)]);

// True once nothing changed for `still` milliseconds, false after `limit`. Inline styles are left out: an animation
// by script changes them for ever, and shows what it shows all the same.
const quiet = (still, limit) =>
  new Promise((done) => {
    let waiting;
    const end = (verdict) => {
      observer.disconnect();
      clearTimeout(waiting);
      clearTimeout(last);
      done(verdict);
    };
    const again = () => {
      clearTimeout(waiting);
      waiting = setTimeout(end, still, true);
    };
    const observer = new MutationObserver(again);
    const last = setTimeout(end, limit, false);
    observer.observe(document, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
      attributeFilter: ["class", "hidden", "open", "src", "srcset", "aria-expanded", "aria-hidden"],
    });
    again();
  });

// The element that scrolls when a visitor turns the wheel over the middle of the window.
const scroller = () => {
  const root = document.scrollingElement || document.documentElement;
  if (root.scrollHeight > innerHeight + 1) return root;
  let node = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
  while (node && node !== root) {
    if (node.scrollHeight > node.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(node).overflowY)) return node;
    node = node.parentElement || node.getRootNode().host;
  }
  return root;
};

// Goes down screen by screen, at most `limit` of them and then straight to the end, and back to the top. Returns the
// screens seen.
const scroll = async (limit) => {
  const box = scroller();
  const screen = Math.max(100, Math.min(box.clientHeight || innerHeight, innerHeight));
  const to = (top) => box.scrollTo({ top, behavior: "instant" });
  let screens = 0;
  while (screens < limit && box.scrollTop + box.clientHeight < box.scrollHeight - 1) {
    const before = box.scrollTop;
    to(before + screen);
    screens += 1;
    await drawn();
    if (box.scrollTop === before) break;
  }
  if (screens) {
    to(box.scrollHeight);
    await drawn();
    await pause(100);
    to(0);
    await drawn();
  }
  return screens;
};

// Waits for the pictures in the window, at most `limit` milliseconds. Returns how many were still on their way.
const pictures = async (limit) => {
  const waiting = [];
  for (const image of document.images) {
    if (image.complete || waiting.length >= 60) continue;
    const box = image.getBoundingClientRect();
    const seen = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
    if (seen) waiting.push(image.decode().catch(() => {}));
  }
  await Promise.race([Promise.all(waiting), pause(limit)]);
  return waiting.length;
};
