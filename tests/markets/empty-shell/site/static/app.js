document.getElementById("root").textContent = "Comptoir Zéphyr – 01 99 00 10 77";
