"""nginx with the very file that self-hosters get, filled in for free ports of this machine."""

import os
import re
import shutil
import ssl
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from string import Template

from tests.backends import free_port
from tests.cluster.certificate import HOST, write_certificate
from tests.demo import ROOT
from tests.server import Asked

TEMPLATE = ROOT / "deploy" / "nginx.conf.template"
VARIABLE = re.compile(r"\$\{(\w+)\}")
INSTALL = "sudo apt-get install nginx-light"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
# What is around a site: room for as many browsers as the README says, every path in a folder of
# ours, and a log of who answered, for tests.
AROUND = """
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log $folder/nginx-error.log;
$user
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
    log_format answered '$$request_method $$request_uri $$status $$upstream_addr';
    access_log $folder/answered.log answered;
    $paths
    include $folder/groovelog.conf;
}
"""


def program() -> str | None:
    """Where nginx is; for people other than root, `PATH` often lacks the folder."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def filled_in(values: dict[str, str]) -> str:
    """The file for self-hosters with these values; a KeyError where one has none."""
    return VARIABLE.sub(lambda found: values[found[1]], TEMPLATE.read_text(encoding="utf-8"))


class Nginx(Asked):
    """To be asked as a web server is, by HTTPS. `certificate` is what clients are to trust."""

    def __init__(self, folder: Path, web_ports: Sequence[int]) -> None:
        self.program = program() or "nginx"
        configuration = folder / "nginx.conf"
        super().__init__(
            folder / "nginx.log", {}, "-p", str(folder), "-c", str(configuration), "-e", "stderr"
        )
        self.certificate = write_certificate(folder)
        self.http_port = free_port()
        self.origin = f"https://{HOST}:{self.port}"
        self.socket_url = f"wss://{HOST}:{self.port}/ws/sync/"
        trusting = ssl.create_default_context(cafile=self.certificate)
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting)
        )
        # As browsers send it, and as Django wants it of every form over HTTPS.
        self.opener.addheaders = [("Referer", f"{self.origin}/")]
        self._answered = folder / "answered.log"
        (folder / "groovelog.conf").write_text(
            filled_in(
                {
                    "GROOVELOG_HOST": HOST,
                    "GROOVELOG_HTTP": f"{HOST}:{self.http_port}",
                    "GROOVELOG_HTTPS": f"{HOST}:{self.port}",
                    "GROOVELOG_CERTIFICATES": str(folder),
                    "GROOVELOG_WEBS": " ".join(
                        f"server {HOST}:{port} max_fails=0;" for port in web_ports
                    ),
                }
            )
        )
        around = {
            "folder": str(folder),
            "user": "user root;" if os.getuid() == 0 else "",
            "paths": "\n    ".join(f"{kind}_temp_path {folder}/{kind};" for kind in TEMPORARY),
        }
        configuration.write_text(Template(AROUND).substitute(around))

    def answered(self, start: str) -> list[tuple[str, str]]:
        """Status and the web process (or several, one after the other) of each request that begins
        so, such as `GET /api/`, in the order of their ends."""
        lines = self._answered.read_text().splitlines()
        return [
            (line.split(" ", 3)[2], line.split(" ", 3)[3])
            for line in lines
            if line.startswith(start)
        ]
