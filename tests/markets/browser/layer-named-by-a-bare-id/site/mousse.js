for (const button of document.querySelectorAll("[data-bulle]")) {
  const layer = document.getElementById(button.dataset.bulle);
  button.addEventListener("click", () => layer.classList.add("flotte"));
  layer.querySelector(".sortie").addEventListener("click", () => layer.classList.remove("flotte"));
}
