// How the editor looks: the tokens of static/css/tokens.css, which reach into the shadow root and know light from dark.
// Everything CodeMirror draws with a `data:` picture is drawn otherwise here, since the policy forbids those.

import { EditorView, HighlightStyle, syntaxHighlighting, tags } from "./codemirror.js";
import { scalars } from "./scalars.js";

// The same colours as in the editor's YAML pane.
const colours = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: [tags.keyword, tags.typeName, tags.labelName, tags.meta], color: "var(--violet)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--muted)" },
]);

const RING = { outline: "2px solid var(--ring)", outlineOffset: "-2px" };
const underlined = (colour) => ({
  backgroundImage: "none",
  textDecoration: `underline wavy ${colour} 1px`,
  textUnderlineOffset: "4px",
});
/** A mark in the gutter: its shape says the severity too, and its words are read where it is read. */
const marked = (shape, colour, words) => ({
  content: "normal",
  color: colour,
  "&::before": { content: `"${shape}" / "${words}"` },
});

const text = EditorView.theme({
  "&": { flex: "1", minHeight: "0", color: "var(--text)", backgroundColor: "var(--surface)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "0.893rem", lineHeight: "1.62", overflow: "auto" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--text)", letterSpacing: "-0.02em" },
  ".cm-line": { padding: "0 16px 0 6px" },
  ".cm-content ::selection": { backgroundColor: "color-mix(in oklab, var(--accent) 28%, transparent)" },
  ".number, .word": { color: "var(--warn)" },
  ".cm-activeLine": { backgroundColor: "var(--hover)" },
  ".cm-gutters": { color: "var(--faint)", backgroundColor: "var(--surface)", border: "0" },
  ".cm-activeLineGutter": { color: "var(--text)", backgroundColor: "var(--hover)" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "38px", padding: "0 10px 0 4px" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--bad-soft)" },
  ".cm-selectionMatch": { backgroundColor: "var(--press)" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-soft)", outline: "1px solid var(--warn)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--accent-soft)", outline: "2px solid var(--accent)" },
});

const findings = EditorView.theme({
  ".cm-gutter-lint": { width: "20px" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0", textAlign: "center" },
  ".cm-lint-marker": { width: "100%", height: "auto", fontFamily: "var(--sans)", cursor: "default" },
  ".cm-lint-marker-error": marked("●", "var(--bad)", "Error"),
  ".cm-lint-marker-warning": marked("▲", "var(--warn)", "Warning"),
  ".cm-lint-marker-hint": marked("◆", "var(--accent)", "Hint"),
  ".cm-lintRange": { paddingBottom: "0" },
  ".cm-lintRange-error": underlined("var(--bad)"),
  ".cm-lintRange-warning": underlined("var(--warn)"),
  ".cm-lintRange-hint": underlined("var(--accent)"),
  ".cm-lintRange-active": { backgroundColor: "var(--press)" },
  ".cm-lintPoint::after": { borderBottomColor: "var(--bad)" },
  ".cm-lintPoint-warning::after": { borderBottomColor: "var(--warn)" },
  ".cm-lintPoint-hint::after": { borderBottomColor: "var(--accent)" },
  ".cm-diagnostic": { padding: "8px 12px", borderLeft: "3px solid var(--bad)", fontFamily: "var(--sans)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
  ".cm-diagnostic-hint": { borderLeftColor: "var(--accent)" },
  ".cm-diagnosticAction": {
    display: "block",
    margin: "6px 0 0",
    minHeight: "26px",
    padding: "0 8px",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius-small)",
    color: "var(--text)",
    backgroundColor: "var(--surface)",
    cursor: "pointer",
  },
});

const around = EditorView.theme({
  ".cm-tooltip": {
    maxWidth: "min(460px, 90vw)",
    overflow: "hidden",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius)",
    color: "var(--text)",
    backgroundColor: "var(--raised)",
    boxShadow: "var(--shadow-2)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "0.893rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "4px 10px", minHeight: "26px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { color: "var(--accent)", backgroundColor: "var(--accent-soft)" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "650" },
  ".cm-completionDetail": { color: "var(--muted)", fontStyle: "normal" },
  ".cm-panels": { color: "var(--text)", backgroundColor: "var(--sunk)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "10px 40px 6px 12px", fontFamily: "var(--sans)", fontSize: "0.93rem" },
  ".cm-panel.cm-search label": { fontSize: "inherit", display: "inline-flex", alignItems: "center", gap: "5px" },
  ".cm-panel.cm-search input[type=checkbox]": { width: "16px", height: "16px", accentColor: "var(--fill)" },
  ".cm-panel.cm-search [name=close]": { inset: "8px 8px auto auto", width: "28px", height: "28px", color: "inherit" },
  ".cm-panel.cm-search button:focus-visible": RING,
  ".cm-panel.cm-search input:focus-visible": RING,
  ".cm-textfield": {
    boxSizing: "border-box",
    minHeight: "30px",
    padding: "4px 8px",
    border: "1px solid var(--field)",
    borderRadius: "var(--radius-small)",
    color: "var(--text)",
    backgroundColor: "var(--surface)",
    fontSize: "inherit",
  },
  ".cm-button": {
    boxSizing: "border-box",
    padding: "0 10px",
    minHeight: "30px",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius-small)",
    color: "var(--text)",
    backgroundColor: "var(--surface)",
    backgroundImage: "none",
    fontSize: "inherit",
    textTransform: "capitalize",
    "&:active": { backgroundColor: "var(--press)", backgroundImage: "none" },
  },
  ".status-line": {
    display: "flex",
    flexWrap: "wrap",
    gap: "2px 16px",
    padding: "6px 12px",
    fontFamily: "var(--sans)",
    fontSize: "0.82rem",
    color: "var(--muted)",
  },
  ".status-line .said": { color: "var(--text)", overflowWrap: "anywhere" },
  ".status-line .said:empty": { marginRight: "-16px" },
  ".status-line .said:not(:empty) + .keys": { display: "none" },
  ".status-line .place": { marginLeft: "auto", fontVariantNumeric: "tabular-nums" },
});

export const look = [text, findings, around, syntaxHighlighting(colours), scalars];

/** The frame in the page. A page may give <text-editor> another height; long texts scroll inside. */
export function shadowStyle() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host {
      display: flex;
      flex-direction: column;
      min-height: 12rem;
      max-height: 72dvh;
      border: 1px solid var(--field);
      border-radius: var(--radius);
      overflow: hidden;
    }
    :host([hidden]) { display: none; }
    :host(:focus-within) { outline: 2px solid var(--ring); outline-offset: 2px; }
  `);
  return sheet;
}
