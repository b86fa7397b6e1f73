// The list of tools: selecting rows, the keys for them, and the menus of its filters. Without it boxes are ticked by
// hand, and menus stay open until they are closed.

const EDGE = "input[name=names]";

const results = () => document.getElementById("results");
const boxes = () => [...document.querySelectorAll(`#rows ${EDGE}`)];
const ticked = () => boxes().filter((box) => box.checked);
const everything = () => document.getElementById("all-matching");

/** Names that are selected; they outlive a search as long as their rows are shown. */
let selected = new Set();
/** The box that was ticked last, where a range begins. */
let anchor = null;

function plural(count) {
  return `${count.toLocaleString("en")} tool${count === 1 ? "" : "s"}`;
}

/** Show what is selected: how many, and whether that is all of them. */
function tell() {
  const names = ticked();
  selected = new Set(names.map((box) => box.value));
  const isAll = everything()?.checked ?? false;
  const count = isAll ? Number(everything().dataset.total) : names.length;
  const told = document.getElementById("selected");
  if (told) told.textContent = count ? `${count.toLocaleString("en")} selected` : "";
  for (const place of document.querySelectorAll("[data-selected-count]")) place.textContent = plural(count);
  const all = document.getElementById("select-all");
  if (!all) return;
  all.checked = names.length > 0 && names.length === boxes().length;
  all.indeterminate = names.length > 0 && !all.checked;
  // All that match are more than this page: what is ticked on it says so while they are chosen.
  if (everything() && !all.checked) everything().checked = false;
}

function clear() {
  const wasSelected = ticked().length > 0;
  for (const box of boxes()) box.checked = false;
  if (everything()) everything().checked = false;
  anchor = null;
  tell();
  return wasSelected;
}

/** Tick or clear everything between the box clicked before and this one. */
function selectRange(box) {
  const all = boxes();
  const [from, to] = [all.findIndex((one) => one.value === anchor), all.indexOf(box)].sort((a, b) => a - b);
  if (from < 0) return;
  for (const one of all.slice(from, to + 1)) one.checked = box.checked;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-clear-selection]")) clear();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  const box = event.target.closest(EDGE);
  if (!box) return;
  if (event.shiftKey && anchor !== null) selectRange(box);
  anchor = box.value;
  tell();
});

// A range is chosen with the shift key; the browser would mark the text between.
document.addEventListener("mousedown", (event) => {
  if (event.shiftKey && event.target.closest(".select-box")) event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (event.target.id === "select-all") for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.id === "all-matching" && event.target.checked) for (const box of boxes()) box.checked = true;
  if (event.target.closest("#rows, #all-matching")) tell();
});

// New rows come unticked. What was done to the selected is done: nothing is selected any more, unless it was refused.

let wasActedOn = false;
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  wasActedOn = detail.requestConfig.verb === "post";
});
document.addEventListener("htmx:afterSwap", () => {
  const isDone = wasActedOn && !document.querySelector("#toasts .toast.bad");
  if (isDone) selected.clear();
  for (const box of boxes()) box.checked = selected.has(box.value);
  tell();
});

// Keys. A row is current while something in it has the focus.

function currentRow() {
  return document.activeElement?.closest(".tool-row");
}

function toggleRow() {
  currentRow()?.querySelector(EDGE).click();
}

function editRow() {
  const name = currentRow()?.querySelector(EDGE).value;
  if (name) location.assign(`/tools/${encodeURIComponent(name)}/edit`);
}

const KEYS = { x: toggleRow, e: editRow, c: () => location.assign("/tools/new") };

/** Whether single keys are on: the sheet of shortcuts turns them off. */
function usesSingleKeys() {
  return document.getElementById("single-keys")?.checked ?? true;
}

function isTyping(target) {
  return Boolean(target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]"));
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.id === "tags") {
    document.querySelector("#tagging button[value=tag]").click();
    event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return leave(event);
  if (!usesSingleKeys() || isTyping(event.target) || !KEYS[event.key]) return;
  KEYS[event.key]();
  event.preventDefault();
});

// Menus: one at a time, closed by Esc and by a click elsewhere.

const openMenus = () => [...document.querySelectorAll("details.menu[open]")];

function leave(event) {
  const [menu] = openMenus();
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (!isTyping(event.target)) {
    clear();
  }
}

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

/** The field of a menu is what one wants when it opens; where it is narrow, it must not leave the page. */
document.addEventListener(
  "toggle",
  (event) => {
    if (!event.target.matches("details.menu[open]")) return;
    event.target.querySelector(".menu-body input")?.focus();
    const body = event.target.querySelector(".menu-body");
    body.classList.toggle("from-the-right", body.getBoundingClientRect().right > innerWidth);
  },
  true,
);

if (results()) tell();
