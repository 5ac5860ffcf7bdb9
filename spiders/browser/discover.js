// The frames of a page, and the elements that may hold a closed shadow root, through open shadow roots; as one list.
function discover(most, ...scopes) {
  const SHADOWED = /^(?:article|aside|blockquote|div|footer|h[1-6]|header|main|nav|p|section|span)$/;
  const found = { frames: [], named: [], empty: [] };
  let visited = 0;
  const openShadowOf = Object.getOwnPropertyDescriptor(Element.prototype, "shadowRoot").get;
  const tagOf = Object.getOwnPropertyDescriptor(Element.prototype, "localName").get;
  const firstOf = Object.getOwnPropertyDescriptor(Node.prototype, "firstChild").get;
  const widthOf = Object.getOwnPropertyDescriptor(Element.prototype, "clientWidth").get;
  const heightOf = Object.getOwnPropertyDescriptor(Element.prototype, "clientHeight").get;
  const boxOf = (element) => Element.prototype.getBoundingClientRect.call(element);
  const search = (scope, levels) => {
    const walker = Document.prototype.createTreeWalker.call(document, scope, NodeFilter.SHOW_ELEMENT);
    for (let here = walker.nextNode(); here && visited < most; here = walker.nextNode()) {
      visited += 1;
      const tag = tagOf.call(here);
      const shadow = openShadowOf.call(here);
      if (shadow) {
        if (levels < 20) search(shadow, levels + 1);
      } else if (tag === "iframe" || tag === "frame") {
        if (Math.min(widthOf.call(here), heightOf.call(here)) >= 4 && found.frames.length < 30) found.frames.push(here);
      } else if (tag.includes("-")) {
        if (found.named.length < 100) found.named.push(here);
      } else if (found.empty.length < 40 && SHADOWED.test(tag) && firstOf.call(here) === null) {
        const box = boxOf(here);
        if (box.width >= 16 && box.height >= 8) found.empty.push(here);
      }
    }
  };
  for (const scope of scopes.length ? scopes : [document]) search(scope, 0);
  return [...found.frames, ...found.named, ...found.empty];
}
