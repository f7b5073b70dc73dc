"""
What in a dataset identifies a person or a host, and what stands there instead.

Texts are searched for forms that nothing else has (UUIDs, MAC and IP addresses, user@host, paths
into folders that are somebody's own); where a value is told by its name, as on a kernel's command
line or among hwloc's infos, the name decides. What a machine is (model, firmware, kernel, libraries
of the system) stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable, Iterable, List, Match, Sequence, Tuple
from xml.etree import ElementTree

STRIPPED = "(stripped)"

# Of the kernel's command line: they name disks, networks and hosts, and change no figure.
PARAMETERS = re.compile(
    r"(?<!\S)((?:root|resume|cryptdevice|cryptkey|ip|nfsroot|netroot|BOOTIF|BOOT_IMAGE|initrd|ds|"
    r"hostname|systemd\.hostname|systemd\.machine_id|netconsole|iscsi_[a-z_]+|rd\.[a-z._]+|"
    r"[a-z_]*\.?(?:serial|mac|macaddr|smsc95xx\.macaddr))=)(?!\(stripped\))\S+"
)
# hwloc's: names of hosts, of groups of processes, and serial numbers of what is plugged in.
INFOS = re.compile(
    r"HostName|.*Serial(Number)?|.*UUID|.*AssetTag|LinuxCgroup|.*GUID|Port\d+GID\d+|Port\d+LID|Address"
)
PATTERNS: Sequence[Tuple[str, str]] = (
    (r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", "(UUID)"),
    (r"(?<![\w:-])(?:[0-9a-fA-F]{2}[:-]){5,7}[0-9a-fA-F]{2}(?![\w:-])", "(MAC)"),
    (r"(?<![\w.])(?!127\.|0\.)(?:\d{1,3}\.){3}\d{1,3}(?![\w.])", "(IP address)"),
    (r"(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])", "(IP address)"),
    (
        r"(?<![\w:])(?=(?:[^\s:]*:){3})(?:[0-9a-f]{1,4}:)+:(?:[0-9a-f]{1,4}:?)*(?![\w:])",
        "(IP address)",
    ),
    (
        r"(?<![\w/.])/(?:home|Users|export/home)/[^\s/'\":,;=()]+(?=[\s'\":,;=()]|$)",
        "(home)",
    ),
    (r"\(?[\w.+-]*[A-Za-z][\w.+-]*@[A-Za-z][\w.-]*\)?", "(person)"),
)
SHARED = "usr|lib|lib32|lib64|bin|sbin|sys|proc|dev|etc|boot"
OWN_PATH = re.compile(
    rf"(?<![\w/.…*])(?:~|/(?!(?:{SHARED})\b))(?:[^\s/'\":,;=()]*/)+(?=[^\s/'\":,;=()]|$)"
)


@dataclass(frozen=True)
class Change:
    """One value: where it stood (file and place in it), and what was made of it."""

    file: str
    place: str
    before: str
    after: str


class Cleaner:
    """Takes out what identifies, also the given words; keeps account of all changes."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.changes: List[Change] = []
        found = [re.escape(word) for word in words if word]
        self._words = (
            re.compile(rf"(?<![\w.])(?:{'|'.join(found)})(?!\w|\.\w)", re.I)
            if found
            else None
        )

    def text(self, file: str, place: str, before: str) -> str:
        """Any text. Of a path that is somebody's own, the last name stays."""
        after = PARAMETERS.sub(rf"\g<1>{STRIPPED}", before)
        for pattern, instead in PATTERNS:
            after = re.sub(pattern, instead, after)
        after = OWN_PATH.sub("", after)
        if self._words:
            after = self._words.sub(STRIPPED, after)
        return self._note(file, place, before, after)

    def document(self, file: str, content: Any, place: str = "") -> Any:
        """All texts of JSON; keys stay."""
        if isinstance(content, dict):
            return {
                key: self.document(file, value, f"{place}.{key}" if place else key)
                for key, value in content.items()
            }
        if isinstance(content, list):
            return [
                self.document(file, value, f"{place}[{index}]")
                for index, value in enumerate(content)
            ]
        return self.text(file, place, content) if isinstance(content, str) else content

    def topology(self, file: str, content: str) -> str:
        """hwloc's XML; what is not changed stays as it is written."""

        def info(match: Match[str]) -> str:
            name, before = match["name"], match["value"]
            if INFOS.fullmatch(name):
                after = self._note(file, f"info {name}", before, STRIPPED)
            else:
                after = self.text(file, f"info {name}", before)
            return f"{match['head']}{after}{match['tail']}"

        ElementTree.fromstring(content)  # whole, or ParseError
        return re.sub(
            r'(?P<head><info name="(?P<name>[^"]*)" value=")(?P<value>[^"]*)(?P<tail>")',
            info,
            content,
        )

    def rows(
        self, file: str, rows: List[List[str]], texts: Callable[[str], bool]
    ) -> List[List[str]]:
        """A table with its header; `texts` tells of a column's name whether it holds texts."""
        header = rows[0]
        wanted = [index for index, name in enumerate(header) if texts(name)]
        for number, row in enumerate(rows[1:], start=2):
            for index in wanted:
                place = f"line {number}, {header[index]}"
                row[index] = self.text(file, place, row[index])
        return rows

    def _note(self, file: str, place: str, before: str, after: str) -> str:
        if after != before:
            self.changes.append(Change(file, place, before, after))
        return after
