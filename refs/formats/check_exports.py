"""Reads what `--example export_formats` wrote with the reference decoders and compares every pixel.

    pip install pycocotools label-studio-sdk pillow numpy
    cargo run --release -p lacuna-data --example export_formats /tmp/exports 20
    python check_exports.py /tmp/exports

COCO is read by pycocotools, Label Studio's strokes by the SDK's converter, which must also write the same
bytes; CVAT, LabelMe and RootPainter by the few lines that their formats take. With tasks, the time of the SDK's
decoder on the same file is printed too.
"""

import base64
import io
import json
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
from label_studio_sdk.converter import brush
from PIL import Image
from pycocotools.coco import COCO

root = Path(sys.argv[1])
cases = sorted(path.stem for path in (root / "dataset/images").iterdir())
truth = {
    (case, name): np.array(Image.open(root / f"dataset/annotations/{case}/{name}.png"))
    for case in cases
    for name in ("gum", "teeth")
}


def compare(format_name, found):
    differ = 0
    for (case, name), states in truth.items():
        for state, label in ((2, name), (1, f"not_{name}")):
            expected = states == state
            differ += int((found.get((case, label), np.zeros_like(expected)) != expected).sum())
    print(f"{format_name}: {differ} pixels differ")
    assert differ == 0


def coco():
    file = COCO(root / "coco/annotations.json")
    for annotation in file.anns.values():
        mask = file.annToMask(annotation)
        ys, xs = np.nonzero(mask)
        left, top = xs.min(), ys.min()
        assert annotation["area"] == mask.sum()
        assert annotation["bbox"] == [left, top, xs.max() - left + 1, ys.max() - top + 1]
        case = Path(file.imgs[annotation["image_id"]]["file_name"]).stem
        yield (case, file.cats[annotation["category_id"]]["name"]), mask.astype(bool)


def label_studio():
    for task in json.loads((root / "label-studio/tasks.json").read_text()):
        for result in task["annotations"][0]["result"]:
            value = result["value"]
            shape = result["original_height"], result["original_width"], 4
            mask = brush.decode_rle(value["rle"]).reshape(shape)[..., 3] > 0
            assert brush.mask2rle(mask.astype(np.uint8) * 255) == value["rle"]
            yield (task["data"]["case"], value["brushlabels"][0]), mask


def cvat():
    for image in ET.parse(root / "cvat/annotations.xml").getroot().iter("image"):
        for element in image.iter("mask"):
            counts = [int(count) for count in element.get("rle").split(",")]
            runs = np.concatenate([np.full(count, i % 2 == 1) for i, count in enumerate(counts)])
            left, top, width, height = (int(element.get(k)) for k in ("left", "top", "width", "height"))
            mask = np.zeros((int(image.get("height")), int(image.get("width"))), bool)
            mask[top : top + height, left : left + width] = runs.reshape(height, width)
            yield (Path(image.get("name")).stem, element.get("label")), mask


def labelme():
    for path in sorted((root / "labelme").glob("*.json")):
        file = json.loads(path.read_text())
        for shape in file["shapes"]:
            (left, top), (right, bottom) = ([int(v) for v in point] for point in shape["points"])
            part = Image.open(io.BytesIO(base64.b64decode(shape["mask"])))
            mask = np.zeros((file["imageHeight"], file["imageWidth"]), bool)
            mask[top : bottom + 1, left : right + 1] = np.array(part).astype(bool)
            yield (path.stem, shape["label"]), mask


def root_painter():
    for path in sorted((root / "root-painter/annotations").glob("*/*.png")):
        rgba = np.array(Image.open(path))
        yield (path.stem, path.parent.name), rgba[..., 0] > 0
        yield (path.stem, f"not_{path.parent.name}"), rgba[..., 1] > 0


def label_maps():
    differ = 0
    for case in cases:
        gum, teeth = truth[case, "gum"], truth[case, "teeth"]
        expected = np.full(gum.shape, 3)
        expected[(gum == 2) & (teeth != 2)] = 1
        expected[(teeth == 2) & (gum != 2)] = 2
        expected[(gum == 1) & (teeth == 1)] = 0
        nnunet = np.array(Image.open(root / f"nnunet/labelsTr/{case}.png"))
        voc = np.array(Image.open(root / f"voc/SegmentationClass/{case}.png"))
        differ += int((nnunet != expected).sum() + (np.where(voc == 255, 3, voc) != expected).sum())
    print(f"nnunet and voc: {differ} pixels differ")
    assert differ == 0


compare("coco", dict(coco()))
compare("label-studio", dict(label_studio()))
compare("cvat", dict(cvat()))
compare("labelme", dict(labelme()))
compare("root-painter", dict(root_painter()))
label_maps()
large = root / "large-label-studio/tasks.json"
if large.exists():
    start = time.time()
    for task in json.loads(large.read_text()):
        for result in task["annotations"][0]["result"]:
            brush.decode_rle(result["value"]["rle"])
    print(f"label-studio-sdk decoded the large file in {time.time() - start:.2f} s")
