"""Reference values for colour augmentation, from torchvision and PyTorch.

    python refs/augment/make_photometric.py

writes photometric.json beside this file: a random picture [3, height, width] and what
torchvision.transforms.v2.functional and torch.nn.functional.interpolate make of it.
"""

import json
import pathlib

import torch
import torchvision
from torch.nn.functional import interpolate
from torchvision.transforms.v2 import functional as F

torch.manual_seed(0)
HEIGHT, WIDTH = 5, 7
image = torch.rand(3, HEIGHT, WIDTH)
flat = lambda t: [round(v, 8) for v in t.flatten().tolist()]
image = torch.tensor(flat(image)).reshape(3, HEIGHT, WIDTH)


def low_resolution(image, share):
    size = [max(1, int(side * share + 0.5)) for side in (HEIGHT, WIDTH)]
    small = interpolate(image[None], size, mode="area")
    return interpolate(small, (HEIGHT, WIDTH), mode="bilinear", align_corners=False)[0]


factors = [0.8, 0.93, 1.0, 1.2]
out = {
    "torchvision": torchvision.__version__,
    "height": HEIGHT,
    "width": WIDTH,
    "image": flat(image),
    "brightness": [[f, flat(F.adjust_brightness(image, f))] for f in factors],
    "contrast": [[f, flat(F.adjust_contrast(image, f))] for f in factors],
    "saturation": [[f, flat(F.adjust_saturation(image, f))] for f in factors],
    "gamma": [[g, flat(F.adjust_gamma(image, g))] for g in [0.7, 1.0, 1.5]],
    "blur": [[k, s, flat(F.gaussian_blur(image, [k, k], [s, s]))] for k, s in [(5, 0.2), (5, 0.8), (3, 1.5)]],
    "low_resolution": [[s, flat(low_resolution(image, s))] for s in [0.5, 0.6, 0.8]],
}
path = pathlib.Path(__file__).with_name("photometric.json")
path.write_text(json.dumps(out) + "\n")
