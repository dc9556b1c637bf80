"""Connects Lacuna to a real Label Studio as its machine learning backend, and goes through the loop with it.

    pip install label-studio
    python check_ml_backend.py LACUNA DATA_SET [SERVER_DATA]

LACUNA is the program, DATA_SET any small data set in which every class is painted somewhere, without suggested pixels.
Both servers run on 127.0.0.1. The pictures are uploaded to Label Studio, the masks of the data set submitted as
annotations there, and then:

1. Lacuna, started on an empty folder, has the classes of the labelling interface and fetches the pictures;
2. what was submitted is painted in it, pixel by pixel; one annotation is changed and one deleted, and it follows;
3. "Start training" in Label Studio trains in Lacuna;
4. predictions retrieved in Label Studio come from that model;
5. a smart key point gets a region.
"""

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
from PIL import Image

from label_studio_server import TOKEN, Server

LACUNA, DATA_SET = (str(Path(argument).absolute()) for argument in sys.argv[1:3])
SERVER_DATA = sys.argv[3] if len(sys.argv) > 3 else None
PATIENCE = 900


class Backend:
    """`lacuna serve` on an empty folder, open to that Label Studio."""

    def __init__(self, folder, studio):
        self.folder = folder
        folder.mkdir()
        self.process = subprocess.Popen(
            [LACUNA, "--json", "serve", str(folder), "--label-studio", studio, "--no-open", "--port", "0",
             "--size", "64"],
            stdout=subprocess.PIPE, text=True,
        )

    def __enter__(self):
        text = ""
        while not text.rstrip().endswith("}"):
            line = self.process.stdout.readline()
            assert line, "the server has ended"
            text += line
        self.address = json.loads(text)["label_studio"]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


def until(what, condition):
    for _ in range(PATIENCE * 2):
        if found := condition():
            print(f"ok: {what}")
            return found
        time.sleep(0.5)
    raise TimeoutError(what)


def upload(server, project, pictures):
    """Gives the pictures to Label Studio as a person does; the tasks by file name."""
    for picture in pictures:
        border = "lacuna-check"
        head = (f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{picture.name}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n")
        body = head.encode() + picture.read_bytes() + f"\r\n--{border}--\r\n".encode()
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": f"multipart/form-data; boundary={border}"}
        request = urllib.request.Request(f"{server.url}/api/projects/{project}/import", body, headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            assert json.load(answer)["task_count"] == 1
    return {re.sub("^[0-9a-f]{8}-", "", task["data"]["image"].rsplit("/", 1)[1]): task for task in tasks(server, project)}


def tasks(server, project):
    return server.json(f"/api/tasks?project={project}&fields=all&page_size=1000")["tasks"]


def change(server, method, path, body=None):
    headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.url + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=120) as answer:
        answer.read()


def masks(folder):
    """The masks of a data set by case and class; a class without a file is unknown."""
    files = sorted(Path(folder).glob("annotations/*/*.png"))
    return {(file.parent.name, file.stem): np.array(Image.open(file)) for file in files}


def painted(backend, expected):
    """Whether the data set of the backend says this and nothing else."""
    found = masks(backend.folder)
    names = found.keys() | expected.keys()
    nothing = np.zeros(1, np.uint8)
    return all(np.array_equal(*np.broadcast_arrays(found.get(n, nothing), expected.get(n, nothing))) for n in names)


def check(server, backend, exported):
    config = (exported / "label_config.xml").read_text()
    smart = '  <KeyPointLabels name="point" toName="image" smart="true">\n{}  </KeyPointLabels>\n</View>'
    labels = re.search(r"<BrushLabels[^>]*>\n(.*?)  </BrushLabels>", config, re.S)[1]
    config = config.replace("</View>", smart.format(labels))
    project = server.json("/api/projects/", {"title": "backend", "label_config": config})["id"]
    said = {Path(task["data"]["image"]).name: task for task in json.loads((exported / "tasks.json").read_text())}
    uploaded = upload(server, project, sorted((exported / "images").iterdir()))
    assert uploaded.keys() == said.keys(), (uploaded.keys(), said.keys())

    model = server.json("/api/ml/", {"project": project, "url": backend.address, "is_interactive": True})
    assert model["state"] == "CO", model
    print(f"ok: connected, {model['readable_state']}, version {model['model_version']}")

    expected = masks(DATA_SET)
    case_of = {name: Path(name).stem for name in said}
    made = {}
    for name, task in said.items():
        result = task["annotations"][0]["result"] if task.get("annotations") else []
        answer = server.json(f"/api/tasks/{uploaded[name]['id']}/annotations/", {"result": result})
        made[name] = answer["id"]
    until("what was submitted is painted in Lacuna, pixel by pixel", lambda: painted(backend, expected))

    first, second, *_ = said
    change(server, "DELETE", f"/api/annotations/{made[first]}/")
    without = {key: mask for key, mask in expected.items() if key[0] != case_of[first]}
    until("what was deleted is taken back", lambda: painted(backend, without))
    item = said[second]["annotations"][0]["result"][0]
    change(server, "PATCH", f"/api/annotations/{made[second]}/", {"result": [item]})
    until("what was changed is changed", lambda: not painted(backend, without))
    change(server, "PATCH", f"/api/annotations/{made[second]}/", {"result": said[second]["annotations"][0]["result"]})
    until("and changed back", lambda: painted(backend, without))

    server.ask(f"/api/ml/{model['id']}/train", {})
    until("a training was begun there and is done", lambda: (backend.folder / "models/0001/summary.json").exists())
    server.json(f"/api/dm/actions?id=retrieve_tasks_predictions&project={project}",
                {"selectedItems": {"all": True, "excluded": []}})
    predictions = until("predictions came", lambda: [p for t in tasks(server, project) for p in t["predictions"]])
    versions = {prediction["model_version"] for prediction in predictions}
    assert versions == {"lacuna-1"}, versions
    assert len(predictions) == len(said), len(predictions)
    assert any(prediction["result"] for prediction in predictions)
    scores = [round(prediction["score"], 3) for prediction in predictions]
    print(f"ok: {len(predictions)} predictions of {versions}, scores {scores}")

    label = item["value"]["brushlabels"][0]
    point = {"id": "p", "from_name": "point", "to_name": "image", "type": "keypointlabels", "is_positive": True,
             "value": {"x": 50, "y": 50, "width": 0.3, "keypointlabels": [label], "labels": [label]}}
    context = {"task": uploaded[first]["id"], "context": {"result": [point]}}
    proposed = server.json(f"/api/ml/{model['id']}/interactive-annotating", context)
    result = proposed["data"]["result"]
    assert result[0]["type"] == "brushlabels" and result[0]["value"]["rle"], proposed
    print("ok: a smart key point got a region")


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
    root = Path(temporary)
    exported = root / "exported"
    subprocess.run([LACUNA, "--quiet", "export", "label-studio", "--data", DATA_SET, "--output-dir", str(exported)],
                   check=True, stdout=subprocess.DEVNULL)
    with Server(root, SERVER_DATA) as server, Backend(root / "backend", server.url) as backend:
        print(f"Label Studio {server.json('/api/version/')['release']}")
        try:
            check(server, backend, exported)
        except BaseException:
            shutil.copy(root / "server.log", "label-studio-server.log")
            raise
