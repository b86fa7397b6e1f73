"""What a button of the editor does to a draft, once what was typed is taken over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from app.actor import Actor
from app.definitions.fixes import fixed
from app.drafts import nodes, service
from app.drafts.editing import NEW_ROWS, name_of, rows_changed
from app.drafts.fields import Rows
from app.drafts.nodes import SECTIONS, Work
from app.drafts.service import State
from app.drafts.view import EditorView
from app.errors import BadRequest, Conflict

WORDS: Mapping[str, str] = {
    "remove": "Removed",
    "duplicate": "Duplicated",
    "up": "Moved up",
    "down": "Moved down",
    "add": "Added",
}


@dataclass(frozen=True, slots=True)
class Act:
    """A button: what it does, and to what.

    Attributes:
        verb: add-capability, add-pattern, remove, duplicate, up, down, row, fix, go, undo, redo.
        target: for `row`, `list:act:index`; for `fix`, the finding's key; otherwise a part's id or nothing.
    """

    verb: str
    target: str

    @classmethod
    def named(cls, text: str) -> "Act | None":
        """The act a button names as `verb` or `verb:target`; None for no button."""
        verb, _, target = text.partition(":")
        return cls(verb, target) if verb else None


def performed(act: Act, view: EditorView, actor: Actor) -> EditorView:
    """Do what a button says, and show the part where that leads.

    Raises:
        BadRequest: there is no such act. Conflict, NotFound: what it is for is there no longer.
    """
    number, node = view.draft.id, view.node
    if act.verb == "go":
        return EditorView(view.draft, view.state, act.target if view.work.has(act.target) else node)
    if act.verb in {"undo", "redo"}:
        draft, what = (service.undo if act.verb == "undo" else service.redo)(number, actor)
        now = service.state(draft)
        said = (
            f"{'Undone' if act.verb == 'undo' else 'Done again'}: {what}" if what else f"There is nothing to {act.verb}"
        )
        return EditorView(draft, now, node if now.work.has(node) else "basics", said=said)
    shown, focus, said = node, "", ""

    def change(_: State, now: State) -> tuple[State, str]:
        nonlocal shown, focus, said
        after, shown, focus, said = _changed(act, view, now)
        return after, said

    draft, now = service.save(number, actor, change)
    return EditorView(draft, now, shown, focus=focus, said=said)


def _changed(act: Act, view: EditorView, now: State) -> tuple[State, str, str, str]:
    """The draft after an act, the part to show, the field to go to, and what was done."""
    if act.verb == "row":
        return _row(act, view, now)
    if act.verb == "fix":
        return _fix(act, view, now)
    target = act.target or view.node
    if act.verb == "add-capability":
        work, shown = nodes.add_capability(now.work)
        return _replaced(now, work), shown, "part_name", "Added a capability"
    if act.verb == "add-pattern":
        work, shown = nodes.add_pattern(now.work, nodes.parent_of(now.work, target))
        return _replaced(now, work), shown, "part_name", "Added a pattern"
    return _moved(act.verb, target, now)


def _moved(verb: str, target: str, now: State) -> tuple[State, str, str, str]:
    if verb not in WORDS or verb == "add" or target in SECTIONS:
        raise BadRequest(f"There is no act “{verb}”.")
    said = f"{WORDS[verb]} {name_of(now.work, target)}"
    removing: Callable[[Work, str], tuple[Work, str]] = nodes.remove
    if verb == "remove":
        work, shown = removing(now.work, target)
        kept = {name: text for name, text in now.unread.items() if work.has(name.split("/", 1)[0])}
        return replace(_replaced(now, work), unread=kept), shown, "", said
    if verb == "duplicate":
        work, shown = nodes.duplicate(now.work, target)
        return _replaced(now, work), shown, "part_name", said
    return _replaced(now, nodes.move(now.work, target, -1 if verb == "up" else 1)), target, "", said


def _row(act: Act, view: EditorView, now: State) -> tuple[State, str, str, str]:
    key, verb, index = (*act.target.split(":"), "", "")[:3]
    if key not in NEW_ROWS or verb not in WORDS:
        raise BadRequest(f"There is no act “{act.target}”.")
    if any(name.startswith(f"{key}-") for name in now.unread_at(view.node)):
        raise Conflict("Mend the marked field of this list first: what was typed there cannot be taken over yet.")
    work, place = rows_changed(now.work, view.node, key, verb, int(index) if index.isdigit() else 0)
    field = "part_name" if key == "variables" else "name"
    focus = f"{key}-{place}-{field}" if place >= 0 else f"add-{key}"
    one = next((row.one for row in view.form.fields() if isinstance(row, Rows) and row.short_name == key), "row")
    return _replaced(now, work), view.node, focus, f"{WORDS[verb]} {one} of {view.title}"


def _fix(act: Act, view: EditorView, now: State) -> tuple[State, str, str, str]:
    current = EditorView(view.draft, now, view.node)
    problem = next((one for one in current.problems if one.key == act.target), None)
    document = fixed(now.work.document, problem.finding) if problem is not None else None
    if problem is None or document is None:
        raise Conflict("This is mended already, or there is no suggestion for it any more.")
    work = Work.of(document, now.work)
    shown = problem.node if work.has(problem.node) else view.node
    unread = {name: text for name, text in now.unread.items() if work.has(name.split("/", 1)[0])}
    return replace(_replaced(now, work), unread=unread), shown, "", f"Mended {problem.place}"


def _replaced(now: State, work: Work) -> State:
    return replace(now, work=work, text=None)
