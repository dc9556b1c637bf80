"""Two events as TensorBoard's own record writer frames them, in hexadecimal, for record.rs.

Usage: python refs/train/tensorboard_golden.py  (writes tensorboard_golden.hex beside itself)
"""

import io
import pathlib

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


def main():
    value = Summary.Value(tag="val/dice/gum", simple_value=0.625)
    events = [
        Event(wall_time=1700000000.25, step=0, file_version="brain.Event:2"),
        Event(wall_time=1700000001.5, step=300, summary=Summary(value=[value])),
    ]
    out = io.BytesIO()
    writer = RecordWriter(out)
    for event in events:
        writer.write(event.SerializeToString())
    path = pathlib.Path(__file__).with_name("tensorboard_golden.hex")
    path.write_text(out.getvalue().hex() + "\n")


if __name__ == "__main__":
    main()
