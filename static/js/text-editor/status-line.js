// The line below the text: what the finding at the cursor says, else which keys there are; and where the cursor is.

import { showPanel, StateEffect, StateField } from "./codemirror.js";
import { findingsAt } from "./findings.js";

/** The id of the words that describe the editor to whoever cannot see it. */
export const DESCRIPTION = "keys";
const KEYS = "Tab indents; Esc, then Tab leaves. F8 goes to the next finding, Ctrl F searches.";
const LEAVES = "Tab now leaves the editor.";

/** Whether Esc was pressed, so that Tab leaves. */
export const setLeaving = StateEffect.define();
export const isLeaving = StateField.define({
  create: () => false,
  update: (value, { effects }) => effects.findLast((effect) => effect.is(setLeaving))?.value ?? value,
});

function toSay(state) {
  if (state.field(isLeaving)) return LEAVES;
  const [finding] = findingsAt(state);
  if (!finding) return "";
  const fix = finding.actions.length ? ` Ctrl . presses “${finding.actions[0].name}”.` : "";
  const severity = finding.severity[0].toUpperCase() + finding.severity.slice(1);
  return `${severity}: ${finding.message}${fix}`;
}

function toPlace({ doc, selection }) {
  const { number, from } = doc.lineAt(selection.main.head);
  return `Line ${number}, column ${[...doc.sliceString(from, selection.main.head)].length + 1}`;
}

function part(className, text = "") {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

function panel(view) {
  const dom = document.createElement("div");
  dom.className = "status-line";
  const [said, keys, place] = [part("said"), part("keys", KEYS), part("place")];
  said.role = "status";
  keys.id = DESCRIPTION;
  dom.append(said, keys, place);
  const show = (state) => {
    // Said again only when it changes, for those who listen.
    if (said.textContent !== toSay(state)) said.textContent = toSay(state);
    place.textContent = toPlace(state);
  };
  show(view.state);
  return { dom, update: ({ state }) => show(state) };
}

export const statusLine = showPanel.of(panel);
