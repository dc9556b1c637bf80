"""Sends a running server everything that its description of the API allows, and much that it does not.

    pip install schemathesis
    python check_api.py LACUNA [OPTION…]

LACUNA is the program; options go to `st run`, such as `--max-examples 200`. The server draws its demonstration in a
temporary folder and is open to this program only. It must never answer 5xx, and every answer must be one that
`web/openapi.json` describes. Left out are the stream of events, which does not end, and requests that end the session.
"""

import http.client
import json
import signal
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

LACUNA = str(Path(sys.argv[1]).absolute())
SCHEMA = Path(__file__).absolute().parents[2] / "web" / "openapi.json"
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


def started(folder):
    process = subprocess.Popen(
        [LACUNA, "--json", "--quiet", "serve", "--demo", str(folder), "--no-open", "--port", "0", "--size", "64"],
        stdout=subprocess.PIPE, text=True,
    )
    text = ""
    while not text.rstrip().endswith("}"):
        line = process.stdout.readline()
        assert line, "the server has ended"
        text += line
    return process, json.loads(text)["link"]


def entered(link):
    """The address, and the cookie that the link is exchanged for."""
    parts = urllib.parse.urlsplit(link)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("GET", f"{parts.path}?{parts.query}")
    cookie = connection.getresponse().getheader("set-cookie").split(";")[0]
    return f"http://{parts.netloc}", cookie


with tempfile.TemporaryDirectory() as temporary:
    server, link = started(Path(temporary) / "demo")
    try:
        address, cookie = entered(link)
        program = Path(sys.executable).parent / "st"
        words = [program, "run", SCHEMA, "--url", f"{address}/api", "-H", f"Cookie: {cookie}", "--no-color"]
        words += ["--checks", ",".join(CHECKS), "--exclude-path", "/events", "--exclude-path", "/logout"]
        words += ["--request-timeout", "60", *sys.argv[2:]]
        sys.exit(subprocess.run(words, cwd=temporary).returncode)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()
