// What pages do beyond links and forms: theme, keys, dialogs, and what to say when the server does not answer.
// Every page works without it.

const root = document.documentElement;

/** What the reader chose before, or null; also null where storage is forbidden. */
function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keep a choice of the reader's; it lasts for this page only where storage is forbidden. */
function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Nothing to do: the page itself already shows the choice.
  }
}

// Theme

const themeButtons = document.querySelectorAll("[data-theme-choice]");

/** Light, dark, or what the system says. */
function chooseTheme(choice) {
  if (choice === "system") delete root.dataset.theme;
  else root.dataset.theme = choice;
  for (const button of themeButtons) button.setAttribute("aria-pressed", button.dataset.themeChoice === choice);
}

chooseTheme(root.dataset.theme ?? "system");

// Keys. Single keys can be turned off in the sheet (WCAG 2.1.4), because voice control types them by accident.

let singleKeys = recall("single-keys") !== "off";

function moveRow(step) {
  const rows = [...document.querySelectorAll(".tool-row")];
  const current = rows.indexOf(document.activeElement.closest(".tool-row"));
  const next = Math.max(0, Math.min(rows.length - 1, current + step));
  rows[next]?.querySelector("a").focus();
}

function focusSearch() {
  const search = document.querySelector(".search input");
  search?.focus();
  search?.select();
  return Boolean(search);
}

const KEYS = {
  "/": focusSearch,
  j: () => moveRow(1),
  k: () => moveRow(-1),
  "?": () => openDialog("keys"),
};

function leave(event) {
  const menu = event.target.closest(".menu[open]");
  if (menu) menu.querySelector("summary").focus();
  closeMenus();
  if (event.target.matches(".search input") && event.target.value === "") event.target.blur();
  document.getElementById("toasts").replaceChildren();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return leave(event);
  if (!singleKeys || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  if (KEYS[event.key] && KEYS[event.key]() !== false) event.preventDefault();
});

// Dialogs

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog.open) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) openDialog(opener.dataset.open);
  const theme = event.target.closest("[data-theme-choice]");
  if (theme) {
    chooseTheme(theme.dataset.themeChoice);
    remember("theme", theme.dataset.themeChoice);
  }
  if (event.target.nodeName === "DIALOG") event.target.close();
  closeMenus(event.target.closest(".menu"));
  const cancel = event.target.closest("dialog [data-close]");
  if (cancel) {
    event.preventDefault();
    cancel.closest("dialog").close();
  }
});

/** A question that was asked for is shown in the dialog; without script it would be a page of its own. */
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id === "dialog") openDialog("dialog");
});

// Menus

function closeMenus(but) {
  for (const menu of document.querySelectorAll(".menu[open]")) if (menu !== but) menu.open = false;
}

document.addEventListener("focusin", (event) => closeMenus(event.target.closest(".menu")));

const singleKeysBox = document.getElementById("single-keys");
singleKeysBox.checked = singleKeys;
singleKeysBox.addEventListener("change", () => {
  singleKeys = singleKeysBox.checked;
  remember("single-keys", singleKeys ? "on" : "off");
});

// Requests

/** Leave empty filters out of the address: /tools?q=grep, not /tools?q=grep&platform=&status=. */
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "get") return;
  for (const [name, value] of [...detail.formData]) if (value === "") detail.formData.delete(name);
});

function say(text) {
  // Once is enough for whoever listens, though a page that refreshes itself may fail every second.
  if (document.getElementById("toasts").textContent === text) return;
  const toast = document.createElement("p");
  toast.className = "toast bad";
  toast.dataset.said = "";
  toast.textContent = text;
  document.getElementById("toasts").replaceChildren(toast);
}

const UNREACHABLE = "The server does not answer. What you see may be out of date; try again in a moment.";
document.addEventListener("htmx:sendError", () => say(UNREACHABLE));
document.addEventListener("htmx:timeout", () => say(UNREACHABLE));
document.addEventListener("htmx:responseError", ({ detail }) => {
  say(`The server refused this (${detail.xhr.status}). What you see has not changed.`);
});
document.addEventListener("htmx:afterSwap", () => document.querySelector("#toasts [data-said]")?.remove());

// Toasts that the server sent say what was done. They go after a while, but not from under a hand or the focus.

const TOAST_MS = 10_000;
const toasts = document.getElementById("toasts");
let goodbye = 0;

function letGo() {
  clearTimeout(goodbye);
  if (!toasts.matches(":hover, :focus-within")) goodbye = setTimeout(() => toasts.replaceChildren(), TOAST_MS);
}

for (const event of ["pointerenter", "focusin"]) toasts.addEventListener(event, () => clearTimeout(goodbye));
for (const event of ["pointerleave", "focusout"]) toasts.addEventListener(event, () => setTimeout(letGo));
toasts.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) event.target.closest(".toast").remove();
});
new MutationObserver(letGo).observe(toasts, { childList: true });
letGo();

/** Asking again for what is shown already, as Enter does after typing, is no step to go back to. */
document.addEventListener("htmx:beforeHistoryUpdate", ({ detail }) => {
  const { history } = detail;
  if (history.type === "push" && history.path === location.pathname + location.search) history.type = "replace";
});

// Live pages: [data-follow] is told to refresh when the catalog changes. It also asks now and then by itself, so this
// may fail. Hidden pages let go: a browser opens six connections to a server, and a stream holds one.

const CLOSED = 2;
let stream = null;

function tellRefresher() {
  const refresher = document.querySelector("[data-follow]");
  if (refresher) htmx.trigger(refresher, "refresh");
}

function follow() {
  const refresher = document.querySelector("[data-follow]");
  if (!refresher || document.hidden || (stream && stream.readyState !== CLOSED)) return;
  const { revision } = refresher.closest("[data-revision]").dataset;
  stream = new EventSource(`${refresher.dataset.follow}?since=${revision}`);
  stream.addEventListener("change", tellRefresher);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stream?.close();
  } else {
    follow();
    tellRefresher();
  }
});
document.addEventListener("htmx:afterSwap", follow);
follow();
