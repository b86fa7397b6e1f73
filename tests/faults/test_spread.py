"""Every change reaches every serving process, told of it or not, and none ever serves what was not committed."""

import pytest

from app import database
from app.catalog.live import load
from app.reload.service import NOWHERE
from tests.faults.ground import Ground
from tests.faults.promises import hashes_by_revision
from tests.served import wait_until

MEMBERS = 8
WRITERS = 4
TOLD: dict[str, str] = {}
UNTOLD = {"listen_dsn": NOWHERE}


@pytest.mark.parametrize("hearing", [TOLD, UNTOLD], ids=["told", "untold"])
@pytest.mark.parametrize("many", [300, pytest.param(2_000, marks=pytest.mark.soak)])
def test_changes_reach_every_process(ground: Ground, hearing: dict[str, str], many: int) -> None:
    fleet, authors = ground.fleet, ground.authors
    fleet.start(MEMBERS, **hearing)
    for writing in [authors.start(many // WRITERS) for _ in range(WRITERS)]:
        writing.join(60)
    wait_until(lambda: fleet.revisions() == {many}, patience_s=20)
    committed = hashes_by_revision(authors.acknowledged())
    assert len(committed) == many + 1
    with database.connect(ground.settings) as connection:
        assert load(connection).content_hash == committed[many]
    for member in fleet.members:
        served = member.served
        assert [one.revision for one in served] == sorted({one.revision for one in served})
        assert served[-1].content_hash == committed[many]
        assert all(one.content_hash == committed[one.revision] for one in served)
