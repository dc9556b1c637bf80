"""Reference values of losses, optimizers and batch normalisation, computed by PyTorch and torchvision.

    /path/to/python refs/nn/make_values.py     # writes refs/nn/values.json
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torchvision.ops import sigmoid_focal_loss

from formula import uniform


def values(name, count, scale=2.0):
    return (scale * (2 * uniform(name, count) - 1)).astype(np.float32)


def listed(tensor):
    return [float(value) for value in tensor.detach().reshape(-1)]


def losses():
    shape = (2, 3, 4, 5)
    count = int(np.prod(shape))
    logits = torch.from_numpy(values("logits", count, 6.0)).double().requires_grad_()
    target = torch.from_numpy((uniform("targets", count) > 0.5).astype(np.float64))
    weight = torch.from_numpy(np.floor(3 * uniform("weights", count)))  # 0, 1 or 2
    known = (weight > 0).double()
    bce = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    focal = sigmoid_focal_loss(logits, target, alpha=0.25, gamma=2, reduction="none")
    per_class = lambda x: x.reshape(shape).sum((0, 2, 3))
    p = logits.sigmoid().reshape(shape)
    y, w = target.reshape(shape), weight.reshape(shape)
    dice = 1 - (2 * (w * p * y).sum((2, 3)) + 1) / ((w * p).sum((2, 3)) + (w * y).sum((2, 3)) + 1)
    terms = {
        "bce_all": (weight * bce).sum() / count,
        "bce_known": (weight * bce).sum() / weight.sum(),
        "bce_known_per_class": (per_class(weight * bce) / per_class(weight)).mean(),
        "focal_known": (weight * focal).sum() / weight.sum(),
        "dice": dice.mean(),
    }
    result = {"shape": shape, "logits": listed(logits), "target": listed(target), "weight": listed(weight)}
    for name, value in terms.items():
        (gradient,) = torch.autograd.grad(value, logits, retain_graph=True)
        assert torch.all(gradient[known == 0] == 0)
        result[name] = {"value": float(value), "gradient": listed(gradient)}
    return result


def optimizers():
    start = values("parameter", 6)
    gradients = [values(f"gradient{step}", 6) for step in range(5)]
    makers = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=1e-4),
        "sgd_plain": lambda p: torch.optim.SGD(p, lr=0.1),
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    }
    result = {"start": [float(v) for v in start], "gradients": [[float(v) for v in g] for g in gradients]}
    for name, make in makers.items():
        parameter = nn.Parameter(torch.from_numpy(start.copy()))
        optimizer, trace = make([parameter]), []
        for gradient in gradients:
            parameter.grad = torch.from_numpy(gradient.copy())
            optimizer.step()
            trace.append(listed(parameter))
        result[name] = trace
    parameter = nn.Parameter(torch.from_numpy(start.copy()))
    parameter.grad = torch.from_numpy(gradients[0].copy())
    result["clip_norm_1"] = {"norm": float(nn.utils.clip_grad_norm_([parameter], 1.0)), "clipped": listed(parameter.grad)}
    return result


def batch_norm():
    module = nn.BatchNorm2d(3)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([0.5, 1.0, 1.5]))
        module.bias.copy_(torch.tensor([0.1, -0.2, 0.3]))
    x = torch.from_numpy(values("input", 24)).reshape(2, 3, 2, 2).requires_grad_()
    factor = torch.from_numpy(values("factor", 24)).reshape(2, 3, 2, 2)
    y = module(x)
    (y * factor).sum().backward()
    result = {"input": listed(x), "factor": listed(factor), "training": listed(y), "input_gradient": listed(x.grad),
              "weight_gradient": listed(module.weight.grad), "bias_gradient": listed(module.bias.grad),
              "running_mean": listed(module.running_mean), "running_var": listed(module.running_var)}
    result["evaluation"] = listed(module.eval()(x))
    return result


def main():
    content = {"torch": torch.__version__, "losses": losses(), "optimizers": optimizers(), "batch_norm": batch_norm()}
    Path(__file__).with_name("values.json").write_text(json.dumps(content, indent=1) + "\n")


main()
