// Leaving fast works without this file: the link is a link. This makes the back button skip the
// page, hides it at once, and listens for the Escape key three times within five seconds.
(() => {
  const link = document.querySelector("[data-leave]");
  const leave = () => {
    document.documentElement.hidden = true;
    location.replace(link.href);
  };
  let pressed = [];
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") {
      pressed = [];
      return;
    }
    pressed = [...pressed, event.timeStamp].filter((at) => event.timeStamp - at < 5000);
    if (pressed.length >= 3) leave();
  });
  document.querySelector("[data-leave-keys]").hidden = false;
})();
