"""
`python3 -m results.publish DIR --license=CC0-1.0`: makes a dataset fit to be published.

It is validated completely; what identifies a person or a host is taken out of a copy and shown
(results/identity.py says what that is); licence, contributors and CITATION.cff are added, checksums
made anew, and the copy is put into results/data/<machine>/<UTC time>-<profile>/ and into the index.
Figures and samples stay as they are.
"""

from __future__ import annotations

import argparse
import csv
import getpass
import gzip
import hashlib
import io
import json
import re
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence

from results import index, load, program
from results.identity import Change, Cleaner
from results.validate import validate

LICENSES = {
    "CC0-1.0": (
        "Creative Commons Zero 1.0",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ),
    "CC-BY-4.0": (
        "Creative Commons Attribution 4.0",
        "https://creativecommons.org/licenses/by/4.0/",
    ),
}
CITATION = "CITATION.cff"
CONTRIBUTORS = "copycost contributors"
# Names that are everybody's say nothing of anybody.
COMMON = {"root", "localhost", "user", "debian", "ubuntu", "fedora", "pi", "linux"}
SHOWN = 40


class Refused(Exception):
    """Why the dataset is not published, and what to do."""


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """The command line; usage errors end the program with 2."""
    parser = argparse.ArgumentParser(prog="publish", description=__doc__)
    parser.add_argument("dataset", type=Path, metavar="DIR", help="folder of a dataset")
    parser.add_argument("--license", choices=LICENSES, required=True)
    parser.add_argument(
        "--author",
        action="append",
        default=[],
        metavar="NAME",
        help=f"who measured it, to be named in public (default: {CONTRIBUTORS})",
    )
    parser.add_argument("--machine", help="another name for the machine")
    parser.add_argument(
        "--strip",
        action="append",
        default=[],
        metavar="WORD",
        help="take this word out too (this host's and user's names always are)",
    )
    parser.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="WORD",
        help="this host's or user's name, where it says nothing of either",
    )
    parser.add_argument(
        "--data", type=Path, default=index.DATA, help="folder of the collection"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be taken out"
    )
    return parser.parse_args(arguments)


def private_words(strip: Sequence[str], keep: Sequence[str]) -> List[str]:
    """Words to take out: those asked for, and names of this host and user."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        user = ""
    host = socket.gethostname()
    names = {host, host.partition(".")[0], user}
    kept = {word.lower() for word in keep} | COMMON
    return [*strip, *sorted(name for name in names if name.lower() not in kept)]


def check(path: Path) -> load.Dataset:
    """The dataset, whole; Refused says what is wrong with it."""
    found = validate(path)
    if found:
        more = f"\n  and {len(found) - 5} more" if len(found) > 5 else ""
        listed = "".join(f"\n  {line}" for line in found[:5])
        raise Refused(f"{path}: not valid:{listed}{more}")
    dataset = load.dataset(path)
    if dataset.package["copycost"]["interrupted"]:
        raise Refused(f"{path}: its run was interrupted; measure it whole")
    if dataset.source:
        raise Refused(f"{path}: {load.source_text(dataset.source)}; it is not yours")
    return dataset


def run_name(machine: Dict[str, Any]) -> str:
    """<UTC time>-<profile>, from when the run began."""
    started = re.sub(r"[-:]", "", machine["run"]["started_utc"])
    return f"{started}-{machine['run']['profile']}"


def clean_table(cleaner: Cleaner, resource: Dict[str, Any], content: bytes) -> bytes:
    """The table's texts; the very bytes where nothing is to be taken out."""
    packed = "compression" in resource
    text = (gzip.decompress(content) if packed else content).decode("utf-8")
    kinds = {column["name"]: column["type"] for column in resource["schema"]["fields"]}
    before = len(cleaner.changes)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    rows = cleaner.rows(resource["path"], rows, lambda name: kinds[name] == "string")
    if len(cleaner.changes) == before:
        return content
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    raw = written.getvalue().encode("utf-8")
    return gzip.compress(raw, mtime=0) if packed else raw


def clean_file(cleaner: Cleaner, resource: Dict[str, Any], content: bytes) -> bytes:
    """A file of the dataset as it may be published."""
    name = resource["path"]
    if "schema" in resource:
        return clean_table(cleaner, resource, content)
    text = content.decode("utf-8")
    if resource["format"] == "xml":
        return cleaner.topology(name, text).encode("utf-8")
    return json_bytes(cleaner.document(name, json.loads(text)))


