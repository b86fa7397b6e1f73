"""The palette: names before words, what begins so before what holds it, and only what somebody may do."""

import pytest

from app.actor import Actor, Role
from app.catalog.palette import MOST_TOOLS, Group, find, tools_for
from app.catalog.snapshot import Snapshot, Tool
from tests.catalog.test_snapshot import tool

ADMIN = Actor("root", "page", role=Role.ADMIN)
ADA = Actor("ada", "page", role=Role.AUTHOR)
VIEWER = Actor("eve", "page", role=Role.VIEWER)


def catalog(*tools: Tool) -> Snapshot:
    """A snapshot of these tools."""
    return Snapshot(1, tools)


TOOLS = catalog(
    tool("ctl", capabilities=("service_control",)),
    tool("ctl-extra", owner="ada", capabilities=("service_control", "log_search")),
    tool("sys-ctl"),
    tool("systemctl"),
    tool("other", ("ctl-like",)),
    tool("nothing"),
)


def titles(groups: list[Group], of: str) -> list[str]:
    """The titles in one group, none when there is no such group."""
    return [entry.title for group in groups if group.title == of for entry in group.entries]


def test_tools_are_ranked_by_how_well_their_name_fits() -> None:
    assert titles(find(TOOLS, "ctl", ADMIN), "Tools") == ["ctl", "ctl-extra", "sys-ctl", "systemctl", "other"]


def test_case_and_blanks_around_do_not_matter() -> None:
    assert titles(find(TOOLS, "  CTL ", ADMIN), "Tools")[0] == "ctl"


def test_of_names_that_fit_alike_those_on_offer_come_first() -> None:
    current = catalog(tool("grep-a", enabled=False), tool("grep-b"), tool("grep-c", status="draft"))
    assert [one.name for one in tools_for(current, "grep")] == ["grep-b", "grep-a", "grep-c"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("service", ["ctl", "ctl-extra"]),
        ("service log", ["ctl-extra"]),
        ("log_search", ["ctl-extra"]),
        ("ervice", []),
        ("about nothing", ["nothing"]),
    ],
)
def test_words_are_looked_for_where_words_begin_and_all_of_them_must_be_said(words: str, found: list[str]) -> None:
    assert titles(find(TOOLS, words, ADMIN), "Tools") == found


def test_one_letter_finds_names_only() -> None:
    assert [one.name for one in tools_for(catalog(tool("grep"), tool("fd")), "a")] == []


def test_no_more_than_fit_are_shown() -> None:
    many = catalog(*(tool(f"tool-{number}") for number in range(50)))
    assert len(titles(find(many, "tool", ADMIN), "Tools")) == MOST_TOOLS


def test_a_slip_of_the_finger_is_understood() -> None:
    assert "systemctl" in titles(find(TOOLS, "systemclt", ADMIN), "Did you mean")


def test_capabilities_are_found_with_how_many_tools_have_them() -> None:
    groups = find(TOOLS, "service control", ADMIN)
    (entry,) = next(group for group in groups if group.title == "Capabilities").entries
    assert (entry.title, entry.detail, entry.address) == ("service_control", "2 tools", "/capabilities/service_control")


def test_pages_are_found_by_their_titles_and_by_other_words_for_them() -> None:
    assert titles(find(TOOLS, "audit", ADMIN), "Pages") == ["Audit log"]
    assert titles(find(TOOLS, "openapi", ADMIN), "Pages") == ["API"]


def test_accounts_are_for_administrators() -> None:
    assert titles(find(TOOLS, "accounts", ADMIN), "Pages") == ["Accounts"]
    assert titles(find(TOOLS, "accounts", ADA), "Pages") == []


@pytest.mark.parametrize(
    ("who", "wanted", "offered", "kept_back"),
    [
        (ADMIN, "systemctl", {"Edit systemctl", "Disable systemctl", "Duplicate systemctl"}, set()),
        (ADA, "ctl-extra", {"Edit ctl-extra", "Disable ctl-extra"}, set()),
        (ADA, "systemctl", {"Duplicate systemctl"}, {"Edit systemctl", "Disable systemctl"}),
        (VIEWER, "systemctl", {"Versions of systemctl"}, {"Edit systemctl", "Duplicate systemctl"}),
        (ADA, "new", {"New tool"}, set()),
        (VIEWER, "new", set(), {"New tool"}),
    ],
)
def test_acts_are_those_that_somebody_may_do(who: Actor, wanted: str, offered: set[str], kept_back: set[str]) -> None:
    acts = set(titles(find(TOOLS, wanted, who), "Actions"))
    assert acts >= offered
    assert not acts & kept_back


def test_a_disabled_tool_can_be_enabled() -> None:
    groups = find(catalog(tool("grep", enabled=False)), "grep", ADMIN)
    acts = {entry.title: entry for group in groups for entry in group.entries}
    assert acts["Enable grep"].is_act
    assert acts["Enable grep"].address == "/tools/grep/enable"
    assert "Disable grep" not in acts


def test_without_words_it_begins_with_what_was_looked_at_last() -> None:
    groups = find(TOOLS, "", ADMIN, recent=["systemctl", "no-longer-there", "CTL", "systemctl"])
    assert titles(groups, "Recent") == ["systemctl", "ctl"]
    assert titles(groups, "Changed last") == []


def test_without_words_and_visits_it_begins_with_what_changed_last() -> None:
    current = catalog(*(tool(f"t{number}", revision=number) for number in range(9)))
    assert titles(find(current, " ", ADMIN), "Changed last") == ["t8", "t7", "t6", "t5"]


def test_nothing_is_found_for_what_nothing_fits() -> None:
    assert find(TOOLS, "zzzzqqqq", ADMIN) == []
