// The editor itself: what it does with keys, and how it and the textarea keep each other's text.

import {
  autocompletion,
  bracketMatching,
  closeHoverTooltips,
  defaultKeymap,
  EditorState,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSelectionMatches,
  history,
  historyKeymap,
  indentLess,
  indentMore,
  indentOnInput,
  indentUnit,
  isolateHistory,
  keymap,
  lineNumbers,
  lintGutter,
  nextDiagnostic,
  previousDiagnostic,
  search,
  searchKeymap,
  Transaction,
  yaml,
} from "./codemirror.js";
import { difference } from "./difference.js";
import { applyFix, followFindings } from "./findings.js";
import { look, shadowStyle } from "./look.js";
import { DESCRIPTION, isLeaving, setLeaving, statusLine } from "./status-line.js";

const KEYS = [
  { key: "Tab", run: indentMore, shift: indentLess },
  { key: "F8", run: nextDiagnostic, shift: previousDiagnostic },
  { key: "Ctrl-.", run: applyFix },
  ...searchKeymap,
  ...historyKeymap,
  ...defaultKeymap,
];
const KEYS_THAT_LEAVE = ["Escape", "Tab", "Shift", "Control", "Alt", "Meta"];

/** Esc, then Tab leaves, however slowly: a Tab that only indents would keep the keyboard in here. */
const leaving = EditorView.domEventObservers({
  keydown({ key }, view) {
    const leaves = key === "Escape" || (KEYS_THAT_LEAVE.includes(key) && view.state.field(isLeaving));
    letLeave(view, leaves);
    if (key === "Escape") view.dispatch({ effects: closeHoverTooltips });
  },
  blur(_, view) {
    letLeave(view, false);
    view.dispatch({ effects: closeHoverTooltips });
  },
});

function letLeave(view, leaves) {
  view.setTabFocusMode(leaves);
  if (view.state.field(isLeaving) !== leaves) view.dispatch({ effects: setLeaving.of(leaves) });
}

/** Offer the words of a datalist, which may change while the page is open. */
function offerWords(id) {
  return autocompletion({
    icons: false,
    // Enter ends a line far more often than it takes a word; the arrow keys choose one first.
    selectOnOpen: false,
    override: [
      (context) => {
        const word = context.matchBefore(/[\w-]+/);
        const options = document.getElementById(id)?.options;
        if (!options || (!word && !context.explicit)) return null;
        return {
          from: word ? word.from : context.pos,
          options: [...options].map(({ value, label }) => ({ label: value, detail: label === value ? "" : label })),
          validFor: /^[\w-]*$/,
        };
      },
    ],
  });
}

/** Write every change into the textarea and say so, unless it came from there. */
function mirrored(textarea) {
  return EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    textarea.value = update.state.doc.toString();
    if (update.transactions.some((transaction) => !transaction.annotation(Transaction.remote))) {
      textarea.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
}

/** Put another text in place with one small edit, so that cursor, scroll and undo history stay. */
function replace(view, text) {
  const changes = difference(view.state.doc.toString(), text.replace(/\r\n?/g, "\n"));
  if (!changes) return;
  view.dispatch({ changes, annotations: [Transaction.remote.of(true), isolateHistory.of("full")] });
}

/** The textarea is asked for its text by whoever changed it: by an event, by its form's reset, by a swapped element. */
function followTextarea(view, textarea, signal) {
  textarea.addEventListener("text-editor:replace", ({ detail }) => replace(view, detail.text), { signal });
  textarea.addEventListener("change", () => replace(view, textarea.value), { signal });
  textarea.form?.addEventListener("reset", () => queueMicrotask(() => replace(view, textarea.value)), { signal });
  for (const label of textarea.labels) label.addEventListener("click", () => view.focus(), { signal });
  const takeReplacement = () => {
    const replacement = document.querySelector(`[data-replaces="${CSS.escape(textarea.id)}"]`);
    if (!replacement) return;
    replacement.remove();
    replace(view, replacement.value);
  };
  const observer = new MutationObserver(takeReplacement);
  observer.observe(document.body, { childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect());
  takeReplacement();
}

/** What is typed in here is nobody else's: no shortcut of the page, and no `input` but the textarea's own. */
function keepToItself(shadow) {
  const stop = (event) => event.stopPropagation();
  shadow.addEventListener("input", stop);
  shadow.addEventListener("keydown", (event) => {
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) stop(event);
  });
}

/** Show the textarea's text in an editor in the host's shadow root. Ends with the signal. */
export function edit(host, textarea, signal) {
  const focused = document.activeElement === textarea;
  const { selectionStart, selectionEnd } = textarea;
  const shadow = host.shadowRoot ?? host.attachShadow({ mode: "open", delegatesFocus: true });
  // Chromium and all others take styles here under `style-src 'self'`; CodeMirror adds its own beside it.
  shadow.adoptedStyleSheets = [shadowStyle()];
  const label = [...textarea.labels].map(({ textContent }) => textContent.trim()).join(" ") || "Text";
  const view = new EditorView({
    root: shadow,
    parent: shadow,
    state: EditorState.create({
      doc: textarea.value,
      extensions: [
        isLeaving,
        leaving,
        lineNumbers(),
        lintGutter(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        highlightSelectionMatches(),
        history(),
        indentUnit.of("  "),
        indentOnInput(),
        bracketMatching(),
        yaml(),
        look,
        search({ top: true }),
        host.hasAttribute("words") ? offerWords(host.getAttribute("words")) : [],
        keymap.of(KEYS),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": DESCRIPTION, tabindex: "0" }),
        EditorState.readOnly.of(textarea.readOnly),
        statusLine,
        mirrored(textarea),
      ],
    }),
  });
  if (!host.contains(textarea)) textarea.hidden = true;
  if (focused) {
    view.focus();
    view.dispatch({ selection: { anchor: selectionStart, head: selectionEnd }, scrollIntoView: true });
  }
  keepToItself(shadow);
  followTextarea(view, textarea, signal);
  followFindings(view, host.getAttribute("findings"), signal);
  signal.addEventListener("abort", () => view.destroy());
  return view;
}
