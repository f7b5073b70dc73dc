"""What is wrong with a dataset: every finding names its file and, in a table, row and column."""

from typing import Dict, List, Optional, Tuple

CAP = 20


class Findings:
    """Collects findings; a file's lines beyond CAP are counted, not listed."""

    def __init__(self) -> None:
        self._by_file: Dict[str, List[Tuple[int, str]]] = {}

    def add(
        self,
        file: str,
        text: str,
        line: Optional[int] = None,
        column: Optional[str] = None,
    ) -> None:
        """`line` is the line's number in the file, the header being 1."""
        place = file if line is None else f"{file}:{line}"
        parts = [place] if column is None else [place, column]
        self._by_file.setdefault(file, []).append(
            (line or 0, ": ".join(parts + [text]))
        )

    def about(self, file: str) -> int:
        """How many findings there are about that file."""
        return len(self._by_file.get(file, []))

    def lines(self) -> List[str]:
        """By file, then by line, then in the order of finding."""
        listed: List[str] = []
        for file in sorted(self._by_file):
            found = sorted(self._by_file[file], key=lambda entry: entry[0])
            listed += [text for _, text in found[:CAP]]
            if len(found) > CAP:
                listed.append(f"{file}: and {len(found) - CAP} more")
        return listed
