// Which view of a change one has chosen is kept for the next page.
document.addEventListener("DOMContentLoaded", () => {
  const inputs = document.querySelectorAll("input[name=view]");
  const show = (view) => document.documentElement.classList.toggle("side-by-side-chosen", view === "side-by-side");
  let kept = null;
  try { kept = localStorage.getItem("view"); } catch { /* not allowed here: then it is not kept */ }
  for (const input of inputs) {
    if (input.id === kept) input.checked = true;
    input.addEventListener("change", () => {
      show(input.id);
      try { localStorage.setItem("view", input.id); } catch { /* as above */ }
    });
    if (input.checked) show(input.id);
  }
});
