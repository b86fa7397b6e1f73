// The palette: Ctrl K, or a link with [data-palette], opens a field that finds everything. The server finds; this moves.

const dialog = document.getElementById("palette");
const field = document.getElementById("palette-words");
const RECENT = "recent-tools";
const MOST_RECENT = 8;
// Enter was pressed before the results for what is typed had come.
let isWaiting = false;

const options = () => [...document.querySelectorAll("#palette-results [role=option]:not([aria-disabled])")];
const chosen = () => document.querySelector("#palette-results [aria-selected=true]");
const isCurrent = () => document.getElementById("palette-results").dataset.words === field.value;

function open() {
  if (dialog.open) return field.select();
  // Whatever else is open is left: two layers at once would answer to the same keys.
  document.querySelectorAll("dialog[open]").forEach((other) => other.close());
  document.querySelectorAll(":popover-open").forEach((other) => other.hidePopover());
  document.getElementById("palette-recent").value = recent().join(",");
  field.value = "";
  isWaiting = false;
  dialog.showModal();
  htmx.trigger(dialog.querySelector("form"), "refresh");
}

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
}

function move(step) {
  const all = options();
  if (all.length) choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
}

function follow() {
  isWaiting = !isCurrent();
  if (!isWaiting) chosen()?.click();
}

const MOVES = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: follow };

document.addEventListener("keydown", (event) => {
  const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (!dialog || !isCommand || event.key.toLowerCase() !== "k") return;
  event.preventDefault();
  open();
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-palette]");
  if (!dialog || !opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open();
});

dialog?.addEventListener("keydown", (event) => {
  if (event.target !== field || !MOVES[event.key]) return;
  event.preventDefault();
  MOVES[event.key]();
});

dialog?.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) dialog.close();
});

dialog?.addEventListener("htmx:afterSettle", () => {
  choose(options()[0]);
  document.getElementById("palette-count").textContent = document.getElementById("palette-results").dataset.said;
  if (isWaiting && isCurrent()) follow();
});

// Tools that were looked at last, on this device only.

function recent() {
  try {
    return JSON.parse(localStorage.getItem(RECENT)) ?? [];
  } catch {
    return [];
  }
}

function noteVisit() {
  const [, name] = location.pathname.match(/^\/tools\/([^/]+)$/) ?? [];
  if (!name || name === "new") return;
  const names = [decodeURIComponent(name), ...recent().filter((other) => other !== decodeURIComponent(name))];
  try {
    localStorage.setItem(RECENT, JSON.stringify(names.slice(0, MOST_RECENT)));
  } catch {
    // Nothing is remembered where storage is forbidden.
  }
}

if (/^Mac|^iP/.test(navigator.platform)) {
  for (const key of document.querySelectorAll("[data-command-key]")) key.textContent = "⌘ K";
}
noteVisit();
