"""What TensorBoard itself reads from a run folder: every scalar and picture, one line each.

Usage: python refs/train/read_tensorboard.py RUN [EXPECTED.json]

EXPECTED.json maps tags to [[step, value], ...]; a difference is an error.
"""

import json
import sys

import numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def main():
    run = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0}).Reload()
    tags = run.Tags()
    scalars = {
        tag: [[event.step, event.value] for event in run.Scalars(tag)] for tag in tags["scalars"]
    }
    for tag, points in sorted(scalars.items()):
        for step, value in points:
            print(f"{tag}\t{step}\t{value!r}")
    for tag in sorted(tags["images"]):
        for event in run.Images(tag):
            size = f"{event.height}x{event.width}"
            print(f"{tag}\t{event.step}\t{size}\t{len(event.encoded_image_string)} bytes")
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding="utf-8") as file:
            expected = json.load(file)
        assert sorted(expected) == sorted(scalars), (sorted(expected), sorted(scalars))
        for tag, points in expected.items():
            rounded = [[step, float(numpy.float32(value))] for step, value in points]
            assert scalars[tag] == rounded, (tag, scalars[tag], rounded)
        print("all values are as expected")


if __name__ == "__main__":
    main()
