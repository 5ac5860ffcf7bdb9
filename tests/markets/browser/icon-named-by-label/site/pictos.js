const combine = "M6 2l5 1 2 6-3 2a14 14 0 0 0 7 7l2-3 6 2 1 5c0 2-3 4-5 4C11 26 2 13 2 7c0-2 2-5 4-5z";
document.querySelector(".pictos").innerHTML =
  `<a href="tel:+33353012115"><svg role="img" aria-label="Téléphone" viewBox="0 0 28 28"><path d="${combine}"/></svg></a>`;
