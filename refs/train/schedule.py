"""Learning rates of torch.optim.lr_scheduler, one value an optimiser step, for schedule.rs.

Usage: python refs/train/schedule.py  (writes schedule.json beside itself)
"""

import json
import pathlib
import warnings

import torch
from torch.optim import lr_scheduler as schedulers

warnings.filterwarnings("ignore", message="The epoch parameter")


def values(lr, decay, power, warmup_steps, total_steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    span = total_steps - warmup_steps
    main = {
        "constant": lambda: schedulers.ConstantLR(optimizer, factor=1.0, total_iters=0),
        "poly": lambda: schedulers.PolynomialLR(optimizer, total_iters=span, power=power),
        "cosine": lambda: schedulers.CosineAnnealingLR(optimizer, T_max=span, eta_min=0.0),
    }[decay]
    if warmup_steps:
        warmup = schedulers.LinearLR(
            optimizer, start_factor=0.01, end_factor=1.0, total_iters=warmup_steps
        )
        scheduler = schedulers.SequentialLR(optimizer, [warmup, main()], milestones=[warmup_steps])
    else:
        scheduler = main()
    rates = []
    for _ in range(total_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def main():
    settings = [
        ("constant", 0.01, "constant", 0.9, 0, 10),
        ("constant after warm-up", 0.01, "constant", 0.9, 4, 10),
        ("poly", 0.01, "poly", 0.9, 0, 50),
        ("poly squared after warm-up", 0.1, "poly", 2.0, 7, 40),
        ("cosine", 0.01, "cosine", 0.9, 0, 50),
        ("cosine after warm-up", 0.003, "cosine", 0.9, 10, 60),
    ]
    names = ("name", "lr", "decay", "power", "warmup_steps", "total_steps")
    cases = [{**dict(zip(names, row)), "values": values(*row[1:])} for row in settings]
    path = pathlib.Path(__file__).with_name("schedule.json")
    path.write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
