"""What serving processes do together: all of them reload when one is told to, and any may start before the database."""

from tests.faults.fleet import Fleet, Member
from tests.faults.ground import Ground
from tests.served import wait_until

HISTORY = "/api/v1/tools/reload/history?limit=1000"


def reloaded(member: Member, trigger: str, request: int | None) -> set[int]:
    """The processes that recorded a reload for this reason."""
    events = member.get(f"{HISTORY}&trigger_type={trigger}").json["history"]
    return {event["process"]["pid"] for event in events if event["success"] and event["request"] == request}


def test_a_reload_of_everything_reaches_every_process(fleet: Fleet) -> None:
    first, *_ = fleet.start(4)
    everybody = {member.pid for member in fleet.members}
    wait_until(lambda: reloaded(first, "startup", None) == everybody, patience_s=20)
    event = first.post("/api/v1/tools/reload").json
    assert event["process"]["pid"] == first.pid
    wait_until(lambda: reloaded(first, "manual", event["request"]) == everybody, patience_s=20)


def test_a_process_started_without_a_database_serves_once_it_is_there(ground: Ground) -> None:
    ground.cluster.crash()
    (member,) = ground.fleet.start(1)
    for path in ("/api/v1/tools", "/api/v1/snapshot", "/api/v1/changes", "/health/ready"):
        answer = member.get(path)
        assert (path, answer.status, answer.headers["Retry-After"]) == (path, 503, "1")
    ground.cluster.restart()
    wait_until(lambda: member.get("/health/ready").status == 200, patience_s=20)
    ground.authors.start(1).join(20)
    wait_until(lambda: member.revision == 1, patience_s=20)


def read_again(member: Member) -> int:
    """How often it has read the whole catalog again, by itself."""
    events = member.get(f"{HISTORY}&trigger_type=periodic").json["history"]
    return sum(event["tool_names"] is None for event in events)


def test_a_steady_flow_of_changes_does_not_put_off_reading_everything_again(ground: Ground) -> None:
    (member,) = ground.fleet.start(1, reload_every_s=0.5)
    for _ in range(2):
        ground.authors.start()
    wait_until(lambda: member.get("/health/ready").status == 200 and member.revision > 20, patience_s=20)
    before = read_again(member)
    wait_until(lambda: read_again(member) > before, patience_s=15)
