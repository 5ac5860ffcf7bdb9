fetch("/donnees/hotel.json").then((reponse) => reponse.json()).then((hotel) => {
  const identite = document.getElementById("identite");
  for (const [nom, valeur] of Object.entries(hotel.identite)) {
    identite.append(Object.assign(document.createElement("dt"), { textContent: nom }));
    identite.append(Object.assign(document.createElement("dd"), { textContent: valeur }));
  }
  document.getElementById("chambres").innerHTML = hotel.chambres.map((une) => `<h3>${une}</h3>`).join("");
});
