const pages = {
  "/": ["Skis Perce-Neige", "<p>Location et entretien de skis, au pied des pistes de La Clavière.</p>"],
  "/tarifs": ["Tarifs", "<p>La journée, la semaine, la saison : demandez la grille à la caisse.</p>"],
  "/nous-contacter": ["Nous contacter", "<p>Téléphone : 01 99 00 21 01</p><p>equipe@skis-perce-neige.example</p>"],
};
const racine = document.getElementById("racine");
const menu = '<nav><a href="/">Accueil</a> <a href="/tarifs">Tarifs</a> <a href="/nous-contacter">Nous contacter</a></nav>';
function dessiner() {
  const [titre, corps] = pages[location.pathname] ?? ["Page introuvable", ""];
  document.title = titre;
  racine.innerHTML = `${menu}<h1>${titre}</h1>${corps}`;
}
document.addEventListener("click", (evenement) => {
  const lien = evenement.target.closest("a");
  if (!lien) return;
  evenement.preventDefault();
  history.pushState(null, "", lien.href);
  dessiner();
});
addEventListener("popstate", dessiner);
dessiner();
