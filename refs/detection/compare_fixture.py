"""Whether what torchvision computes here is what the fixture `torch_ref.json` holds for the parts of a detector.

    /path/to/python refs/detection/compare_fixture.py $LACUNA_DATA/fixtures/reference/torch_ref.json
"""

import json
import sys

import torch
from torch.nn import functional as F
from torchvision import ops
from torchvision.models.detection import _utils
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList

fixture = json.load(open(sys.argv[1]))


def close(name, found, expected, tolerance=1e-5):
    found, expected = torch.as_tensor(found).double(), torch.as_tensor(expected).double()
    difference = (found - expected.reshape(found.shape)).abs().max().item()
    print(f"{name}: {difference:.1e}")
    assert difference <= tolerance * max(1.0, expected.abs().max().item()), name


def main():
    t = torch.tensor
    part = fixture["box_iou"]
    close("box_iou", ops.box_iou(t(part["a"]), t(part["b"])), part["iou"])
    part = fixture["nms"]
    boxes, scores, labels = t(part["boxes"]), t(part["scores"]), t(part["labels"])
    for threshold in (0.5, 0.3):
        close("nms", ops.nms(boxes, scores, threshold), part[f"keep_{threshold}"], 0)
    close("batched_nms", ops.batched_nms(boxes, scores, labels, 0.5), part["batched_0.5"], 0)
    part = fixture["roi_align"]
    features, rois = t(part["feat"]).reshape(part["feat_shape"]), t(part["rois"])
    for case in part["cases"]:
        found = ops.roi_align(features, rois, case["out"], case["spatial_scale"], case["sampling_ratio"], case["aligned"])
        close("roi_align", found, case["y"])
    part = fixture["anchors"]
    sizes = tuple(map(tuple, part["sizes"]))
    generator = AnchorGenerator(sizes, (tuple(part["ratios"]),) * len(sizes))
    images = ImageList(torch.zeros(1, 3, *part["image"]), [tuple(part["image"])])
    found = generator(images, [torch.zeros(1, 1, *size) for size in part["maps"]])[0]
    close("anchors", found.sum(0), part["sum"], 0)
    part = fixture["box_coder"]
    coder = _utils.BoxCoder(tuple(map(float, part["weights"])))
    close("encode", coder.encode_single(t(part["gt"]), t(part["proposals"])), part["encoded"])
    close("decode", coder.decode_single(t(part["decoded_big_in"]), t(part["proposals"])), part["decoded_big"])
    part = fixture["matcher"]
    close("matcher", _utils.Matcher(part["hi"], part["lo"], part["allow_low_quality"])(t(part["iou"])), part["match"], 0)
    part = fixture["smooth_l1"]
    close("smooth_l1", F.smooth_l1_loss(t(part["a"]), t(part["b"]), beta=1 / 9, reduction="sum"), part["beta_1/9_sum"])


main()
