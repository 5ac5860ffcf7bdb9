const punkt = document.querySelector(".punkt"), klappe = punkt.querySelector(".klappe");
const auf = () => { klappe.innerHTML = '<a href="sorten.html">Sorten</a><a href="kontaktformular.html">Kontakt</a>' };
const zu = () => klappe.replaceChildren();
if (matchMedia("(hover: hover)").matches) {
  punkt.addEventListener("mouseenter", auf);
  punkt.addEventListener("mouseleave", zu);
} else {
  punkt.addEventListener("click", () => klappe.childElementCount ? zu() : auf());
}
