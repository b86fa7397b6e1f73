"""Processes that a test starts, and that end with it whatever happens.

They are forked from a process that has imported the product and does nothing else: importing takes a second, a fork
some hundredths of it, and no thread of the test's own is there to leave a lock held.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from threading import Event

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["tests.faults.authors", "tests.faults.fleet"])


class Crew:
    """The processes of one test."""

    def __init__(self) -> None:
        self._processes: list[ForkServerProcess] = []

    def start(self, act: Callable[..., None], *given: object) -> ForkServerProcess:
        """Do something in a process of its own."""
        process = FORKING.Process(target=act, args=given, daemon=True)
        process.start()
        self._processes.append(process)
        return process

    def end(self, process: ForkServerProcess) -> None:
        """Kill one of them, also one that is stopped or gone."""
        self._processes.remove(process)
        process.kill()
        process.join()
        process.close()

    def close(self) -> None:
        """Kill all that are left."""
        for process in list(self._processes):
            self.end(process)


@contextmanager
def meanwhile(*jobs: Callable[[Event], None]) -> Iterator[None]:
    """Do jobs beside the block, a thread each. After it they are told to end, and what went wrong in one is raised.

    It is raised in place of what went wrong in the block, which may have waited in vain for a job that had failed.
    """
    done = Event()
    with ThreadPoolExecutor(len(jobs)) as threads:
        running = [threads.submit(job, done) for job in jobs]
        try:
            yield
        finally:
            done.set()
            for job in running:
                job.result()
