"""The pages on which definitions come into the catalog and leave it: import and export."""

from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, field_validator

from app.answers import NoParameters, Parameters
from app.catalog import export_formats, staging
from app.catalog.archives import MOST_FILES
from app.catalog.export_formats import Format
from app.catalog.exports import Selection
from app.catalog.import_report import grouped, obstacle
from app.catalog.imports import ImportBlocked, OnConflict
from app.catalog.live import snapshot
from app.catalog.pages import pages
from app.catalog.schemas import CategoryWord, PlatformWord, StatusWord
from app.catalog.snapshot import Query
from app.errors import BadRequest, CasesBroken
from app.permissions import Permission, may, requires
from app.web import LONGEST_WAIVER, checked, current_actor, is_htmx, page_or_fragment, read_query, uploads

CHOICES = (
    (OnConflict.SKIP, "Skip", "keep what the catalog has"),
    (OnConflict.NEW_VERSION, "New version", "make it the next version of its tool"),
    (OnConflict.RENAME, "New version or name", "one for another platform gets a name of its own"),
    (OnConflict.FAIL, "Stop", "import all, or nothing"),
)
FORMATS = (
    (Format.ZIP, "Zip", "a YAML file for each tool, in a folder for each platform"),
    (Format.YAML, "YAML", "one document"),
    (Format.JSON, "JSON", "one document"),
    (Format.CSV, "CSV", "a table for spreadsheets; it cannot be imported"),
)
LONGEST_NAMES = 200_000


class ImportChoice(Parameters):
    """What to do with a name the catalog holds with other content."""

    on_conflict: OnConflict = OnConflict.SKIP


class ImportForm(ImportChoice):
    """How to import, and why."""

    reason: str | None = Field(None, max_length=1000)
    waive: str | None = Field(None, max_length=LONGEST_WAIVER)


class ExportQuery(Parameters):
    """Which tools to export, and as what. Names are separated by commas, blanks or lines."""

    names: tuple[str, ...] = Field((), max_length=10_000)
    platform: PlatformWord | None = None
    category: CategoryWord | None = None
    status: StatusWord | None = None
    tag: str | None = Field(None, max_length=200)
    owner: str | None = Field(None, max_length=100)
    all_versions: bool = False
    format: Format = Format.ZIP

    @field_validator("names", mode="before")
    @classmethod
    def separate(cls, text: Any) -> Any:
        """The names in a text."""
        return tuple(dict.fromkeys(text[:LONGEST_NAMES].replace(",", " ").split())) if isinstance(text, str) else text


@pages.get("/import")
@requires(Permission.READ)
def import_() -> ResponseReturnValue:
    """Where files are dropped, chosen or pasted."""
    read_query(NoParameters)
    return _drop()


@pages.post("/import")
@requires(Permission.CREATE)
def stage() -> ResponseReturnValue:
    """Keep what was brought, and show what importing it would do."""
    # A field in which no file was chosen is sent as one without a name.
    files = uploads(file for file in request.files.getlist("files") if file.filename)
    pasted = request.form.get("pasted", "").strip()
    if pasted:
        # Browsers send every line with a carriage return.
        text = pasted.replace("\r\n", "\n") + "\n"
        files.append((f"pasted.{'json' if text.startswith(('{', '[')) else 'yaml'}", text.encode()))
    try:
        number = staging.stage(files, actor=current_actor())
    except BadRequest as refusal:
        return _drop(refusal.detail), refusal.status
    return redirect(url_for(".import_batch", number=number), 303)


@pages.get("/import/<int:number>")
@requires(Permission.CREATE)
def import_batch(number: int) -> ResponseReturnValue:
    """What importing a batch would do; what it did, once it is imported."""
    actor, choice = current_actor(), read_query(ImportChoice)
    batch = staging.batch_of(number, actor)
    report = batch.report or staging.dry_run(number, choice.on_conflict, actor=actor).as_json()
    return _report(number, report)


@pages.post("/import/<int:number>")
@requires(Permission.CREATE)
def import_now(number: int) -> ResponseReturnValue:
    """Import a batch."""
    sent = {name: value for name, value in request.form.items() if value and name != "csrf_token"}
    form = checked(ImportForm, sent)
    try:
        staging.import_batch(number, form.on_conflict, actor=current_actor(form.reason))
    except ImportBlocked as blocked:
        # Somebody changed the catalog since the dry run.
        return _report(number, {**blocked.report.as_json(), "dry_run": True})
    except CasesBroken as broken:
        report = staging.dry_run(number, form.on_conflict, actor=current_actor()).as_json()
        return _report(number, report, broken)
    result = url_for(".import_batch", number=number)
    # htmx would put the result in place of the report and leave the frame around it as it was.
    return Response(headers={"HX-Redirect": result}) if is_htmx() else redirect(result, 303)


@pages.get("/import/<int:number>/progress")
@requires(Permission.CREATE)
def import_progress(number: int) -> ResponseReturnValue:
    """How far the import of a batch is."""
    read_query(NoParameters)
    progress = staging.progress_of(number, current_actor())
    return render_template("transfer/_progress.html", number=number, progress=progress)


@pages.post("/import/<int:number>/discard")
@requires(Permission.CREATE)
def discard_import(number: int) -> ResponseReturnValue:
    """Forget what was brought."""
    staging.discard(number, actor=current_actor())
    return redirect(url_for(".import_"), 303)


@pages.get("/export")
@requires(Permission.READ)
def export() -> ResponseReturnValue:
    """Choose which tools to export, and as what; says how many that are."""
    asked = read_query(ExportQuery)
    current = snapshot()
    filters = asked.model_dump(include={"platform", "category", "status", "tag", "owner"})
    query = Query(**filters)
    found = current.page(query.among(asked.names) if asked.names else query)
    return page_or_fragment(
        "transfer/export.html",
        "transfer/_selection.html",
        query=asked.model_dump(),
        total=found.total,
        facets=found.facets,
        unknown=[name for name in asked.names if current.tool(name) is None],
        formats=FORMATS,
        is_large=asked.format is Format.ZIP and found.total > MOST_FILES,
        most_files=MOST_FILES,
    )


@pages.post("/export")
@requires(Permission.READ)
def download() -> ResponseReturnValue:
    """Give out the selected tools as a file."""
    sent = {name: value for name, value in request.form.items() if value and name != "csrf_token"}
    asked = checked(ExportQuery, sent)
    file = export_formats.export(Selection(**asked.model_dump(exclude={"format"})), asked.format)
    response = Response(file.content, content_type=file.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.file_name}"'
    return response


def _drop(refusal: str | None = None) -> str:
    return render_template(
        "transfer/import.html",
        refusal=refusal,
        may_create=may(current_actor(), Permission.CREATE),
        most_files=MOST_FILES,
    )


def _report(number: int, report: dict[str, Any], broken: CasesBroken | None = None) -> Response:
    return page_or_fragment(
        "transfer/batch.html",
        "transfer/_batch.html",
        number=number,
        report=report,
        groups=grouped(report),
        obstacle=obstacle(report),
        choices=CHOICES,
        broken=broken,
    )
