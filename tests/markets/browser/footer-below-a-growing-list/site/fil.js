const tirage = [["Lampe", "Chaise", "Malle", "Miroir"], ["Horloge", "Vase", "Tapis", "Cadre"], ["Coffre", "Banc", "Globe", "Râtelier"]];
const objets = document.querySelector(".objets");
const butee = document.querySelector(".butee");
const verser = () => tirage.shift().forEach((nom) => objets.insertAdjacentHTML("beforeend", `<figure>${nom}</figure>`.repeat(2)));
verser();
new IntersectionObserver((vues) => {
  if (!vues.some((vue) => vue.isIntersecting)) return;
  if (tirage.length) return verser();
  if (!document.querySelector("footer")) butee.insertAdjacentHTML("afterend", "<footer>Pour venir voir : tél. 05 36 49 21 06</footer>");
}, { rootMargin: "0px 0px 50px 0px" }).observe(butee);
addEventListener("scroll", () => {
  if (tirage.length && innerHeight + scrollY >= document.documentElement.scrollHeight - 4) verser();
});
