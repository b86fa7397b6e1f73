"""Clients of serving processes, who go on whatever happens, and keep what they were answered."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from threading import Event

from tests.faults.fleet import Answer, Member

REST_S = 0.02
State = tuple[int, str, str, str]
"""A tool as readers see it: revision, name, version, description."""


@dataclass(slots=True)
class Reader:
    """Reads from one member again and again: the whole list, and one tool."""

    member: Member
    tool_name: str
    statuses: Counter[int] = field(default_factory=Counter)
    states: set[State] = field(default_factory=set)

    def read(self, done: Event) -> None:
        """Read until told to end."""
        while not done.wait(REST_S):
            listed = self._get("/api/v1/tools?page_size=100")
            tool = self._get(f"/api/v1/tools/{self.tool_name}")
            if {listed.status, tool.status} == {200}:
                self.states.update(map(state_of, [*listed.json["tools"], tool.json]))

    def _get(self, path: str) -> Answer:
        answer = self.member.get(path)
        self.statuses[answer.status] += 1
        return answer


def state_of(tool: dict[str, object]) -> State:
    """A tool as readers see it."""
    return int(str(tool["revision"])), str(tool["tool_name"]), str(tool["version"]), str(tool["description"])


@dataclass(slots=True)
class Follower:
    """Follows the feed of changes, from the first one on; asks the next member when one does not answer."""

    members: Sequence[Member]
    seen: list[int] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)

    def follow(self, done: Event) -> None:
        """Follow until told to end."""
        turn = 0
        while not done.is_set():
            if not self._asks(self.members[turn % len(self.members)]):
                turn += 1
                done.wait(REST_S)

    @property
    def last(self) -> int:
        """The last revision seen."""
        return self.seen[-1] if self.seen else 0

    def _asks(self, member: Member) -> bool:
        try:
            answer = member.get(f"/api/v1/changes?since={self.last}&wait=1&limit=50", timeout_s=2)
        except (OSError, HTTPException):
            return False
        if answer.status != 200:
            self.refused[answer.status] += 1
            return False
        self.seen.extend(change["revision"] for change in answer.json["changes"])
        return True
