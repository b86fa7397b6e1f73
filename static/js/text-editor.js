// <text-editor for="definition" findings="text-findings" words="text-words">
//   <textarea id="definition" name="text">…</textarea>
// </text-editor>
//
// Shows the textarea as an editor for YAML. Without script, or when the editor cannot be loaded, the textarea is there
// and works. It stays what the form sends: every change is written into it and tells so with an `input` event.
//
// for         the textarea; best put inside, where the editor's shadow root hides it
// findings    the list of what the server has to say about the text; see text-editor/findings.js
// words       a <datalist> of words to offer while typing
//
// Others change the text with `textarea.dispatchEvent(new CustomEvent("text-editor:replace", { detail: { text } }))`,
// which is one step of undo and fires no `input`; or without script of their own, by swapping in anywhere
// `<textarea hidden data-replaces="definition">…</textarea>`. Setting `value` and firing `change` does the same.

class TextEditor extends HTMLElement {
  #editing = null;
  #gone = null;

  get textarea() {
    return document.getElementById(this.getAttribute("for")) ?? this.querySelector("textarea");
  }

  async connectedCallback() {
    // Moved, not removed: keep the editor with its undo history.
    if (this.#gone) return;
    this.#gone = new AbortController();
    const { edit } = await import("./text-editor/editing.js");
    if (this.#gone && this.textarea) this.#editing = edit(this, this.textarea, this.#gone.signal);
  }

  disconnectedCallback() {
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#gone?.abort();
      this.#gone = this.#editing = null;
    });
  }

  focus(options) {
    if (this.#editing) this.#editing.focus();
    else this.textarea?.focus(options);
  }
}

customElements.define("text-editor", TextEditor);
