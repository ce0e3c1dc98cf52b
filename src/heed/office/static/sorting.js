// One key a letter: 0 to 6 says what it is and goes on to the next; Enter at the end records.
// Without this script the page works as any form does.
(() => {
  "use strict";
  const form = document.querySelector("[data-sorting]");
  if (!form) return;
  for (const each of document.querySelectorAll("[data-keys]")) each.hidden = false;
  const letters = [...form.querySelectorAll("[data-letter]")].filter((one) => one.querySelector("[data-key]"));
  const button = form.querySelector("button");
  const current = () => {
    const held = document.activeElement && document.activeElement.closest("[data-letter]");
    return held || letters.find((one) => !one.querySelector(":checked"));
  };
  const go = (to) => {
    (to || button).focus({ preventScroll: true });
    (to || button).scrollIntoView({ block: to ? "start" : "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (document.activeElement && document.activeElement.matches("textarea, input[type=text]")) return;
    if (!/^[0-6]$/.test(event.key)) return;
    const letter = current();
    const choice = letter && letter.querySelector(`[data-key="${event.key}"]`);
    if (!choice) return;
    event.preventDefault();
    choice.checked = true;
    go(letters[letters.indexOf(letter) + 1]);
  });
  if (letters.length) letters[0].focus({ preventScroll: true });
})();
