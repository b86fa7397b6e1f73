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
  refused: "Not saved: the server refused it. What you typed is kept in this browser.",
  restored: "Restored what was not saved yet.",
};

// What is not saved yet, of one form: field name to its values; also in localStorage, where that is allowed

class Unsaved {
  constructor({ dataset }) {
    this.key = `draft:${dataset.autosave}:${dataset.node ?? ""}`;
    this.fields = this.#read();
  }

  #read() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? {};
    } catch {
      return {};
    }
  }

  #write() {
    try {
      if (this.isEmpty) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, JSON.stringify(this.fields));
    } catch {
      // Forbidden or full: it is remembered for as long as the page is open.
    }
  }

  get isEmpty() {
    return Object.keys(this.fields).length === 0;
  }

  remember(name, values) {
    this.fields[name] = values;
    this.#write();
  }

  forget(isDone) {
    for (const [name, values] of Object.entries(this.fields)) if (isDone(name, values)) delete this.fields[name];
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

// One form

class Autosave {
  constructor(form) {
    this.form = form;
    this.unsaved = new Unsaved(form);
    this.failures = 0;
    this.sending = false;
    this.restored = false;
  }

  say(state, words = SAY[state]) {
    const place = this.form.querySelector("[data-save-state]") ?? document.querySelector("[data-save-state]");
    if (!place) return;
    const text = this.restored ? `${SAY.restored} ${words}` : words;
    place.dataset.state = state;
    if (place.textContent !== text) place.textContent = text;
  }

  typed(field) {
    if (!field.name || field.type === "file" || field.type === "password") return;
    this.unsaved.remember(field.name, new FormData(this.form).getAll(field.name));
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
    for (const [name, values] of Object.entries(this.unsaved.fields)) fill(this.form, name, values);
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
      if (status !== SIGN_IN) this.say("refused", CONFLICTS.includes(status) ? SAY.conflict : SAY.refused);
    }
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

/** Listen for an event of forms that save themselves, not of what is in them. */
function onForms(name, act) {
  document.addEventListener(name, (event) => {
    if (event.target.matches?.("[data-autosave]")) act(of(event.target), event.detail);
  });
}

document.addEventListener("input", ({ target }) => {
  if (target.form?.matches("[data-autosave]")) of(target.form).typed(target);
});
document.addEventListener("htmx:load", ({ target }) => {
  const forms = [...target.querySelectorAll("[data-autosave]"), ...(target.matches("[data-autosave]") ? [target] : [])];
  for (const form of forms) of(form).restore();
});
onForms("htmx:beforeSend", (autosave) => autosave.began());
onForms("htmx:sendError", (autosave) => autosave.failed());
onForms("htmx:timeout", (autosave) => autosave.failed());
// Before the answer is swapped in, which may take the form away.
onForms("htmx:beforeOnLoad", (autosave, { xhr, requestConfig }) => {
  autosave.answered(xhr.status, requestConfig.formData);
});
onForms("htmx:afterRequest", (autosave, { xhr }) => {
  if (xhr.status === 0) autosave.endedWithoutAnswer();
});
onForms("htmx:beforeCleanupElement", (autosave) => {
  autosave.leave();
  known.delete(autosave.form);
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
