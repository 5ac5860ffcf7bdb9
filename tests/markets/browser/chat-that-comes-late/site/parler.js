addEventListener("load", async () => {
  const { mots } = await (await fetch("/parler/reglages.json")).json();
  const pastille = document.createElement("button");
  pastille.textContent = mots;
  pastille.style.cssText = "position:fixed;right:24px;bottom:24px;padding:16px 22px;border:0;border-radius:28px;background:#394;color:#fff";
  pastille.onclick = () => { pastille.textContent = "Un conseiller arrive…" };
  document.body.append(pastille);
});
