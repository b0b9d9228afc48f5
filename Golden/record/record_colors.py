"""Records Golden/fox/colors.json: the colours of print_with_probs.

Authority: matplotlib 3.11.2, and the homework's expression. The notebook's slice of the 50 samples is cut off at the
margin of the page; samples 5 to 44 are an assumption.

    python record_colors.py
"""

import datetime
import warnings

import matplotlib
import numpy as np
from matplotlib import pyplot as plt

import reference


def main():
    warnings.simplefilter("ignore")
    x = np.linspace(0.0, 1.0, 50)
    samples = (plt.get_cmap("RdYlBu")(x)[:, :3] * 255).astype(np.int32)
    record = {
        "script": "Golden/record/record_colors.py",
        "authority": f"matplotlib {matplotlib.__version__}, the homework's print_with_probs (Q1.2)",
        "numpy": np.__version__,
        "date": datetime.date.today().isoformat(),
    }
    colors = samples[5:45].tolist()
    reference.write_json(reference.GOLDEN / "fox" / "colors.json", {"provenance": record, "cases": colors})


if __name__ == "__main__":
    main()
