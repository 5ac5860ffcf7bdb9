customElements.define("copeau-entete", class extends HTMLElement {
  connectedCallback() {
    const ombre = this.attachShadow({ mode: "open" });
    const paires = "0" + this.getAttribute("numero").slice(2).replace(/(\d)(\d\d)(\d\d)(\d\d)(\d\d)/, "$1 $2 $3 $4 $5");
    ombre.innerHTML = `<style>:host { display: block; background: tan; padding: 12px }</style>
      <b>${this.getAttribute("metier")} Copeau</b> — appelez l'atelier : <span>${paires}</span>`;
  }
});
