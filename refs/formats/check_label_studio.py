"""Sends a data set through a real Label Studio server and compares every pixel of what comes back.

    pip install label-studio
    python check_label_studio.py LACUNA DATA_SET [SERVER_DATA]

LACUNA is the program, DATA_SET any small data set with annotations. The server runs on 127.0.0.1 on a free port,
with its data in a temporary folder, or in SERVER_DATA, which is kept: making its tables takes minutes. Tasks are
imported once as annotations and once as predictions; pictures are served by the server's local files. Annotations
are read back as JSON and as JSON_MIN, predictions through the API of tasks, as the JSON export only names them.
"""

import json
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

import numpy as np
from PIL import Image

from label_studio_server import Server

LACUNA, DATA_SET = (str(Path(argument).absolute()) for argument in sys.argv[1:3])
SERVER_DATA = sys.argv[3] if len(sys.argv) > 3 else None


def lacuna(*arguments):
    subprocess.run([LACUNA, "--quiet", *arguments], check=True, stdout=subprocess.DEVNULL)


def export(root, kind):
    folder = root / kind
    options = [f"as={kind}", f"image-prefix=/data/local-files/?d={kind}/images/"]
    lacuna("export", "label-studio", "--data", DATA_SET, "--output-dir", str(folder),
           *(word for option in options for word in ("--option", option)))
    return folder


def import_tasks(server, folder):
    """A project with the exported labelling configuration and tasks; its id."""
    tasks = json.loads((folder / "tasks.json").read_text())
    config = (folder / "label_config.xml").read_text()
    project = server.json("/api/projects/", {"title": folder.name, "label_config": config})["id"]
    storage = {"project": project, "path": str(folder / "images"), "title": "pictures", "use_blob_urls": True}
    server.json("/api/storages/localfiles/", storage)
    answer = server.json(f"/api/projects/{project}/import", tasks)
    for what in ("annotations", "predictions"):
        sent = sum(len(task.get(what, [])) for task in tasks)
        assert answer[f"{what[:-1]}_count"] == sent, (answer, sent)
        print(f"{folder.name}: {len(tasks)} tasks with {sent} {what} accepted")
    return project


def check_pictures(server, folder):
    for task in json.loads((folder / "tasks.json").read_text()):
        address = task["data"]["image"]
        name = urllib.parse.unquote(address.rsplit("/", 1)[1])
        assert server.ask(address) == (folder / "images" / name).read_bytes(), address
    print(f"{folder.name}: every picture is served as it was exported")


def all_tasks(server, project):
    page = server.json(f"/api/tasks?project={project}&fields=all&page_size=1000")
    return page["tasks"]


def check_masks(root, folder, tasks, name, *options):
    """Imports tasks of the server, and compares the masks with those of the data set."""
    file, back = root / f"{name}.json", root / name
    file.write_bytes(tasks)
    classes = sorted({path.stem.split(".")[0] for path in Path(DATA_SET).glob("annotations/*/*.png")})
    lacuna("init", str(back), *(word for c in classes for word in ("--class", c)))
    words = [word for option in options for word in ("--option", option)]
    lacuna("import", "label-studio", str(file), "--data", str(back), "--images", str(folder / "images"),
           "--unpainted", "unknown", "--label", "region=:region", *words)
    pixels = differ = 0
    for path in sorted(Path(DATA_SET).glob("annotations/*/*.png")):
        if path.stem.endswith(".suggested"):
            continue
        ours = np.array(Image.open(path))
        theirs = back / path.relative_to(DATA_SET)
        theirs = np.array(Image.open(theirs)) if theirs.exists() else np.zeros_like(ours)
        pixels += ours.size
        differ += int((ours != theirs).sum())
    print(f"{name}: {differ} of {pixels} pixels differ")
    assert pixels and not differ


def check_annotations(server, root):
    folder = export(root, "annotations")
    project = import_tasks(server, folder)
    check_pictures(server, folder)
    exported = f"/api/projects/{project}/export?download_all_tasks=true&exportType="
    # what a model suggested are predictions, which these exports leave out
    has_suggested = any(Path(DATA_SET).glob("annotations/*/*.suggested.png"))
    assert not has_suggested, "take a data set without suggested pixels"
    check_masks(root, folder, server.ask(exported + "JSON"), "JSON")
    check_masks(root, folder, server.ask(exported + "JSON_MIN"), "JSON_MIN")


def check_predictions(server, root):
    folder = export(root, "predictions")
    project = import_tasks(server, folder)
    tasks = json.dumps(all_tasks(server, project)).encode()
    check_masks(root, folder, tasks, "predictions-read-back", "predictions=suggest")
    # the export has their numbers only; it must not be refused for it
    exported = server.ask(f"/api/projects/{project}/export?download_all_tasks=true&exportType=JSON")
    named = [prediction for task in json.loads(exported) for prediction in task["predictions"]]
    print(f"the JSON export has predictions as {sorted({type(p).__name__ for p in named})}")
    file, back = root / "named.json", root / "named"
    file.write_bytes(exported)
    lacuna("init", str(back), "--class", "gum")
    lacuna("import", "label-studio", str(file), "--data", str(back), "--images", str(folder / "images"),
           "--unpainted", "unknown", "--skip-other-labels")


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
    root = Path(temporary)
    with Server(root, SERVER_DATA) as server:
        version = server.json("/api/version/")["release"]
        print(f"Label Studio {version}")
        check_annotations(server, root)
        check_predictions(server, root)
