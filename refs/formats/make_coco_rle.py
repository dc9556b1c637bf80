"""COCO run-length masks and polygons as pycocotools 2.0.11 has them.

    pip install pycocotools numpy
    python make_coco_rle.py > coco_rle.json
"""

import json

import numpy as np
from pycocotools import mask as coco

rng = np.random.default_rng(7)
vectors = []


def add(name, mask, polygon=()):
    mask = np.asarray(mask, dtype=np.uint8)
    rle = coco.encode(np.asfortranarray(mask))
    vectors.append({
        "name": name,
        "size": list(mask.shape),
        "counts": rle["counts"].decode(),
        "mask_rowmajor": "".join(map(str, mask.flatten())),
        "polygon": [float(v) for v in polygon],
    })


block = np.zeros((5, 4))
block[1:3, 1:3] = 1
add("block", block)
add("nothing", np.zeros((3, 4)))
add("everything", np.ones((3, 4)))
add("one row", [[1, 0, 0, 1, 1]])
add("one column", [[0], [1], [1]])
for i in range(6):
    add(f"noise {i}", rng.random((rng.integers(1, 30), rng.integers(1, 30))) < (0.1 + 0.15 * i))
# runs long enough for two and three characters
long = np.zeros((200, 60))
long[:, 3:40] = 1
long[50:60, 10] = 0
add("long runs", long)

for i in range(40):
    h, w = (int(v) for v in rng.integers(4, 30, 2))
    k = int(rng.integers(3, 9))
    points = rng.uniform(-0.2, 1.2, (k, 2)) * [w, h]
    if i % 4 == 1:
        points = np.round(points)
    if i % 4 == 2:
        points = np.round(points * 2) / 2
    if i % 8 == 3:
        points = np.concatenate([points, points[:1], points[:1]])
    polygon = points.flatten().tolist()
    rle = coco.frPyObjects([polygon], h, w)[0]
    add(f"polygon {i}", coco.decode(rle), polygon)

print(json.dumps(vectors, indent=None, separators=(",", ":")).replace("},{", "},\n{"))
