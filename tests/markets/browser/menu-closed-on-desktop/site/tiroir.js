const tiroir = document.querySelector("#tiroir");
const bouton = document.querySelector(".trois");
const basculer = (ouvert) => { tiroir.classList.toggle("sorti", ouvert); bouton.setAttribute("aria-expanded", ouvert) };
bouton.addEventListener("click", () => basculer(true));
document.querySelector(".croix").addEventListener("click", () => basculer(false));
