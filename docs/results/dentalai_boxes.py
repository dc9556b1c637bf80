"""Makes the data set of teeth in boxes.md, trains the detector and holds it to simpler ways.

    pip install numpy pillow
    python dentalai_boxes.py LACUNA DENTALAI OUT --encoder-weights FILE

DENTALAI is the folder with `index.json`, `train/` and `valid/` (photos with a longest side of 640 pixels). Every fifth of
the training photos, in the order of their names, until there are 125: the first 100 train, the others choose the margin. The
84 photos of `valid/` judge. What is annotated becomes the class `teeth`, and a box 5 pixels around it a person's.
"""

import argparse
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

TRAIN, VALIDATION, EVERY = 100, 25, 5
# tooth; caries, cavity and crack are on teeth
TEETH = (1, 2, 3, 4)


def photos(index, split):
    return sorted(photo["name"] for photo in index if photo["split"] == split)


def copy(source, split, name, out):
    photo, = (source / split / "img").glob(f"{name}.*")
    shutil.copyfile(photo, out / "photos" / photo.name)
    mask = np.array(Image.open(source / split / "mask" / f"{name}.png"))
    Image.fromarray(np.isin(mask, TEETH).astype(np.uint8)).save(out / "masks" / f"{name}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lacuna")
    parser.add_argument("dentalai", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--encoder-weights", required=True)
    parser.add_argument("--only-data", action="store_true", help="make the data set, and train nothing")
    given = parser.parse_args()

    def lacuna(*words):
        subprocess.run([given.lacuna, *map(str, words)], check=True)

    index = json.loads((given.dentalai / "index.json").read_text())
    chosen = photos(index, "train")[::EVERY][: TRAIN + VALIDATION]
    judges = photos(index, "valid")
    for folder in ("photos", "masks"):
        (given.out / folder).mkdir(parents=True)
    for split, names in (("train", chosen), ("valid", judges)):
        for name in names:
            copy(given.dentalai, split, name, given.out)
    data = given.out / "dentalai"
    lacuna("init", data, "--class", "teeth")
    lacuna("import", "png-masks", "--data", data, "--images", given.out / "photos", "--masks", given.out / "masks",
           "--map", "1=teeth", "--unpainted", "unknown", "--box-around", "teeth", "--box-margin", "5")
    fold = {"train": chosen[:TRAIN], "validation": chosen[TRAIN:], "test": judges}
    split = {"version": 1, "seed": 0, "by": "image", "grouped": False, "folds": [fold]}
    (data / "splits").mkdir(exist_ok=True)
    (data / "splits" / "default.json").write_text(json.dumps(split))
    if given.only_data:
        return
    run = given.out / "run"
    lacuna("detect", "train", "--data", data, "--output-dir", run, "--encoder-weights", given.encoder_weights)
    lacuna("detect", "evaluate", "--run", run, "--data", data, "--output-dir", given.out / "judged",
           *(word for way in ("whole-image", "mean-box", "largest-component") for word in ("--baseline", way)))


if __name__ == "__main__":
    main()
