document.getElementById("savoir").addEventListener("click", (event) => {
  const title = event.target.closest(".titre");
  if (title) title.parentElement.classList.toggle("large");
});
