"""Reference values of whole detectors, computed by torchvision's Faster R-CNN on a ResNet18 with feature pyramid:
model.json.

    /path/to/python refs/detection/make_model.py     # needs torch and torchvision

Weights and pictures are by formula (`refs/nn/formula.py`) under torchvision's own names, so that none are committed;
what the formula would make useless (a head that finds nothing) is scaled, see `fill`. Sampling is deterministic because
nothing is drawn: the batch sizes exceed the number of anchors and proposals, and the share of positives is 1.
Pictures are given normalised and in their final size, so that torchvision's own resizing does nothing.
"""

import json
import sys
from pathlib import Path

import torch
import torchvision
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import MultiScaleRoIAlign

sys.path.insert(0, str(Path(__file__).parents[1] / "nn"))
from formula import summary, tensor, uniform  # noqa: E402

SIZES = [(96, 128), (80, 120)]
PADDED = (96, 128)
TARGETS = [
    {"boxes": [[10.0, 12.0, 60.0, 70.0], [50.0, 30.0, 120.0, 90.0]], "labels": [1, 2]},
    {"boxes": [[20.0, 8.0, 100.0, 72.0]], "labels": [1]},
]
GRADIENTS = ["backbone.body.layer2.0.conv1.weight", "backbone.body.layer3.1.conv2.weight",
             "backbone.fpn.inner_blocks.0.0.weight", "backbone.fpn.layer_blocks.2.0.bias",
             "rpn.head.conv.0.0.weight", "rpn.head.bbox_pred.bias", "roi_heads.box_head.fc6.bias",
             "roi_heads.box_predictor.cls_score.weight", "roi_heads.box_predictor.bbox_pred.weight"]


def value(name, shape):
    """By formula, with matrices as `torch.nn.Linear` would draw them, biases of heads small, statistics mild."""
    if name.startswith("backbone.body.") and len(shape) == 1:
        return torch.from_numpy(tensor(name, shape))
    if len(shape) == 1:
        return torch.from_numpy(tensor(name, shape)) * 0.5
    u = torch.from_numpy(uniform(name, int(torch.tensor(shape).prod()))).reshape(shape)
    bound = {4: 3.0, 2: 3.0}[len(shape)] / torch.tensor(shape[1:]).prod().double()
    scale = {"rpn.head.bbox_pred.weight": 0.2, "roi_heads.box_predictor.bbox_pred.weight": 1.0,
             "roi_heads.box_predictor.cls_score.weight": 0.8, "rpn.head.cls_logits.weight": 0.3}.get(name, 1.0)
    return (scale * (2 * u - 1) * bound.sqrt()).float()


def build(depth, dtype):
    backbone = resnet_fpn_backbone(backbone_name="resnet18", weights=None, trainable_layers=3,
                                   returned_layers=list(range(1, depth)))
    anchors = AnchorGenerator(tuple((16 << level,) for level in range(depth)), ((0.5, 1.0, 2.0),) * depth)
    pool = MultiScaleRoIAlign([str(level) for level in range(depth - 1)], 7, 2)
    model = FasterRCNN(backbone, 3, min_size=96, max_size=128, rpn_anchor_generator=anchors, box_roi_pool=pool,
                       rpn_batch_size_per_image=1 << 20, rpn_positive_fraction=1.0,
                       box_batch_size_per_image=1 << 20, box_positive_fraction=1.0,
                       rpn_pre_nms_top_n_train=150, rpn_post_nms_top_n_train=120, rpn_pre_nms_top_n_test=120,
                       rpn_post_nms_top_n_test=80, box_detections_per_img=30)
    state = {name: value(name, tuple(old.shape)) for name, old in model.state_dict().items()
             if not (depth == 4 and name.startswith("backbone.body.layer4"))}
    model.load_state_dict(state, strict=False)
    return model.to(dtype)


def images(dtype):
    batch = torch.from_numpy(tensor("images", (2, 3, *PADDED))).to(dtype)
    for image, (height, width) in zip(batch, SIZES):
        image[:, height:] = 0
        image[:, :, width:] = 0
    return ImageList(batch, SIZES)


def forward(model, targets):
    """`GeneralizedRCNN.forward` without the transform."""
    batch = images(next(model.parameters()).dtype)
    features = model.backbone(batch.tensors)
    proposals, rpn_losses = model.rpn(batch, features, targets)
    detections, roi_losses = model.roi_heads(features, proposals, batch.image_sizes, targets)
    return features, proposals, detections, {**roi_losses, **rpn_losses}


def case(depth, dtype=torch.float64):
    model = build(depth, dtype)
    targets = [{"boxes": torch.tensor(t["boxes"], dtype=dtype), "labels": torch.tensor(t["labels"])} for t in TARGETS]
    model.train()
    _, proposals, _, losses = forward(model, targets)
    sum(losses.values()).backward()
    parameters = dict(model.named_parameters())
    result = {"depth": depth, "losses": {name: loss.item() for name, loss in losses.items()},
              "training_proposals": [len(p) for p in proposals],
              "frozen": sorted(n for n, p in parameters.items() if not p.requires_grad),
              "gradients": {n: summary(parameters[n].grad.numpy()) for n in GRADIENTS}}
    model.eval()
    with torch.no_grad():
        features, proposals, detections, _ = forward(model, None)
    result["features"] = {name: summary(f.numpy()) for name, f in features.items()}
    result["proposals"] = [p[:10].tolist() for p in proposals]
    result["detections"] = [{k: v.tolist() for k, v in d.items()} for d in detections]
    result["names"] = sorted(model.state_dict())
    return result


def distance(a, b):
    """The greatest relative difference of two results, to see that rounding decides nothing."""
    if isinstance(a, dict):
        return max(distance(a[key], b[key]) for key in a)
    if isinstance(a, list):
        assert len(a) == len(b), (len(a), len(b))
        return max((distance(x, y) for x, y in zip(a, b)), default=0)
    return abs(a - b) / max(abs(a), 1.0) if isinstance(a, float) else float(a != b)


def main():
    torch.set_num_threads(2)
    result = {"versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
              "sizes": SIZES, "padded": PADDED, "targets": TARGETS, "cases": [case(5), case(4)]}
    for item in result["cases"]:
        single = case(item["depth"], torch.float32)
        print("double and single differ by", {k: distance(item[k], single[k]) for k in item}, file=sys.stderr)
        print(item["depth"], item["losses"], item["training_proposals"],
              [len(d["scores"]) for d in item["detections"]], [d["scores"][:4] for d in item["detections"]],
              {k: (v["mean"], v["sd"]) for k, v in item["features"].items()}, file=sys.stderr)
    Path(__file__).with_name("model.json").write_text(json.dumps(result) + "\n")


main()
