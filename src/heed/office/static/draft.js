// Keeps a letter or a call every few seconds while somebody types. Without this file, the button "Save for
// later" does the same. Files are never sent along.
(() => {
  const form = document.querySelector("[data-draft]");
  const told = document.querySelector("[data-draft-told]");
  const words = () => {
    const fields = new FormData(form);
    fields.delete("files");
    fields.set("quietly", "yes");
    return new URLSearchParams(fields);
  };
  let kept = words().toString();
  let going = false;
  const keep = async () => {
    const now = words();
    if (going || now.toString() === kept) return;
    going = true;
    try {
      const answer = await fetch("/letters/draft", { method: "POST", body: now, redirect: "error" });
      const plain = (answer.headers.get("content-type") || "").startsWith("text/plain");
      if (answer.ok && plain) kept = now.toString();
      told.textContent = plain ? await answer.text() : "Not kept: you may have been signed out.";
    } catch {
      told.textContent = "Not kept just now. We try again.";
    }
    going = false;
  };
  const timer = setInterval(keep, 4000);
  form.addEventListener("submit", () => clearInterval(timer));
})();
