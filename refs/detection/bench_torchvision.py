"""Measures what `cargo run --release -p lacuna-nn --example detector_step` measures, with torchvision.

    /path/to/python refs/detection/bench_torchvision.py [size] [batch] [threads]
"""

import sys
import time

import torch
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.detection.image_list import ImageList


def main():
    size, batch, threads = (int(a) for a in (sys.argv[1:] + ["320", "2", "2"][len(sys.argv) - 1:]))
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = FasterRCNN(resnet_fpn_backbone(backbone_name="resnet18", weights=None, trainable_layers=3), 2)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.001, 0.9, weight_decay=1e-4)
    pixels = (torch.arange(batch * 3 * size * size) % 255 / 128 - 1).reshape(batch, 3, size, size)
    box = [0.2 * size, 0.3 * size, 0.8 * size, 0.7 * size]
    targets = [{"boxes": torch.tensor([box]), "labels": torch.tensor([1])} for _ in range(batch)]

    def forward(targets):
        images = ImageList(pixels, [(size, size)] * batch)
        features = model.backbone(images.tensors)
        proposals, losses = model.rpn(images, features, targets)
        detections, more = model.roi_heads(features, proposals, images.image_sizes, targets)
        return detections, sum({**losses, **more}.values())

    for step in range(4):
        model.train()
        times = [time.perf_counter()]
        loss = forward(targets)[1]
        times.append(time.perf_counter())
        loss.backward()
        times.append(time.perf_counter())
        optimizer.step()
        optimizer.zero_grad()
        times.append(time.perf_counter())
        model.eval()
        with torch.no_grad():
            count = sum(len(d["boxes"]) for d in forward(None)[0])
        times.append(time.perf_counter())
        parts = [b - a for a, b in zip(times, times[1:])]
        print(f"step {step}: loss {loss.item():.4f}, forward {parts[0]:.3f} s, backward {parts[1]:.3f} s, "
              f"optimizer {parts[2]:.3f} s; prediction {parts[3]:.3f} s, {count} boxes; {threads} threads")


main()
