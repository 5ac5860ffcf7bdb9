const turn = (button, part, open) => {
  part.classList.toggle("offen", open);
  button.setAttribute("aria-expanded", String(part.classList.contains("offen")));
};
const [open, shut, more, drawer, there] = ["auf", "zu", "mehr", "lade", "dort"].map((id) => document.getElementById(id));
open.onclick = () => turn(open, drawer);
shut.onclick = () => turn(open, drawer, false);
more.onclick = () => turn(more, there);
