"""A real Label Studio server on 127.0.0.1, for the checks beside this file."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

TOKEN = secrets.token_hex(20)
# another at each start: one that is in the tables keeps its token
USER = f"check-{secrets.token_hex(4)}@example.org"
START_SECONDS = 900


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Runs until the end of a `with`. `data` is the folder of its tables, kept if it is given.

    It may call programs on this machine, which it refuses as it comes.
    """

    def __init__(self, root, data=None):
        self.url = f"http://127.0.0.1:{free_port()}"
        environment = os.environ | {
            "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
            "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(root),
            "COLLECT_ANALYTICS": "false",
            "ML_BLOCK_LOCAL_IP": "false",
            "SSRF_PROTECTION_ENABLED": "false",
        }
        program = Path(sys.executable).parent / "label-studio"
        port = self.url.rsplit(":", 1)[1]
        arguments = ["start", "--no-browser", "--internal-host", "127.0.0.1", "--port", port]
        arguments += ["--data-dir", data or str(root / "server"), "--username", USER]
        arguments += ["--password", secrets.token_hex(8), "--user-token", TOKEN, "--enable-legacy-api-token"]
        self.log = open(root / "server.log", "w")
        self.process = subprocess.Popen(
            [program, *arguments], env=environment, stdout=self.log, stderr=subprocess.STDOUT, cwd=root
        )

    def __enter__(self):
        # counts seconds in which it does not answer, not those in which it is asked
        for _ in range(START_SECONDS):
            assert self.process.poll() is None, f"the server has ended, see {self.log.name}"
            try:
                self.ask("/health")
                return self
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(1)
        raise TimeoutError(f"the server does not answer, see {self.log.name}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def ask(self, path, body=None):
        """The answer's bytes; with a body, it is sent as JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            if error.code < 500:
                sys.exit(f"{path}: {error.code} {error.read().decode()}")
            raise

    def json(self, path, body=None):
        return json.loads(self.ask(path, body))
