"""The paper's chain from a few boxes to a segmentation, with every way to get the other boxes, repetition by repetition.

    python wbc_boxes.py chain  LACUNA DATA OUT [--encoder-weights FILE] [--repetitions 5]
    python wbc_boxes.py tables OUT

DATA is a data set with complete masks, partial paint and a box in every picture (`lacuna simulate`). In each repetition
the split is drawn anew, 32 training and 8 validation pictures keep their boxes, and the boxes of the other training and
validation pictures come from an arm:

    hand                people's boxes everywhere
    detector            `lacuna detect`, trained on the 40
    mean-box            the mean of the 40
    largest-component   of a quick U-Net trained on the insides of the 40
    forty               none
    none                none, nor the 40: policy `fusion`

Every arm trains the same network (recipe `quick`) with the same seed on the same paint, and is scored on all pixels of
the test pictures. What is there already is not made again. Needs nothing but Python's standard library.
"""

import argparse
import csv
import json
import random
import shutil
import statistics
import subprocess
from pathlib import Path

ARMS = ["hand", "detector", "mean-box", "largest-component", "none", "forty"]
BOXED = {"train": 32, "validation": 8}


def lacuna(binary, *arguments):
    done = subprocess.run([binary, *map(str, arguments), "--json"], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def without_boxes(data, ids):
    for case in ids:
        (data / "annotations" / case / "regions.json").unlink(missing_ok=True)


def prepare(binary, source, folder, repetition):
    """The data set with its split, and the same with 40 boxes."""
    hand, forty = folder / "hand", folder / "forty"
    if forty.exists():
        return forty
    shutil.rmtree(hand, ignore_errors=True)
    shutil.copytree(source, hand)
    shutil.rmtree(hand / "splits", ignore_errors=True)
    lacuna(binary, "split", "--data", hand, "--seed", repetition, "--test", 0.2, "--validation", 0.1)
    fold = json.loads((hand / "splits" / "default.json").read_text())["folds"][0]
    chance = random.Random(repetition)
    boxed = {case for part, most in BOXED.items() for case in chance.sample(sorted(fold[part]), most)}
    (folder / "boxed.json").write_text(json.dumps(sorted(boxed), indent=1))
    begun = folder / "forty-begun"
    shutil.rmtree(begun, ignore_errors=True)
    shutil.copytree(hand, begun)
    without_boxes(begun, {case for part in fold.values() for case in part} - boxed)
    begun.rename(forty)
    return forty


def boxes(binary, folder, forty, weights, repetition):
    """A detector, its table on pictures it has not seen, and a data set for each way."""
    run = folder / "boxes"
    if not (run / "summary.json").exists():
        lacuna(binary, "detect", "train", "--data", forty, "--output-dir", run, "--short-side", 128,
               "--seed", repetition, "--force", *weights)
    table = folder / "boxes.json"
    if not table.exists():
        ways = [word for way in ("mean-box", "whole-image", "largest-component") for word in ("--baseline", way)]
        found = lacuna(binary, "detect", "evaluate", "--run", run, "--data", folder / "hand", *ways)
        table.write_text(json.dumps(found, indent=1))
    for way in ("detector", "mean-box", "largest-component"):
        data, begun = folder / way, folder / f"{way}-begun"
        if data.exists():
            continue
        shutil.rmtree(begun, ignore_errors=True)
        shutil.copytree(forty, begun)
        baseline = [] if way == "detector" else ["--baseline", way]
        said = lacuna(binary, "detect", "predict", "--run", run, "--data", begun, *baseline)
        (folder / f"{way}.json").write_text(json.dumps(said, indent=1))
        begun.rename(data)


def segment(binary, folder, arm, weights, repetition):
    run = folder / "runs" / arm
    data = folder / ("forty" if arm == "none" else arm)
    policy = "fusion" if arm == "none" else "fusion+box"
    if not (run / "summary.json").exists():
        lacuna(binary, "train", "--data", data, "--output-dir", run, "--preset", "quick", "--policy", policy,
               "--seed", repetition, "--force", *weights)
    if not (run / "evaluation" / "test" / "summary.json").exists():
        lacuna(binary, "evaluate", "--run", run, "--no-surfaces")


def chain(options):
    weights = ["--encoder-weights", options.encoder_weights] if options.encoder_weights else []
    for repetition in range(options.repetitions):
        folder = options.out / f"r{repetition}"
        folder.mkdir(parents=True, exist_ok=True)
        forty = prepare(options.lacuna, options.data, folder, repetition)
        boxes(options.lacuna, folder, forty, weights, repetition)
        for arm in options.arms:
            segment(options.lacuna, folder, arm, weights, repetition)
            print(f"repetition {repetition}: {arm}", flush=True)


def rows(out, arm):
    """(repetition, case, class) -> tp, fp, fn on all pixels at threshold .5."""
    found = {}
    for file in sorted(out.glob(f"r*/runs/{arm}/evaluation/test/per_case.csv")):
        repetition = int(file.parts[-6][1:])
        with file.open() as lines:
            for row in csv.DictReader(lines):
                if row["rule"] == "0.5" and row["definition"] == "all-pixels":
                    counts = tuple(int(row[name]) for name in ("tp", "fp", "fn"))
                    found[repetition, row["case"], row["class"]] = counts
    return found


def dice(counts):
    tp, fp, fn = (sum(column) for column in zip(*counts))
    return 2 * tp / (2 * tp + fp + fn)


def interval(differences, draws=4000):
    """Percentile bootstrap: over pictures (their mean over repetitions and classes), 95 %."""
    chance = random.Random(0)
    means = sorted(statistics.fmean(chance.choices(differences, k=len(differences))) for _ in range(draws))
    return means[int(0.025 * draws)], means[int(0.975 * draws)]


def tables(options):
    found = {arm: rows(options.out, arm) for arm in ARMS}
    found = {arm: those for arm, those in found.items() if those}
    done = sorted(set.intersection(*({key[0] for key in those} for those in found.values())))
    found = {arm: {key: those[key] for key in those if key[0] in done} for arm, those in found.items()}
    classes = sorted({key[2] for those in found.values() for key in those})
    print(f"repetitions {done}, arms {list(found)}\n")
    box_table(options.out, done)
    dice_table(options.out, found, done, classes)


def box_table(out, done):
    """What the boxes are like on the pictures that the detector has not seen."""
    with (out / "boxes.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["repetition", "boxes", "pictures", "with_box", "ap50", "ap", "margin", "missed", "gained"])
        for repetition in done:
            for row in json.loads((out / f"r{repetition}" / "boxes.json").read_text()):
                judged, margin = row["judgement"], row["margin"]
                point = next(each for each in judged["curve"] if each["margin"] == margin)
                numbers = [judged["ap50"], judged["ap"], margin, point["missed"], point["gained"]]
                table.writerow([repetition, row["boxes"], judged["pictures"], judged["with_box"],
                                *(f"{number:.4f}" for number in numbers)])
    print((out / "boxes.csv").read_text())


def dice_table(out, found, done, classes):
    def pooled(arm, repetition, name):
        return dice([counts for (r, _, k), counts in found[arm].items() if (r, k) == (repetition, name)])

    with (out / "dice.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["boxes", "repetition", *(f"pooled_dice_{name}" for name in classes)])
        for arm in found:
            for repetition in done:
                table.writerow([arm, repetition, *(f"{pooled(arm, repetition, name):.4f}" for name in classes)])
    heads = [f"pooled Dice {name}" for name in classes]
    print(" | ".join(["boxes", *heads, "Dice a picture less hand's", "less the detector's"]))
    for arm in found:
        cells = []
        for name in classes:
            values = [pooled(arm, repetition, name) for repetition in done]
            sd = statistics.stdev(values) if len(values) > 1 else 0.0
            cells.append(f"{statistics.fmean(values):.3f} ({sd:.3f})")
        print(" | ".join([arm, *cells, against(found, arm, "hand"), against(found, arm, "detector")]))


def against(found, arm, other):
    if arm == other or other not in found:
        return ""
    by_case = {}
    for key in found[arm].keys() & found[other].keys():
        if any(2 * tp + fp + fn == 0 for tp, fp, fn in (found[arm][key], found[other][key])):
            continue
        difference = dice([found[arm][key]]) - dice([found[other][key]])
        by_case.setdefault(key[1], []).append(difference)
    differences = [statistics.fmean(by_case[case]) for case in sorted(by_case)]
    lo, hi = interval(differences)
    return f"{statistics.fmean(differences):+.3f} [{lo:+.3f}, {hi:+.3f}]"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("chain")
    command.add_argument("lacuna")
    command.add_argument("data", type=Path)
    command.add_argument("out", type=Path)
    command.add_argument("--encoder-weights")
    command.add_argument("--repetitions", type=int, default=5)
    command.add_argument("--arms", nargs="+", choices=ARMS, default=ARMS)
    command.set_defaults(run=chain)
    command = commands.add_parser("tables")
    command.add_argument("out", type=Path)
    command.set_defaults(run=tables)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
