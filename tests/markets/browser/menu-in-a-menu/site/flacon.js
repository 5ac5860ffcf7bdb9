for (const [bouton, liste] of [[sommaire, niveau1], [service, niveau2]]) {
  bouton.addEventListener("click", () => bouton.setAttribute("aria-expanded", !liste.classList.toggle("clos")));
}
