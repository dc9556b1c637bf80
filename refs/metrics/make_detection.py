"""COCO average precision of boxes by pycocotools: detection.json.

    pip install pycocotools numpy
    python refs/metrics/make_detection.py
"""

import contextlib
import importlib.metadata
import io
import json
import pathlib
import random

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

random.seed(20261128)


def box(size):
    side = lambda: size * random.uniform(0.02, 0.5) ** 1.5 + 2
    width, height = side(), side()
    return [round(v, 2) for v in (random.uniform(0, size - 1), random.uniform(0, size - 1), width, height)]


def near(corner_and_sides, spread):
    x, y, w, h = corner_and_sides
    return [round(v, 2) for v in (x + random.gauss(0, spread * w), y + random.gauss(0, spread * h),
                                  w * random.lognormvariate(0, spread), h * random.lognormvariate(0, spread))]


def picture(truths, spread, false, digits):
    truth = [box(400) for _ in range(truths)]
    found = [near(t, spread) for t in truth for _ in range(random.choice([0, 1, 1, 2]))]
    found += [box(400) for _ in range(false)]
    return {"truth": truth, "found": [{"box": b, "score": round(random.random(), digits)} for b in found]}


def evaluate(pictures):
    images = [{"id": index + 1, "width": 400, "height": 400} for index in range(len(pictures))]
    truth, found = [], []
    for index, item in enumerate(pictures):
        for b in item["truth"]:
            truth.append({"id": len(truth) + 1, "image_id": index + 1, "category_id": 1, "bbox": b,
                          "area": b[2] * b[3], "iscrowd": 0})
        for d in item["found"]:
            found.append({"image_id": index + 1, "category_id": 1, "bbox": d["box"], "score": d["score"]})
    coco = COCO()
    coco.dataset = {"images": images, "annotations": truth, "categories": [{"id": 1}]}
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
        run = COCOeval(coco, coco.loadRes(found), "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    names = ["ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar1", "ar10", "ar100"]
    values = {name: (None if value < 0 else float(value)) for name, value in zip(names, run.stats)}
    values["by_threshold"] = [float(run.eval["precision"][t, :, 0, 0, 2].mean()) for t in range(10)]
    return values


def case(name, pictures):
    return {"name": name, "pictures": pictures, "expected": evaluate(pictures)}


def main():
    perfect = [{"truth": [box(400)], "found": []} for _ in range(3)]
    for item in perfect:
        item["found"] = [{"box": item["truth"][0], "score": 0.9}]
    crowded = [picture(30, 0.1, 110, 2), picture(2, 0.1, 3, 2)]
    cases = [
        case("perfect", perfect),
        case("close", [picture(random.randint(1, 4), 0.05, 1, 3) for _ in range(12)]),
        case("scattered, with pictures of nothing", [picture(random.randint(0, 5), 0.15, 3, 3) for _ in range(15)]),
        case("tied scores", [picture(3, 0.1, 2, 1) for _ in range(10)]),
        case("more than 100 in a picture", crowded),
        case("one box a picture", [picture(1, 0.08, 0, 3) for _ in range(20)]),
    ]
    result = {"versions": {"pycocotools": importlib.metadata.version("pycocotools")}, "cases": cases}
    pathlib.Path(__file__).with_name("detection.json").write_text(json.dumps(result) + "\n")
    for item in cases:
        print(item["name"], item["expected"])


main()
