// What the server has to say about the text, shown where it belongs. The list is the page's and htmx swaps it:
//
// <ol id="text-findings" data-findings>
//   <li data-line="3" data-column="5" data-severity="error">…message… <button data-fix>Change to …</button></li>
// </ol>
//
// data-line, data-column   1-based, in characters; without a column the whole line is meant
// data-end-column          the first character after it, on the same line; without it, up to the line's end
// data-severity            error, warning or hint
// [data-message]           what of the item is the message; without it, all its text but that of buttons
// [data-fix]               a button of a form that mends it; pressing "Change to …" in the text presses this one
//
// A click on an item moves the cursor there. In the text, F8 goes to the next one, and Ctrl . presses its button.

import { EditorView, forEachDiagnostic, setDiagnostics } from "./codemirror.js";

const SEVERITIES = ["error", "warning", "hint"];

function messageOf(item) {
  const told = (item.querySelector("[data-message]") ?? item).cloneNode(true);
  for (const button of told.querySelectorAll("button")) button.remove();
  return told.textContent.replace(/\s+/g, " ").trim();
}

/** Where in a line a column is: columns count characters, JavaScript counts halves of some. */
function offsetOf(text, column) {
  return [...text].slice(0, column - 1).join("").length;
}

/** The part of the text an item is about; something visible also where there is nothing, such as a missing value. */
function placeOf(doc, { line, column, endColumn }) {
  const at = doc.line(Math.min(Math.max(Number(line), 1), doc.lines));
  const last = at.text.trimEnd().length;
  let from = column ? Math.min(offsetOf(at.text, Number(column)), last) : 0;
  const to = endColumn ? Math.min(offsetOf(at.text, Number(endColumn)), last) : last;
  if (from === 0 || from >= to) from = Math.min(at.text.length - at.text.trimStart().length, to);
  return { from: at.from + from, to: at.from + to };
}

function diagnosticOf(item, doc) {
  const fix = item.querySelector("[data-fix]");
  const { severity } = item.dataset;
  return {
    ...placeOf(doc, item.dataset),
    severity: SEVERITIES.includes(severity) ? severity : "error",
    message: messageOf(item),
    item,
    actions: fix ? [{ name: fix.textContent.replace(/\s+/g, " ").trim(), apply: () => fix.click() }] : [],
  };
}

/** The findings at the cursor, most telling first. */
export function findingsAt(state) {
  const { head } = state.selection.main;
  const found = [];
  forEachDiagnostic(state, (diagnostic, from, to) => {
    if (from <= head && head <= to) found.push(diagnostic);
  });
  return found.sort((one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity));
}

/** Press the button that mends the finding at the cursor; false when there is none. */
export function applyFix(view) {
  const fixable = findingsAt(view.state).find(({ actions }) => actions.length);
  fixable?.actions[0].apply();
  return Boolean(fixable);
}

/** Move the cursor to where an item's finding is now: the text may have changed since the server told. */
function goTo(view, item) {
  forEachDiagnostic(view.state, (diagnostic, from) => {
    if (diagnostic.item !== item) return;
    const effects = EditorView.scrollIntoView(from, { y: "center" });
    view.dispatch({ selection: { anchor: from }, effects });
    view.focus();
  });
}

/** What of the items matters here: htmx also sets classes on what it swaps. */
function gist(items) {
  return JSON.stringify(items.map((item) => [item.dataset, item.textContent]));
}

/** Show the list of this id, and every change of it, until the signal. */
export function followFindings(view, id, signal) {
  let shown = [];
  let told = gist(shown);
  const show = () => {
    const items = [...(document.getElementById(id)?.querySelectorAll("[data-line]") ?? [])];
    // Typing moves what is shown along with the text; only what the server says anew is placed anew.
    if (gist(items) === told && items.every((item, index) => item === shown[index])) return;
    shown = items;
    told = gist(items);
    view.dispatch(setDiagnostics(view.state, items.map((item) => diagnosticOf(item, view.state.doc))));
  };
  const observer = new MutationObserver(show);
  observer.observe(document.body, { childList: true, characterData: true, attributes: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect());

  const goToClicked = (event) => {
    const item = shown.find((one) => one.contains(event.target));
    if (!item || event.target.closest("button, input, select")) return;
    event.preventDefault();
    goTo(view, item);
  };
  document.addEventListener("click", goToClicked, { signal });
  show();
}
