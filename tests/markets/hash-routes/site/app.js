window.addEventListener("hashchange", () => render(location.hash));
