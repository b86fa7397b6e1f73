// The playground's own conveniences: what is typed meanwhile is kept, sliders speak, and texts are copied.

const form = () => document.getElementById("ask");

// An answer brings the form along. What somebody types in it, and what they opened, stays as it is.
Idiomorph.defaults.ignoreActiveValue = true;
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.nodeName === "DETAILS");

document.addEventListener("input", ({ target }) => {
  if (target.form !== form()) return;
  // The answer to what was typed before would overwrite what has been typed since.
  htmx.trigger(form(), "htmx:abort");
  if (target.type !== "range") return;
  const own = form().querySelector("[name=preference][value=own]");
  own.checked = true;
  const sliders = [...form().querySelectorAll("[type=range]")];
  const whole = sliders.reduce((sum, slider) => sum + Number(slider.value), 0) || 1;
  for (const slider of sliders) slider.nextElementSibling.value = `${Math.round((100 * slider.value) / whole)} %`;
});

// Copying

const SAID_MS = 2000;

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Browsers lend the clipboard to pages over TLS only, and to this machine's own.
    return false;
  }
}

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const label = button.querySelector("[data-said]");
  const usual = (button.dataset.usual ??= label.textContent);
  const isCopied = await copy(source.textContent);
  if (!isCopied) getSelection().selectAllChildren(source);
  label.textContent = isCopied ? "Copied" : "Press Ctrl C";
  setTimeout(() => (label.textContent = usual), SAID_MS);
});
