"""The loss over 50 optimizer steps of segmentation_models.pytorch's U-Net, in float32 and in float64.

    /path/to/python refs/nn/make_curve.py     # writes refs/nn/curve.json

Weights and images by formula; a class is where a colour is bright, and 40 % of the pixels are known.
"""

import json
from pathlib import Path

import segmentation_models_pytorch as smp
import torch
from torch import nn

from formula import tensor

STEPS, BATCH, SIZE = 50, 4, 96
OPTIMIZERS = {
    "sgd": (0.005, lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9, weight_decay=1e-4)),
    "adamw": (0.0001, lambda p, lr: torch.optim.AdamW(p, lr=lr, weight_decay=0.01)),
}


def curve(dtype, optimizer):
    model = smp.Unet("resnet18", encoder_weights=None, classes=2)
    state = {name: torch.from_numpy(tensor(name, tuple(value.shape))) for name, value in model.state_dict().items()
             if not name.endswith("num_batches_tracked")}
    model.load_state_dict(state, strict=False)
    model.to(dtype).train()
    lr, make = OPTIMIZERS[optimizer]
    stepper = make(model.parameters(), lr)
    images = torch.from_numpy(tensor("images", (STEPS * BATCH, 3, SIZE, SIZE))).to(dtype)
    known = torch.from_numpy(tensor("target", (STEPS * BATCH, 2, SIZE, SIZE))).to(dtype)
    target = torch.stack([images[:, 0] > 0, images[:, 1] > 0.75], 1).to(dtype)
    losses = []
    for step in range(STEPS):
        at = slice(step * BATCH, (step + 1) * BATCH)
        loss = nn.functional.binary_cross_entropy_with_logits(
            model(images[at]), target[at], known[at], reduction="sum") / known[at].sum()
        stepper.zero_grad()
        loss.backward()
        stepper.step()
        losses.append(float(loss))
    return losses


def main():
    torch.set_num_threads(1)
    curves = {name: {"lr": OPTIMIZERS[name][0], "float32": curve(torch.float32, name),
                     "float64": curve(torch.float64, name)} for name in OPTIMIZERS}
    values = {"versions": {"torch": torch.__version__, "smp": smp.__version__}, "batch": BATCH, "size": SIZE,
              "curves": curves}
    Path(__file__).with_name("curve.json").write_text(json.dumps(values, indent=1) + "\n")


main()
