"""Run every benchmark that needs nothing but the shipped example, or all boards on a folder of public datasets.

python -m benchmarks                      # the shipped export, and plans of 300 … 30,000 skus under shared limits
python -m benchmarks --data FOLDER        # vn2, m5_subset, … in FOLDER, and the VN2 replay
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import accuracy, plan_scale, vn2_replay
from inventory.orders_import import import_orders

EXAMPLE = Path(__file__).parent.parent / "examples" / "online_retail"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the public dataset folders")
    arguments = parser.parse_args()
    if arguments.data is None:
        with tempfile.TemporaryDirectory() as place:
            import_orders(EXAMPLE / "orders.csv.gz", Path(place) / "online_retail", tables_from=EXAMPLE / "assumed")
            accuracy.table(Path(place), ["online_retail"])
        sys.argv = [sys.argv[0]]
        plan_scale.main()
        return
    accuracy.table(arguments.data, [name for name in accuracy.BOARDS if (arguments.data / name).is_dir()])
    sys.argv = [sys.argv[0], "--data", str(arguments.data / "vn2")]
    vn2_replay.main()


if __name__ == "__main__":
    main()
