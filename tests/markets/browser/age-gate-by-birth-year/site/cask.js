document.getElementById("enter").onclick = () => {
  const year = Number(document.getElementById("year").value);
  if (!(year > 1900 && year < 2005)) { document.getElementById("refused").textContent = "Sorry, come back later."; return }
  document.getElementById("gate").remove();
  const still = document.getElementById("still");
  still.innerHTML = "<h1>Skerry Distillery</h1><p>Tours and tastings. Telephone: 020 7946 0226</p>";
  still.hidden = false;
};
