// Forms that save themselves lose nothing that was typed: not to a server that fails, nor to a closed lid.
//
// <form data-autosave="DRAFT" data-node="NODE" hx-post="…" hx-trigger="input delay:250ms, autosave"> … </form>
// <p data-save-state></p>
//
// Every field changed is remembered in this browser until the server has said that it has what was typed (2xx, or 422:
// kept, with findings). While the server does not answer, `autosave` is fired again and again. What is still remembered
// when the form is shown the next time, perhaps after signing in again, is filled in and sent. A form that leaves the
// page with something unsent sends it on its way out.
//
// [name=step]        a hidden field of the form: what it was made from. It is remembered along with what was typed, so
//                    that the server can tell what is restored late from what was changed elsewhere since (409).
// data-shows-both    on a form whose plain submit answers 409 with a page of both; then that is offered
// [data-save-state]  where to say how it stands; in the form or anywhere. Its data-state is saving, saved, failing
//                    (trying again) or refused (trying again would not help; what was typed is kept).

const PAUSES_S = [1, 2, 4, 8, 15];
const KEPT_WITH_FINDINGS = 422;
const SIGN_IN = 401;
const TRY_LATER = 429;
// Browsers send at most 64 KiB for a page that is gone.
const MOST_ON_THE_WAY_OUT = 60_000;
const CONFLICTS = [409, 412];
const SAY = {
  saving: "Saving…",
  saved: "Saved",
  failing: "Not saved: the server does not answer. Trying again…",
  conflict: "Not saved: this was changed elsewhere meanwhile. What you typed is kept in this browser.",
  showBoth: "Show both",
  discard: "Discard what I typed",
  isDiscarded: "Discard what you typed and is not saved? This cannot be undone.",
  refused: "Not saved: the server refused it. What you typed is kept in this browser.",
  restored: "Restored what was not saved yet.",
};

// What is not saved yet, of one form: field name to its values, and the step it was typed into; also in localStorage,
// where that is allowed

class Unsaved {
  constructor({ dataset }) {
    this.key = `draft:${dataset.autosave}:${dataset.node ?? ""}`;
    const { fields, step } = this.#read();
    this.fields = new Map(Object.entries(fields));
    this.step = step;
  }

  #read() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? { fields: {} };
    } catch {
      return { fields: {} };
    }
  }

  #write() {
    try {
      if (this.isEmpty) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, JSON.stringify({ fields: Object.fromEntries(this.fields), step: this.step }));
    } catch {
      // Forbidden or full: it is remembered for as long as the page is open.
    }
  }

  get isEmpty() {
    return this.fields.size === 0;
  }

  remember(name, values, step) {
    if (this.isEmpty) this.step = step;
    this.fields.set(name, values);
    this.#write();
  }

  /** What is left was typed into what the server has by now. */
  rebase(step) {
    this.step = step;
    this.#write();
  }

  forget(isDone) {
    for (const [name, values] of this.fields) if (isDone(name, values)) this.fields.delete(name);
    this.#write();
  }
}

/** Forms send lines that end in CR LF, fields hold LF. */
const plain = (value) => String(value).replace(/\r\n?/g, "\n");
const areSame = (some, others) =>
  some.length === others.length && some.every((value, index) => plain(value) === plain(others[index]));

function fieldsNamed(form, name) {
  return [...form.elements].filter((field) => field.name === name);
}

