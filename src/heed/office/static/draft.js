// Keeps a letter, a call, an answer or a note every few seconds while somebody types. Without this file, the button "Save for
// later" does the same. Files are never sent along. Each window keeps its own words: the answer says under
// which draft they lie now, and in which version.
(() => {
  const form = document.querySelector("[data-draft]");
  const told = document.querySelector("[data-draft-told]");
  const words = (without) => {
    const fields = new FormData(form);
    ["files", ...without].forEach((name) => fields.delete(name));
    fields.set("quietly", "yes");
    return new URLSearchParams(fields);
  };
  const typed = () => words(["draft", "seen"]).toString();
  let kept = typed();
  let going = false;
  let sent = false;
  let timer;
  const keep = async (keepalive = false) => {
    const now = typed();
    if (going || now === kept) return;
    going = true;
    try {
      const body = words([]);
      const how = { method: "POST", body, redirect: "error", keepalive };
      const answer = await fetch(form.dataset.draft, how);
      const plain = (answer.headers.get("content-type") || "").startsWith("text/plain");
      if (answer.ok && plain) {
        kept = now;
        for (const name of ["draft", "seen"]) {
          const said = answer.headers.get(`x-heed-${name}`);
          if (said) form.elements[name].value = said;
        }
      }
      told.textContent = plain ? await answer.text() : "Not kept: you may have been signed out.";
    } catch {
      told.textContent = "Not kept just now. We try again.";
    }
    going = false;
  };
  addEventListener("pageshow", () => {
    clearInterval(timer);
    sent = false;
    timer = setInterval(() => keep(), 4000);
  });
  form.addEventListener("submit", () => {
    clearInterval(timer);
    sent = true;
  });
  // A link that is followed at once; whoever sends the form needs no draft of it.
  addEventListener("pagehide", () => {
    clearInterval(timer);
    if (!sent) keep(true);
  });
})();
