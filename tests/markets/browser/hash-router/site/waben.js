const ansichten = new Map([
  ["", "<h1>Imkerei Sonnenhang</h1><p>Honig aus zwölf Völkern am Waldrand.</p>"],
  ["honig", "<h1>Honig</h1><p>Raps, Linde, Wald.</p>"],
  ["kontakt", "<h1>Kontakt</h1><p>Telefon 030 23125 203</p>"],
]);
function zeigen() {
  document.querySelector("#rahmen").innerHTML = ansichten.get(location.hash.replace(/^#\/?/, "")) || ansichten.get("");
}
window.addEventListener("hashchange", zeigen);
zeigen();
