"""Drafts: begun, saved step by step, undone, discarded. One function, one transaction.

A draft is its author's. Saving one changes nothing in the catalog, so it has no revision and no audit entry; what is
published, the catalog itself does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from app.actor import Actor
from app.answers import etag_of
from app.catalog.checks import current_definition
from app.catalog.mapping import LIFECYCLE_KEYS, authored, tool_json
from app.catalog.models import Tool
from app.catalog.transaction import transaction
from app.catalog.versions import known_versions, latest_of
from app.definitions.documents import UnreadableDocument, read_yaml
from app.definitions.findings import Finding, Severity
from app.definitions.legacy import tools_in
from app.drafts.editing import Saved
from app.drafts.models import Draft, DraftStep
from app.drafts.nodes import Work
from app.errors import BadRequest, Conflict, NotFound
from app.extensions import db
from app.permissions import Permission, require

ONE_ACT = timedelta(seconds=10)
"""Typing on in the same field so soon is the same act, which one undo takes back."""
MOST_STEPS = 500
MOST_DRAFTS = 100
KEPT_FOR = timedelta(days=7)
"""A discarded draft can be had back for so long."""
LEFT_FOR = timedelta(days=1)
"""A draft that was only opened is forgotten after so long."""
PRESENT_FOR = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class State:
    """A draft as it is after one of its steps.

    Attributes:
        text: what was written as text, while that and not the form is what holds.
        unread: what was typed into fields and is not taken over yet, by node and field.
    """

    work: Work
    text: str | None
    unread: dict[str, str]

    def unread_at(self, node: str) -> dict[str, str]:
        """What of a part is not taken over yet, by field."""
        start = f"{node}/"
        return {name.removeprefix(start): text for name, text in self.unread.items() if name.startswith(start)}


def begin(actor: Actor, document: dict[str, Any], *, text: str | None = None, what: str = "Begun") -> Draft:
    """Begin the draft of a new tool.

    Raises:
        Forbidden: the actor may not create tools.
    """
    require(actor, Permission.CREATE)
    with transaction():
        return _begun(Draft(author=actor.name), document, text, what)


def of_tool(name: str, actor: Actor) -> Draft:
    """The actor's draft of a tool's next version; begun from the latest one when there is none.

    Raises:
        NotFound: no such tool. Forbidden: it is not the actor's to change.
    """
    with transaction():
        latest = latest_of(known_versions(name))
        require(actor, Permission.EDIT, latest)
        mine = (Draft.author == actor.name) & (func.lower(Draft.tool_name) == name.lower())
        query = select(Draft).where(mine, Draft.discarded_at.is_(None)).order_by(Draft.id.desc()).limit(1)
        draft = db.session.scalars(query).one_or_none()
        if draft is not None and (draft.step > 1 or draft.base_tag == etag_of(tool_json(latest))):
            return draft
        if draft is not None:
            # Nothing was written in it, and there is a newer version to begin from.
            db.session.delete(draft)
        draft = Draft(author=actor.name, tool_name=latest.tool_name)
        set_base(draft, latest)
        return _begun(draft, draft.base, None, f"Begun from {latest.version}")


def set_base(draft: Draft, latest: Tool) -> None:
    """Let a draft be made from a version, the latest."""
    draft.base_version, draft.base_tag, draft.base = latest.version, etag_of(tool_json(latest)), editable(latest)


def editable(tool: Tool) -> dict[str, Any]:
    """A version as a draft begins with it: without its number and what is beside versions."""
    dropped = {*LIFECYCLE_KEYS, "version"}
    return {key: value for key, value in current_definition(tool).items() if key not in dropped}


def of_text(text: str) -> dict[str, Any]:
    """The definition that a text holds, in its canonical form.

    Raises:
        UnreadableDocument: it is no document. BadRequest: it holds several tools.
    """
    tools = tools_in(read_yaml(text))
    if len(tools) > 1:
        raise BadRequest(f"This text holds {len(tools)} tools. Import takes many; here is one at a time.")
    return authored(tools[0].definition)


def mine(actor: Actor) -> list[Draft]:
    """The actor's drafts, the last changed first; not those of tools that were opened and left as they were."""
    is_written_in = (Draft.step > 1) | Draft.tool_name.is_(None)
    query = select(Draft).where(Draft.author == actor.name, Draft.discarded_at.is_(None), is_written_in)
    return list(db.session.scalars(query.order_by(Draft.updated_at.desc()).limit(MOST_DRAFTS)))


