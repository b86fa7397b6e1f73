// The editor's own conveniences. Without them it saves and undoes by its buttons; saving itself is in autosave.js.

const form = () => document.getElementById("part");

const isAct = (elt, event) => elt !== form() || event?.type === "submit";
/** The request of the last act; from when it is opened until it is done, its state is between. */
let act = null;
const isActUnderWay = () => act !== null && act.readyState > XMLHttpRequest.UNSENT && act.readyState < XMLHttpRequest.DONE;

/** While an act of a button is under way, fields take no keys: its answer brings them anew. */
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (!isAct(detail.elt, detail.requestConfig.triggeringEvent) || detail.requestConfig.verb !== "post") return;
  act = detail.xhr;
  if (document.getElementById("fields")) document.getElementById("fields").inert = true;
});

/** An act takes along what was typed: a save that was still to come would replace it, and the click would be lost. */
document.addEventListener("htmx:confirm", (event) => {
  const { elt, triggeringEvent } = event.detail;
  if (!isAct(elt, triggeringEvent) && isActUnderWay()) event.preventDefault();
});
document.addEventListener("htmx:afterRequest", () => {
  const fields = document.getElementById("fields");
  if (fields) fields.inert = false;
});

/** The answer to typing holds only those places for findings that have something in them, or had. */
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt !== form()) return;
  const filled = [...document.querySelectorAll(".slot:not(:empty)")].filter((slot) => slot.firstElementChild);
  detail.formData.set("filled", filled.map((slot) => slot.dataset.field).join(" "));
});

/** Findings are swapped beside a field, which says of itself only whether it is wrong. */
document.addEventListener("htmx:oobAfterSwap", ({ detail }) => {
  const slot = detail.target.id?.startsWith("slot-") ? document.getElementById(detail.target.id) : null;
  if (!slot) return;
  const field = document.getElementById(`f-${slot.dataset.field}`);
  if (!field) return;
  if (slot.querySelector(".found.error")) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
});

document.addEventListener("input", ({ target }) => {
  if (target.type !== "range") return;
  // Hundredths are fine enough to choose; a finer value that stands there already is kept until it is moved.
  target.value = Number(target.value).toFixed(2);
  target.nextElementSibling.value = target.value;
});

const typing = (target) => target.matches("textarea, input:not([type=range], [type=checkbox])");

document.addEventListener("keydown", (event) => {
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key.toLowerCase() === "s" && document.getElementById("publish")) {
    event.preventDefault();
    document.getElementById("publish").click();
  }
  // In a field the browser's own undo takes back letters; anywhere else, acts.
  if (!control || event.key.toLowerCase() !== "z" || typing(event.target) || event.target.closest("text-editor")) return;
  const button = form()?.ownerDocument.querySelector(`button[value=${event.shiftKey ? "redo" : "undo"}]`);
  if (!button || button.getAttribute("aria-disabled") === "true") return;
  event.preventDefault();
  button.click();
});

/** A button that can do nothing now says so, and does nothing. */
document.addEventListener(
  "click",
  (event) => {
    if (event.target.closest?.("button[aria-disabled=true]")) event.preventDefault();
  },
  true,
);
