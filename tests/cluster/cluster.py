"""Two web processes, two workers and nginx, as the README has them, but all on this machine."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.certificate import HOST
from tests.cluster.nginx import Nginx
from tests.commands import manage
from tests.process import Process, WorkerProcess
from tests.server import Asked

EACH = 2


class Web(Asked):
    """A web process that believes what nginx says of who asks."""

    def __init__(self, output: Path, environment: Mapping[str, str]) -> None:
        command = ("-m", "daphne", "--proxy-headers", "-b", HOST, "-p", "{port}")
        super().__init__(output, environment, *command, "asgi:application")


class Cluster:
    """`environment` has the database (which may be empty), Redis, and where Google and Spotify
    are; `folder` takes what the processes write."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.environment = {
            **environment,
            "HTTPS": "1",
            "ALLOWED_HOSTS": HOST,
            "CHECKPOINT_FILE": str(folder / "checkpoints.jsonl"),
        }
        self.webs = [Web(folder / f"web-{n}.log", self.environment) for n in range(EACH)]
        self.workers = [
            WorkerProcess(folder / f"worker-{n}.log", self.environment) for n in range(EACH)
        ]
        self.nginx = Nginx(folder, [web.port for web in self.webs])

    @property
    def processes(self) -> list[Process]:
        """Those of the product, in the order in which a deployment replaces them."""
        return [*self.workers, *self.webs]

    def start(self) -> None:
        """Start everything at once; whoever comes first migrates. nginx is the last, since it is
        ready when it reaches somebody."""
        with ThreadPoolExecutor(len(self.processes)) as pool:
            list(pool.map(self._prepare_and_start, self.processes))
        self.nginx.start()

    def roll(self) -> Iterator[Process]:
        """Replace the processes one after the other; yields each when its successor is ready."""
        for process in self.processes:
            process.stop()
            self._prepare_and_start(process)
            yield process

    def stop(self) -> None:
        for process in [self.nginx, *self.processes]:
            if process.is_running:
                process.stop()

    def _prepare_and_start(self, process: Process) -> None:
        done = manage(self.environment, "prepare")
        assert done.returncode == 0, done.stderr
        process.start()


@contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[Cluster]:
    """All of it, until the block ends."""
    cluster = Cluster(folder, environment)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
