// Which view of a change one has chosen is kept for the next page. The style sheet does the rest.
document.addEventListener("DOMContentLoaded", () => {
  const inputs = document.querySelectorAll("input[name=view]");
  let kept = null;
  try { kept = localStorage.getItem("view"); } catch { /* not allowed here: then it is not kept */ }
  for (const input of inputs) {
    if (input.id === kept) input.checked = true;
    input.addEventListener("change", () => {
      try { localStorage.setItem("view", input.id); } catch { /* as above */ }
    });
  }
});

// A figure is drawn for a desk. On a telephone a touch makes it as large as there, and one more small again.
document.addEventListener("DOMContentLoaded", () => {
  if (!matchMedia("(max-width: 46em)").matches) return;
  for (const image of document.querySelectorAll("article img.only-light, article img.only-dark")) {
    const figure = document.createElement("div"), button = document.createElement("button");
    const theme = image.classList.contains("only-dark") ? "only-dark" : "only-light";
    figure.className = `figure ${theme}`;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () =>
      button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") === "false"));
    image.replaceWith(figure);
    figure.append(button);
    button.append(image);
  }
});
