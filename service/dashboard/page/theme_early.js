// Sets the chosen colours before anything is drawn. A plain script: modules run too late for the first paint.
try {
  const chosen = localStorage.getItem("jobcast.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // No memory is allowed here: the colours follow the system.
}
