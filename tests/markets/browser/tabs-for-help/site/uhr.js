const reiter = [...document.querySelectorAll("[role=tab]")], felder = [...document.querySelectorAll("[role=tabpanel]")];
reiter.forEach((dieser, stelle) => dieser.addEventListener("click", () => {
  reiter.forEach((jener, ort) => jener.setAttribute("aria-selected", ort === stelle));
  felder.forEach((jenes, ort) => jenes.classList.toggle("an", ort === stelle));
}));