def json_bytes(document: Any) -> bytes:
    """A JSON file."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def citation(
    dataset: load.Dataset, license: str, authors: Sequence[str], cleaner: Cleaner
) -> bytes:
    """CITATION.cff 1.2.0 (https://citation-file-format.github.io); JSON strings are YAML's."""
    quoted = json.dumps
    package, machine = dataset.package, dataset.machine
    title = f"{package['title']}, {package['created'][:10]}"
    abstract = f"{package['description']} Machine: {dataset.title}."
    lines = [
        "cff-version: 1.2.0",
        "type: dataset",
        f"message: {quoted('If you use these figures, please cite them as below.')}",
        f"title: {quoted(cleaner.text(CITATION, 'title', title))}",
        f"version: {quoted(package['version'])}",
        f"date-released: {quoted(package['created'][:10])}",
        f"license: {quoted(license)}",
        f"abstract: {quoted(cleaner.text(CITATION, 'abstract', abstract))}",
        f"keywords: {quoted(['memcpy', 'memory', 'benchmark', machine['cpu'].get('isa') or ''])}",
        "authors:",
        *(f"  - name: {quoted(author)}" for author in authors),
    ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def describe(name: str, content: bytes) -> Dict[str, Any]:
    """The entry of a file's size and checksum."""
    digest = hashlib.sha256(content).hexdigest()
    return {"path": name, "bytes": len(content), "hash": f"sha256:{digest}"}


def files_of(
    dataset: load.Dataset, options: argparse.Namespace, cleaner: Cleaner
) -> Dict[str, bytes]:
    """Every file of the published dataset, by its name in the folder."""
    authors = options.author or [CONTRIBUTORS]
    package = cleaner.document(load.PACKAGE, dataset.package)
    files: Dict[str, bytes] = {}
    package["resources"] = [
        resource for resource in package["resources"] if resource["path"] != CITATION
    ]
    for resource in package["resources"]:
        name = resource["path"]
        content = (dataset.path / name).read_bytes()
        if name == "machine.json":
            content = json_bytes(dataset.machine)
        files[name] = clean_file(cleaner, resource, content)
        resource.update(describe(name, files[name]))
    title, link = LICENSES[options.license]
    package["licenses"] = [{"name": options.license, "title": title, "path": link}]
    package["contributors"] = [{"title": who, "role": "author"} for who in authors]
    files[CITATION] = citation(dataset, options.license, authors, cleaner)
    package["resources"].append(
        {
            "name": "citation",
            "profile": "data-resource",
            "title": "How to cite it",
            "format": "yaml",
            "mediatype": "application/yaml",
            "encoding": "utf-8",
            **describe(CITATION, files[CITATION]),
        }
    )
    files[load.PACKAGE] = json_bytes(package)
    return files


def rename(dataset: load.Dataset, name: Optional[str]) -> None:
    """Gives the machine another name wherever the dataset says it."""
    old = dataset.machine["name"]
    if name is None or name == old:
        return
    if not re.fullmatch(r"[a-z0-9][-a-z0-9._]*", name):
        raise Refused(f"'{name}' is no machine's name: letters a-z, digits, - . _")
    dataset.machine["name"] = name
    for key in ("name", "title"):
        dataset.package[key] = dataset.package[key].replace(old, name, 1)


def write(files: Dict[str, bytes], target: Path) -> None:
    """Makes the folder whole, or not at all; Refused if what came out is not valid."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".publish-", dir=target.parent) as scratch:
        folder = Path(scratch) / target.name
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        found = validate(folder)
        if found:
            raise Refused(
                f"without what was taken out the dataset is not valid: {found[0]}; "
                "--keep=WORD keeps a word that means something else"
            )
        shutil.move(str(folder), str(target))


def shown(changes: Sequence[Change]) -> List[str]:
    """The lines that say what was taken out; the same text in many places is one of them."""
    places: Dict[tuple[str, str, str], List[str]] = {}
    for change in changes:
        key = (change.file, change.before, change.after)
        places.setdefault(key, []).append(change.place)
    lines = []
    for (file, before, after), where in places.items():
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        lines.append(f"  {file}: {where[0]}{more}\n    - {before}\n    + {after}")
    return lines


def publish(options: argparse.Namespace, say: Callable[[str], None]) -> Path:
    """Does it; returns the new folder."""
    dataset = check(options.dataset)
    rename(dataset, options.machine)
    cleaner = Cleaner(private_words(options.strip, options.keep))
    machine = dataset.machine["name"]
    if cleaner.text("machine.json", "name", machine) != machine:
        raise Refused(
            f"the machine's name, {machine}, is a host's or a user's; "
            "--machine=NAME gives it another"
        )
    files = files_of(dataset, options, cleaner)
    lines = shown(cleaner.changes)
    say(f"taken out: {len(cleaner.changes)} texts" if lines else "taken out: nothing")
    for line in lines[:SHOWN]:
        say(line)
    if len(lines) > SHOWN:
        say(f"  and {len(lines) - SHOWN} more")
    target: Path = options.data / machine / run_name(dataset.machine)
    if target.exists():
        raise Refused(f"{target} is there already; a published dataset is not replaced")
    if not options.dry_run:
        write(files, target)
        index.write(options.data)
    return target


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """0: published; 1: refused, as a line on stderr says; 2: usage."""
    options = parse(arguments)
    try:
        target = publish(options, print)
    except (Refused, load.DatasetError, OSError) as error:
        print(f"publish: {error}", file=sys.stderr)
        return 1
    print(f"{'would be ' if options.dry_run else ''}published: {target}")
    return 0


if __name__ == "__main__":
    program.run(main)
