"""Reference values of losses for partly known pictures, computed by PyTorch.

    /path/to/python refs/nn/make_partial.py     # writes refs/nn/partial.json

* softmax: cross entropy with `ignore_index`, a background whose logit is 0 in front of the classes;
* consistency: mean squared difference of probabilities on unknown pixels (mean teacher);
* gated_crf: the published loss of Obukhov et al. 2019, written from its formula with
  torch.nn.functional.unfold, Potts model, for "class" and "not class".
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from formula import uniform

N, C, H, W = 2, 2, 7, 6
SHAPE = (N, C, H, W)
COUNT = N * C * H * W


def values(name, count, scale):
    return torch.from_numpy((scale * (2 * uniform(name, count) - 1)).astype(np.float32)).double()


def listed(tensor):
    return [float(value) for value in tensor.detach().reshape(-1)]


logits = values("partial logits", COUNT, 4.0).reshape(SHAPE).requires_grad_()


def result(loss):
    (gradient,) = torch.autograd.grad(loss, logits)
    return {"value": float(loss), "gradient": listed(gradient)}


# 0 ignored, 1 background, 2 and 3 the classes
label = torch.from_numpy(np.floor(4 * uniform("partial labels", N * H * W))).long().reshape(N, H, W)
target = torch.stack([(label == 2 + c).float() for c in range(C)], 1)
weight = (label > 0).float()[:, None].expand(SHAPE).clone()
# one class known to be absent, nothing known of the other: cannot be said, and is ignored
only_one = (label == 0) & (torch.from_numpy(uniform("only one", N * H * W)).reshape(N, H, W) > 0.5)
weight[:, 0][only_one] = 1.0
with_background = torch.cat([torch.zeros(N, 1, H, W, dtype=torch.float64), logits], 1)
softmax = F.cross_entropy(with_background, label - 1, ignore_index=-1)
probabilities = F.softmax(with_background, 1)[:, 1:]

teacher = torch.from_numpy(uniform("teacher", COUNT)).reshape(SHAPE)
unknown = weight == 0
consistency = ((logits.sigmoid() - teacher)[unknown] ** 2).mean()


def gated_crf(p, rgb, radius, sigma_xy, sigma_rgb):
    side = 2 * radius + 1
    y, x = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")
    inside = torch.ones(N, 1, H, W, dtype=torch.float64)
    features = torch.cat([torch.stack([y, x]).double().expand(N, 2, H, W) / sigma_xy, rgb / sigma_rgb], 1)
    patches = lambda t: F.unfold(t, side, padding=radius).reshape(t.shape[0], t.shape[1], side * side, H, W)
    squared = ((patches(features) - features[:, :, None]) ** 2).sum(1, keepdim=True)
    kernel = torch.exp(-0.5 * squared) * patches(inside)
    kernel[:, :, side * side // 2] = 0
    loss = 0
    for c in range(C):
        two = torch.stack([p[:, c], 1 - p[:, c]], 1)
        loss = loss + (kernel * (1 - (patches(two) * two[:, :, None]).sum(1, keepdim=True))).sum()
    return loss / (N * C * H * W)


rgb = torch.from_numpy(uniform("rgb", N * 3 * H * W)).reshape(N, 3, H, W) * 0.3
sd = torch.tensor([0.25, 0.2, 0.1], dtype=torch.float64)
normalised = (rgb - 0.1) / sd[None, :, None, None]

out = {
    "shape": SHAPE,
    "logits": listed(logits),
    "target": listed(target),
    "weight": listed(weight),
    "teacher": listed(teacher),
    "pictures": listed(normalised),
    "sd": listed(sd),
    "softmax": result(softmax),
    "softmax_probabilities": listed(probabilities),
    "consistency": result(consistency),
    "gated_crf": [
        {"radius": r, "sigma_xy": xy, "sigma_rgb": c, **result(gated_crf(logits.sigmoid(), rgb, r, xy, c))}
        for r, xy, c in [(1, 1.5, 0.2), (3, 6.0, 0.1), (9, 3.0, 10.0)]
    ],
}
Path(__file__).with_name("partial.json").write_text(json.dumps(out) + "\n")
