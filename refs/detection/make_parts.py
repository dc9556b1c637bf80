"""Reference values of the parts of a detector, computed by torchvision: parts.json.

    /path/to/python refs/detection/make_parts.py     # needs torch and torchvision

Inputs are by formula (`refs/nn/formula.py`) and written out with the results.
"""

import json
import sys
from pathlib import Path

import torch
import torchvision
from torch.nn import functional as F
from torchvision import ops
from torchvision.models.detection import _utils, anchor_utils
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import fastrcnn_loss
from torchvision.ops.poolers import LevelMapper

sys.path.insert(0, str(Path(__file__).parents[1] / "nn"))
from formula import uniform  # noqa: E402


def values(name, shape, scale=1.0):
    count = int(torch.tensor(shape).prod())
    return torch.from_numpy(scale * uniform(name, count)).float().reshape(shape)


def boxes(name, count, size, most):
    """Boxes with their upper left corner in a picture of `size` and sides of 1 to `most`."""
    corner = values(name + " corner", (count, 2), size)
    return torch.cat([corner, corner + 1 + values(name + " sides", (count, 2), most - 1)], 1)


def listed(tensor):
    return [float(value) for value in tensor.detach().reshape(-1)]


def thousandths(name, shape):
    """Between -1 and 1, short to write."""
    return torch.round(2 * values(name, shape) - 1, decimals=3)


def short(tensor):
    return [round(float(value), 3) for value in tensor.detach().reshape(-1)]


def overlaps():
    a, b = boxes("a", 7, 60, 40), boxes("b", 40, 60, 40)
    return {"a": a.tolist(), "b": b.tolist(), "iou": listed(ops.box_iou(a, b))}


def matches():
    truth, predictions = boxes("truth", 5, 60, 40), boxes("predictions", 80, 60, 40)
    iou = ops.box_iou(truth, predictions)
    settings = [(0.7, 0.3, True), (0.5, 0.5, False), (0.4, 0.2, False), (0.4, 0.2, True)]
    return {"iou": listed(iou), "predictions": len(predictions), "cases": [
        {"high": high, "low": low, "allow_low_quality_matches": allow,
         "matches": _utils.Matcher(high, low, allow)(iou).tolist()} for high, low, allow in settings]}


def suppression():
    b, scores = boxes("nms", 60, 60, 40), values("nms scores", (60,))
    groups = (values("nms groups", (60,)) * 3).long()
    return {"boxes": b.tolist(), "scores": listed(scores), "groups": groups.tolist(), "cases": [
        {"threshold": t, "nms": ops.nms(b, scores, t).tolist(),
         "batched": ops.batched_nms(b, scores, groups, t).tolist()} for t in (0.3, 0.5, 0.7)]}


def anchors():
    def case(image, maps, sizes, ratios):
        generator = anchor_utils.AnchorGenerator(tuple(map(tuple, sizes)), (tuple(ratios),) * len(sizes))
        images = ImageList(torch.zeros(1, 3, *image), [tuple(image)])
        found = generator(images, [torch.zeros(1, 1, *size) for size in maps])[0]
        return {"image": image, "maps": maps, "sizes": sizes, "ratios": ratios, "count": len(found),
                "cells": [cell.tolist() for cell in generator.cell_anchors],
                "every_97th": found[::97].tolist(), "sum": found.sum(0).tolist()}

    pyramid = [[32 << level] for level in range(5)]
    return [
        case([64, 96], [[8, 12], [4, 6]], [[16, 32], [64, 100]], [0.5, 1.0, 2.0]),
        # an odd last level: 224 // 4 is 56 although the level has half of 7 rows
        case([224, 160], [[56, 40], [28, 20], [14, 10], [7, 5], [4, 3]], pyramid, [0.5, 1.0, 2.0]),
    ]


def codes():
    reference, proposals = boxes("reference", 12, 60, 40), boxes("proposals", 12, 60, 40)
    result = {"reference": reference.tolist(), "proposals": proposals.tolist(), "cases": []}
    # the factor 30 reaches the clip of the growth
    code = 30 * values("codes", (12, 4)) - 10
    result["codes"] = code.tolist()
    for weights in ([1.0, 1.0, 1.0, 1.0], [10.0, 10.0, 5.0, 5.0]):
        coder = _utils.BoxCoder(tuple(weights))
        result["cases"].append({"weights": weights, "encoded": coder.encode_single(reference, proposals).tolist(),
                                "decoded": coder.decode_single(code, proposals).tolist()})
    return result


def roi_align():
    shape = (2, 3, 20, 24)
    rois = boxes("rois", 9, 80, 60)
    rois[3] = torch.tensor([-20.0, -8.0, 30.0, 40.0])
    rois[4] = torch.tensor([70.0, 60.0, 120.0, 100.0])
    rois[5, 2:] = rois[5, :2] + 0.5
    images = torch.arange(9) % 2
    result = {"shape": shape, "rois": rois.tolist(), "images": images.tolist(), "cases": []}
    for scale, size in ((0.25, 7), (0.5, 3)):
        features = thousandths("features", shape).requires_grad_()
        pooled = ops.roi_align(features, torch.cat([images[:, None].float(), rois], 1), size, scale, 2)
        direction = thousandths("direction", tuple(pooled.shape))
        pooled.backward(direction)
        case = {"scale": scale, "size": size, "direction": short(direction), "values": listed(pooled)[::5],
                "gradient": listed(features.grad)[::3]}
        result["features"] = short(features)
        result["cases"].append(case)
    return result


def levels():
    sides = torch.tensor([1.0, 50.0, 111.9, 112.0, 112.1, 223.0, 224.0, 447.9, 448.0, 449.0, 900.0])
    b = torch.stack([torch.zeros_like(sides), torch.zeros_like(sides), sides, sides], 1)
    return {"sides": sides.tolist(), "levels": LevelMapper(2, 5)([b]).tolist(), "three": LevelMapper(2, 4)([b]).tolist()}


def losses():
    labels = torch.tensor([0, 2, 1, 0, 0, 2, 1, 0, 0])
    logits = (6 * values("class logits", (9, 3)) - 3).requires_grad_()
    regression = (2 * values("regression", (9, 12)) - 1).requires_grad_()
    targets = 2 * values("regression targets", (9, 4)) - 1
    classifier, box = fastrcnn_loss(logits, regression, [labels], [targets])
    (classifier + box).backward()
    objectness = (8 * values("objectness", (20,)) - 4).requires_grad_()
    sampled = torch.tensor([1, 4, 7, 19, 0, 12])
    positive = torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    loss = F.binary_cross_entropy_with_logits(objectness[sampled], positive)
    loss.backward()
    return {"labels": labels.tolist(), "logits": listed(logits), "regression": listed(regression),
            "targets": targets.tolist(), "classifier": classifier.item(), "box": box.item(),
            "logits_gradient": listed(logits.grad), "regression_gradient": listed(regression.grad),
            "objectness": listed(objectness), "sampled": sampled.tolist(), "positive": positive.tolist(),
            "objectness_loss": loss.item(), "objectness_gradient": listed(objectness.grad)}


def main():
    torch.set_num_threads(1)
    result = {"versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
              "box_iou": overlaps(), "matcher": matches(), "nms": suppression(), "anchors": anchors(),
              "box_coder": codes(), "roi_align": roi_align(), "level_mapper": levels(), "losses": losses()}
    Path(__file__).with_name("parts.json").write_text(json.dumps(result) + "\n")


main()
