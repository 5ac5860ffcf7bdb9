// What one frame shows after the press of a button: its lines of text, what it announces, and which fields it marks as wrong.
const MOST_LINES = 3000;

function standing(held) {
  const lines = (document.body ? document.body.innerText || "" : "").slice(0, 300000).split("\n").map((line) => folded(line, 300)).filter(Boolean);
  const deep = [];
  const look = (root, depth) => {
    for (const element of Array.from(root.querySelectorAll("*")).slice(0, 20000)) {
      if (element.shadowRoot && depth < 4) {
        for (const child of element.shadowRoot.children) deep.push(...(child.innerText || "").slice(0, 20000).split("\n").map((line) => folded(line, 300)).filter(Boolean));
        look(element.shadowRoot, depth + 1);
      }
    }
  };
  look(document, 0);
  const visible = (element) => element.checkVisibility && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const live = Array.from(document.querySelectorAll("[role=alert],[role=status],[aria-live=polite],[aria-live=assertive],output")).slice(0, 200)
    .filter(visible).flatMap((one) => (one.innerText || "").slice(0, 4000).split("\n")).map((line) => folded(line, 300)).filter(Boolean);
  const wrong = Array.from(document.querySelectorAll("[aria-invalid=true],input:user-invalid,textarea:user-invalid,select:user-invalid")).slice(0, 50)
    .filter((one) => visible(one) || Array.from(one.labels || []).some(visible))
    .map((one) => {
      const root = one.getRootNode();
      const told = (one.getAttribute("aria-errormessage") || one.getAttribute("aria-describedby") || "").split(/\s+/).filter(Boolean)
        .map((id) => root.getElementById && root.getElementById(id)).filter(Boolean).map((node) => node.innerText).join(" ");
      const label = (one.labels && one.labels[0] && one.labels[0].innerText) || one.getAttribute("aria-label") || one.placeholder || one.name || "";
      return folded(`${label}: ${told || one.validationMessage || "marked as wrong"}`, 200);
    });
  const boxes = (held ? held : []).filter(Boolean);
  const there = boxes.some((box) => box.isConnected && visible(box));
  const emptied = there && boxes.every((box) => ("value" in box ? box.value === "" || box.value === box.defaultValue : !box.innerText.trim()));
  return { lines: [...lines, ...deep].slice(0, MOST_LINES), live, wrong, there, emptied };
}
