"""scripts/chaos with its faults muted: nothing is done to any process, so nothing may hold."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent.parent.parent / "scripts/lib"))
import chaos  # noqa: E402
from faults import Faults  # noqa: E402

Faults.act = lambda *_: None

if __name__ == "__main__":
    chaos.main()