def find(number: int, actor: Actor) -> Draft:
    """One of the actor's drafts.

    Raises:
        NotFound: there is none of that number that is theirs.
    """
    return _known(db.session.get(Draft, number) if number < 1 << 63 else None, actor)


def state(draft: Draft, step: int | None = None) -> State:
    """A draft as it is, or as it was after a step; of a step that is kept no longer, as it is."""
    return _state(_step(draft, step))


def save(
    number: int, actor: Actor, change: Callable[[State, State], tuple[State, str]], from_step: int | None = None
) -> tuple[Draft, State]:
    """Take one step: `change` is given the draft as it was when its form was made, and as it is now.

    Returns the draft and how it is afterwards. A change that changes nothing is no step.

    Raises:
        NotFound: as `find`; whatever `change` raises.
    """
    with transaction():
        draft = _held(number, actor)
        last = _step(draft)
        now = _state(last)
        after, what = change(_state(_step(draft, from_step)), now)
        if after == now:
            return draft, now
        _add(draft, after, what, before=_where_undo_leads(last, what))
        return draft, after


def undo(number: int, actor: Actor) -> tuple[Draft, str]:
    """Take back the last act; it can be redone. Returns what was taken back, empty when there is nothing."""
    with transaction():
        draft = _held(number, actor)
        last = _step(draft)
        if last.before is None:
            return draft, ""
        target = _step(draft, last.before)
        _add(draft, _state(target), target.what, before=target.before, after_step=last.number)
        return draft, last.what


def redo(number: int, actor: Actor) -> tuple[Draft, str]:
    """Do again what was last undone. Returns what that was, empty when there is nothing."""
    with transaction():
        draft = _held(number, actor)
        last = _step(draft)
        if last.after is None:
            return draft, ""
        target = _step(draft, last.after)
        _add(draft, _state(target), target.what, before=last.number, after_step=target.after)
        return draft, target.what


def can(draft: Draft) -> tuple[str, str]:
    """What can be undone and what can be redone, in words; empty for nothing."""
    last = _step(draft)
    after = _step(draft, last.after).what if last.after is not None else ""
    return (last.what if last.before is not None else ""), after


def with_text(now: State, text: str) -> State:
    """The draft with another text. One that cannot be read is kept as it is, and the form stays as it was."""
    if text == now.text:
        return now
    try:
        document = of_text(text)
    except (UnreadableDocument, BadRequest):
        return replace(now, text=text)
    return State(Work.of(document, now.work), text, {})


def reading_findings(text: str | None) -> tuple[Finding, ...]:
    """Why a text cannot be read; nothing for one that can."""
    if text is None:
        return ()
    try:
        of_text(text)
    except UnreadableDocument as unreadable:
        return unreadable.findings
    except BadRequest as refused:
        return (Finding(Severity.ERROR, "several-tools", (), refused.detail, line=1, column=1),)
    return ()


def after_form(now: State, node: str, saved: Saved) -> State:
    """The draft with what a form changed. The form writes the definition anew, so that a text gives way to it."""
    others = {name: text for name, text in now.unread.items() if not name.startswith(f"{node}/")}
    own = {f"{node}/{name}": text for name, text in saved.unread.items()}
    text = now.text if saved.work == now.work else None
    return State(saved.work, text, {**others, **own})


def discard(number: int, actor: Actor) -> Draft:
    """Put a draft away; for some days it can be had back. Forgets those put away before that."""
    with transaction():
        draft = _held(number, actor)
        draft.discarded_at = datetime.now(UTC)
        old = Draft.discarded_at < draft.discarded_at - KEPT_FOR
        for gone in db.session.scalars(select(Draft).where(old)):
            db.session.delete(gone)
        return draft


def restore(number: int, actor: Actor) -> Draft:
    """Have a discarded draft back.

    Raises:
        NotFound: it is not the actor's, or no longer kept.
    """
    with transaction():
        draft = db.session.get(Draft, number) if number < 1 << 63 else None
        if draft is None or draft.author != actor.name:
            raise NotFound("There is no such draft of yours to have back.")
        draft.discarded_at = None
        return draft


