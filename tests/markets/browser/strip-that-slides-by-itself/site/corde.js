const strip = document.querySelector(".defile ul");
let place = 0;
const slide = (to) => {
  place = to % strip.children.length;
  strip.style.transform = `translateX(${-300 * Math.min(place, strip.children.length - 2)}px)`;
};
setInterval(() => slide(place + 1), 600);
document.querySelectorAll(".points button").forEach((button, index) => button.addEventListener("click", () => slide(index)));
document.querySelector(".sonne").addEventListener("click", (event) => {
  event.target.textContent = ["04", "65", "71", "18", "72"].join(" ");
});
