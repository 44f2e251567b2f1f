// What a page does besides, where there is JavaScript. Without it each page works, and shows no button that would not.
(() => {
  for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;

  // A form that comes back with errors is taken up at the first of them.
  document.querySelector("main [aria-invalid=true]")?.focus();

  if (!navigator.clipboard) return; // no copying over plain HTTP
  for (const button of document.querySelectorAll("[data-copies]")) {
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent.trim());
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed: copy it by hand";
      }
      setTimeout(() => (button.textContent = words), 3000);
    });
  }
})();
