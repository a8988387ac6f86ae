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
