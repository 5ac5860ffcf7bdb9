const knot = document.querySelector(".knot");
const tail = knot.querySelector(".tail");
let moves = 0, timer = 0;
const later = (flies, pause) => {
  clearTimeout(timer);
  timer = setTimeout(() => tail.classList.toggle("flies", flies), pause);
};
knot.addEventListener("mousemove", () => { if (++moves === 2) later(true, 300); });
knot.addEventListener("mouseleave", () => { moves = 0; later(false, 600); });
knot.firstElementChild.addEventListener("click", (event) => {
  event.preventDefault();
  if (matchMedia("(hover: none)").matches) tail.classList.toggle("flies");
});
