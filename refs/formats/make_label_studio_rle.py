"""Brush strokes as the converter of label-studio-sdk 2.1 writes them.

    pip install label-studio-sdk
    python make_label_studio_rle.py > label_studio_rle.json

The values of each vector are those of the file there is; so are the malformed streams, which no encoder makes.
"""

import json
from pathlib import Path

from label_studio_sdk.converter.brush import decode_rle, encode_rle

known = json.loads((Path(__file__).parent / "label_studio_rle.json").read_text())
for vector in known["vectors"]:
    vector["rle"] = encode_rle(vector["values"])
    assert decode_rle(vector["rle"]).tolist() == vector["values"]
print(json.dumps(known), end="")
