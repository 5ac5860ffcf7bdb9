const onglets = document.querySelectorAll(".onglets button"), feuilles = document.querySelectorAll(".page");
feuilles[1].textContent = ["02", "61", "91", "23", "08"].join(".");
onglets.forEach((onglet, rang) => { onglet.onclick = () => {
  feuilles.forEach((feuille, place) => feuille.classList.toggle("ferme", place !== rang));
  onglets.forEach((autre, place) => autre.setAttribute("aria-selected", place === rang));
} });
document.addEventListener("submit", (envoi) => {
  envoi.preventDefault();
  fetch(envoi.target.action, { method: "POST" });
  feuilles[0].textContent = "Merci ! Tél. 02 61 91 23 98";
});
