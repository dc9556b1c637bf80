"""Times the import of brush strokes by Lacuna against the converter of label-studio-sdk, on the same file.

    pip install label-studio-sdk
    cargo run --release -p lacuna-data --example export_formats /tmp/exports 1000
    python bench_label_studio.py LACUNA /tmp/exports/large-label-studio [ROUNDS]

Both sides read `tasks.json` (2000 by 3000 pixels, two strokes a task) and end with a PNG mask a stroke. Lacuna also
decodes and copies every picture, checks sizes, and writes a whole data set. The sides alternate round by round,
each in a process of its own; what counts is the median of the rounds' ratios, of the time on the clock and of the
processor's time. The second hardly depends on what else the machine does; Lacuna uses all cores, the SDK one.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def convert(tasks, config, output):
    """What `label-studio-converter … BRUSH_TO_PNG` does."""
    from label_studio_sdk.converter.converter import Converter, Format

    Path(output).mkdir()
    converter = Converter(Path(config).read_text(), project_dir=".", download_resources=False)
    converter.convert(tasks, output, Format.BRUSH_TO_PNG, is_dir=False)
    print(len(list(Path(output).glob("*.png"))), "masks by the SDK")


def as_exported(folder, path):
    """The tasks with the keys that a server adds, without which the converter does not read them; their number."""
    tasks = json.loads((folder / "tasks.json").read_text())
    for number, task in enumerate(tasks, 1):
        task |= {"id": number, "predictions": []}
        for annotation in task["annotations"]:
            annotation |= {"id": number, "completed_by": 1, "was_cancelled": False}
            annotation |= {"created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z"}
    path.write_text(json.dumps(tasks))
    return len(tasks)


def timed(command):
    """Seconds on the clock, and of the processor."""
    before, start = os.times(), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    clock, after = time.monotonic() - start, os.times()
    return clock, after.children_user + after.children_system - before.children_user - before.children_system


def ours(lacuna, tasks, images, output):
    """Seconds of the import alone; making an empty data set is not part of it."""
    subprocess.run([lacuna, "--quiet", "init", output, "--class", "gum", "--class", "teeth"], check=True,
                   stdout=subprocess.DEVNULL)
    return timed([lacuna, "--quiet", "import", "label-studio", tasks, "--data", output, "--images", str(images),
                  "--unpainted", "unknown"])


def main(lacuna, folder, rounds):
    ratios = []
    with tempfile.TemporaryDirectory() as shared:
        tasks, config = f"{shared}/tasks.json", str(folder / "label_config.xml")
        print(f"{as_exported(folder, Path(tasks))} tasks, load {os.getloadavg()[0]:.1f}")
        for number in range(rounds):
            with tempfile.TemporaryDirectory() as scratch:
                a = ours(lacuna, tasks, folder / "images", f"{scratch}/ours")
                b = timed([sys.executable, __file__, "--child", tasks, config, f"{scratch}/theirs"])
            ratios.append([theirs / mine for mine, theirs in zip(a, b)])
            for what, mine, theirs in zip(("clock", "processor"), a, b):
                print(f"round {number + 1}, {what}: Lacuna {mine:.2f} s, SDK {theirs:.2f} s, ratio {theirs / mine:.2f}",
                      flush=True)
    clock, processor = (statistics.median(column) for column in zip(*ratios))
    print(f"median ratio: clock {clock:.2f}, processor {processor:.2f}")


if sys.argv[1] == "--child":
    convert(*sys.argv[2:5])
else:
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 3)
