"""Values of SciPy, statsmodels and scikit-learn for the signed-rank test, Holm's adjustment and Cohen's kappa:
comparison.json.

    pip install scipy statsmodels scikit-learn
    python refs/metrics/make_comparison.py
"""

import json
import pathlib
import random

import scipy
import sklearn
import statsmodels
from scipy.stats import wilcoxon
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.multitest import multipletests

random.seed(20261125)


def draw(count, shift, digits):
    return [round(random.gauss(shift, 1), digits) for _ in range(count)]


def case(differences):
    zeros = 0.0 in differences
    ties = len({abs(d) for d in differences}) < len(differences)
    # SciPy's exact distribution knows no ties; its approximation is compared where ours is one too.
    if len(differences) <= 50 and (zeros or ties):
        raise SystemExit("no reference for small samples with ties")
    method = "exact" if len(differences) <= 50 else "approx"
    result = wilcoxon(differences, zero_method="wilcox", correction=False, method=method)
    return {"differences": differences, "method": method, "p": result.pvalue}


def kappa(tp, fp, fn, tn):
    first = [1] * (tp + fp) + [0] * (fn + tn)
    second = [1] * tp + [0] * fp + [1] * fn + [0] * tn
    return {"tp": tp, "fp": fp, "fn": fn, "tn": tn, "kappa": cohen_kappa_score(first, second)}


differences = [draw(n, shift, 9) for n, shift in [(1, 0), (5, 0.3), (10, 0.5), (17, -0.4), (40, 0.2), (50, 0.9)]]
differences += [draw(60, 0.1, 9), draw(80, 0.4, 1), draw(200, -0.05, 1), draw(120, 1.5, 2)]
p_values = [[0.04], [0.01, 0.04, 0.03, 0.005], [0.5, 0.9, 0.7], [0.02, 0.02, 0.02, 0.0001, 0.3]]
reference = {
    "made_with": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "sklearn": sklearn.__version__},
    "wilcoxon": [case(d) for d in differences],
    "kappa": [kappa(*counts) for counts in [(20, 5, 10, 15), (2, 2, 1, 1), (0, 3, 4, 90), (50, 0, 0, 7), (1, 30, 25, 4)]],
    "holm": [{"p": p, "adjusted": list(multipletests(p, method="holm")[1])} for p in p_values],
}
path = pathlib.Path(__file__).with_name("comparison.json")
path.write_text(json.dumps(reference, indent=1) + "\n")