function fill(form, name, values) {
  const rest = [...values];
  for (const field of fieldsNamed(form, name)) {
    if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
    else if (field.type === "select-multiple") {
      for (const option of field.options) option.selected = values.includes(option.value);
    } else field.value = rest.shift() ?? "";
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function button(words, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button small";
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

// One form

class Autosave {
  constructor(form) {
    this.form = form;
    this.unsaved = new Unsaved(form);
    this.failures = 0;
    this.sending = false;
    this.restored = false;
  }

  get stepField() {
    return this.form.elements.namedItem("step");
  }

  get place() {
    return this.form.querySelector("[data-save-state]") ?? document.querySelector("[data-save-state]");
  }

  say(state, words = SAY[state]) {
    const place = this.place;
    if (!place) return;
    const text = this.restored ? `${SAY.restored} ${words}` : words;
    place.dataset.state = state;
    if (place.textContent !== text) place.textContent = text;
  }

  typed(field) {
    if (!field.name || field.type === "file" || field.type === "password") return;
    this.unsaved.remember(field.name, new FormData(this.form).getAll(field.name), this.stepField?.value);
    this.restored = false;
    if (!this.failures) this.say("saving");
  }

  /** Forget what the server has now; not what was typed since it was sent. */
  forgetSent(sent) {
    const now = new FormData(this.form);
    this.unsaved.forget((name) => areSame(now.getAll(name), sent.getAll(name)));
  }

  /** Show what was typed before and the server never got. */
  restore() {
    const shown = new FormData(this.form);
    const isHere = (name) => fieldsNamed(this.form, name).length > 0;
    this.unsaved.forget((name, values) => !isHere(name) || areSame(values, shown.getAll(name)));
    if (this.unsaved.isEmpty) return;
    if (this.stepField && this.unsaved.step) this.stepField.value = this.unsaved.step;
    for (const [name, values] of this.unsaved.fields) fill(this.form, name, values);
    this.restored = true;
    this.send();
  }

  send() {
    clearTimeout(this.timer);
    if (this.form.isConnected && !this.sending && !this.unsaved.isEmpty) this.form.dispatchEvent(new Event("autosave"));
  }

  sendLater() {
    clearTimeout(this.timer);
    const pause = PAUSES_S[Math.min(Math.max(this.failures - 1, 0), PAUSES_S.length - 1)];
    this.timer = setTimeout(() => this.send(), pause * 1000);
  }

  began() {
    this.sending = true;
    clearTimeout(this.timer);
    if (!this.failures) this.say("saving");
  }

  failed() {
    this.failures += 1;
    this.say("failing");
    this.sendLater();
  }

  answered(status, sent) {
    this.sending = false;
    if ((status >= 200 && status < 300) || status === KEPT_WITH_FINDINGS) {
      this.failures = 0;
      this.forgetSent(sent);
      if (this.unsaved.isEmpty) this.say("saved");
      else this.sendLater();
    } else if (status >= 500 || status === TRY_LATER) {
      this.failed();
    } else {
      this.failures = 0;
      if (status !== SIGN_IN) this.refused(CONFLICTS.includes(status) ? SAY.conflict : SAY.refused);
    }
  }

  /** The answer is in the page, and with it a new step; perhaps also another place to say things. */
  swapped() {
    if (!this.unsaved.isEmpty) this.unsaved.rebase(this.stepField?.value);
    else if (this.restored) this.say("saved");
  }

  /** Trying again would not help: leave it to whoever typed. */
  refused(words) {
    this.say("refused", words);
    const place = this.place;
    if (!place) return;
    if ("showsBoth" in this.form.dataset) place.append(" ", button(SAY.showBoth, () => this.form.submit()));
    place.append(" ", button(SAY.discard, () => this.discard()));
  }

  discard() {
    if (!confirm(SAY.isDiscarded)) return;
    this.unsaved.forget(() => true);
    location.reload();
  }

  /** The request ended without an answer: replaced by a later one, most often; `failed` is told of the rest. */
  endedWithoutAnswer() {
    this.sending = false;
    this.sendLater();
  }

  /** Send what is left while the form goes; whether it arrived may not be known, then it is compared at the next visit. */
  async leave() {
    clearTimeout(this.timer);
    if (this.unsaved.isEmpty) return;
    const sent = new FormData(this.form);
    const body = new URLSearchParams(sent);
    const keepalive = body.toString().length < MOST_ON_THE_WAY_OUT;
    const address = this.form.getAttribute("hx-post") ?? this.form.action;
    try {
      const answer = await fetch(address, { method: "POST", body, headers: { "HX-Request": "true" }, keepalive });
      if (answer.ok || answer.status === KEPT_WITH_FINDINGS) this.forgetSent(sent);
    } catch {
      // It stays remembered.
    }
  }
}

// The page: one Autosave for each form

const known = new Map();

function of(form) {
  if (!known.has(form)) known.set(form, new Autosave(form));
  return known.get(form);
}

/** Listen for a request of a form's own address: its fields', its buttons', or that of a button elsewhere for it. */
function onRequests(name, act) {
  document.addEventListener(name, ({ detail }) => {
    const { path, verb } = detail.requestConfig;
    const form = document.querySelector(`[data-autosave][hx-post="${CSS.escape(path)}"]`);
    if (form && verb === "post") act(of(form), detail);
  });
}

document.addEventListener("input", ({ target }) => {
  if (target.form?.matches("[data-autosave]")) of(target.form).typed(target);
});
document.addEventListener("htmx:load", ({ target }) => {
  const forms = [...target.querySelectorAll("[data-autosave]"), ...(target.matches("[data-autosave]") ? [target] : [])];
  for (const form of forms) of(form).restore();
});
onRequests("htmx:beforeSend", (autosave) => autosave.began());
onRequests("htmx:sendError", (autosave) => autosave.failed());
onRequests("htmx:timeout", (autosave) => autosave.failed());
// Before the answer is swapped in, which may take the form away.
onRequests("htmx:beforeOnLoad", (autosave, { xhr, requestConfig }) => {
  autosave.answered(xhr.status, requestConfig.formData);
});
onRequests("htmx:afterRequest", (autosave, { xhr, successful }) => {
  if (xhr.status === 0) autosave.endedWithoutAnswer();
  else if (successful) autosave.swapped();
});
document.addEventListener("htmx:beforeCleanupElement", ({ target }) => {
  if (!known.has(target)) return;
  known.get(target).leave();
  known.delete(target);
});

const sendAll = () => known.forEach((autosave) => autosave.send());
addEventListener("online", sendAll);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) sendAll();
});
addEventListener("pagehide", () => known.forEach((autosave) => autosave.leave()));
addEventListener("beforeunload", (event) => {
  if ([...known.values()].some(({ failures, unsaved }) => failures && !unsaved.isEmpty)) event.preventDefault();
});