def remove(draft: Draft) -> None:
    """Forget a draft that was published. Within the transaction that published it."""
    db.session.delete(draft)


def note_seen(draft: Draft) -> None:
    """Note that its author has a draft open."""
    with transaction():
        db.session.execute(update(Draft).where(Draft.id == draft.id).values(seen_at=func.now()))


def others_at(draft: Draft) -> list[Draft]:
    """The drafts of the same tool that other people have open now."""
    if draft.tool_name is None:
        return []
    same = func.lower(Draft.tool_name) == draft.tool_name.lower()
    present = Draft.seen_at > func.now() - PRESENT_FOR
    query = select(Draft).where(same, present, Draft.author != draft.author, Draft.discarded_at.is_(None))
    return list(db.session.scalars(query.order_by(Draft.author)))


def _begun(draft: Draft, document: Mapping[str, Any], text: str | None, what: str) -> Draft:
    _make_room(draft.author)
    draft.step = 0
    db.session.add(draft)
    db.session.flush()
    _add(draft, State(Work.of(dict(document)), text, {}), what, before=None)
    return draft


def _make_room(author: str) -> None:
    """Forget drafts that were only opened, long ago.

    Raises:
        Conflict: there are as many others as anybody may have.
    """
    own = (Draft.author == author) & Draft.discarded_at.is_(None)
    only_opened = own & (Draft.step == 1) & Draft.tool_name.is_not(None) & (Draft.seen_at < func.now() - LEFT_FOR)
    for draft in db.session.scalars(select(Draft).where(only_opened)):
        db.session.delete(draft)
    db.session.flush()
    if (db.session.scalar(select(func.count()).select_from(Draft).where(own)) or 0) >= MOST_DRAFTS:
        raise Conflict(f"You have {MOST_DRAFTS} drafts, as many as anybody may: publish or discard one first.")


def _held(number: int, actor: Actor) -> Draft:
    """A draft that nobody else changes until the transaction ends."""
    if number >= 1 << 63:
        return _known(None, actor)
    query = select(Draft).where(Draft.id == number).with_for_update()
    return _known(db.session.scalars(query.execution_options(populate_existing=True)).one_or_none(), actor)


def _known(draft: Draft | None, actor: Actor) -> Draft:
    if draft is None or draft.author != actor.name or draft.discarded_at is not None:
        raise NotFound("There is no such draft of yours: it was published or discarded, or is somebody else’s.")
    return draft


def _step(draft: Draft, number: int | None = None) -> DraftStep:
    wanted = draft.step if number is None else number
    found = db.session.get(DraftStep, (draft.id, wanted)) if 0 < wanted < 1 << 63 else None
    return found or db.session.get_one(DraftStep, (draft.id, draft.step))


def _state(step: DraftStep) -> State:
    return State(Work(step.document, [(own, list(inner)) for own, inner in step.ids]), step.text, dict(step.unread))


def _where_undo_leads(last: DraftStep, what: str) -> int:
    """The step before an act: typing on in one field goes back to before it began."""
    is_same_act = last.what == what and last.after is None and datetime.now(UTC) - last.made_at < ONE_ACT
    return last.before if is_same_act and last.before is not None else last.number


def _add(draft: Draft, after: State, what: str, *, before: int | None, after_step: int | None = None) -> None:
    draft.step += 1
    draft.updated_at = draft.seen_at = datetime.now(UTC)
    step = DraftStep(
        draft_id=draft.id,
        number=draft.step,
        document=after.work.document,
        text=after.text,
        ids=[list(one) for one in after.work.ids],
        unread=after.unread,
        what=what[:300],
        before=before,
        after=after_step,
        made_at=draft.updated_at,
    )
    db.session.add(step)
    if draft.step > MOST_STEPS:
        _forget_steps(draft)


def _forget_steps(draft: Draft) -> None:
    oldest = draft.step - MOST_STEPS
    mine = DraftStep.draft_id == draft.id
    db.session.execute(DraftStep.__table__.delete().where(mine, DraftStep.number <= oldest))  # type: ignore[attr-defined]
    for pointer in (DraftStep.before, DraftStep.after):
        db.session.execute(update(DraftStep).where(mine, pointer <= oldest).values({pointer.key: None}))
