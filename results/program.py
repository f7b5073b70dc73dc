"""How the package's programs start."""

from __future__ import annotations

import signal
import sys
from typing import Callable, NoReturn, Sequence


def run(main: Callable[[Sequence[str]], int]) -> NoReturn:
    """
    Ends with what main() makes of the arguments. Who reads the output may stop reading, as `head`
    does: that ends the program silently, as it does any other filter.
    """
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
