"""A verdict as JSON: every cell with its figures; results/schema/ab.schema.json is its form."""

from __future__ import annotations

import json
import math
from typing import Any, Dict, List, Optional, Sequence

from results.ab import texts
from results.ab.verdict import Judged, Placed, Ratio, Verdict, worst
from results.load import machine_title

FORMAT = "copycost-ab/1"


def report(verdicts: Sequence[Verdict]) -> str:
    """The JSON."""
    status = worst([found.status for found in verdicts])
    comparisons = [_comparison(found) for found in verdicts]
    document = {"format": FORMAT, "status": status, "comparisons": comparisons}
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _comparison(found: Verdict) -> Dict[str, Any]:
    pairs = found.pairs
    return {
        "pairs": str(pairs.path),
        "status": found.status,
        "verdict": texts.headline(found),
        "no_verdict_because": found.why,
        "old": _about(pairs.old),
        "new": _about(pairs.new),
        "machine": machine_title(pairs.machine),
        "plan": {name: pairs.plan[name] for name in sorted(pairs.plan)},
        "alpha": found.alpha,
        "ended": pairs.ended,
        "cells": _cells(found.change),
        "control": _cells(found.control),
    }


def _about(of_object: Dict[str, Any]) -> Dict[str, Any]:
    return {name: of_object[name] for name in ("file", "sha256", "label")}


def _cells(judged: List[Judged]) -> List[Dict[str, Any]]:
    return [_cell(each) for each in judged]


def _cell(judged: Judged) -> Dict[str, Any]:
    cell = judged.cell
    old_ns, new_ns = (_finite(ns) for ns in cell.ns())
    old_entry, new_entry = (None if entry < 0 else entry for entry in cell.entries)
    return {
        "cell": cell.number,
        **cell.point._asdict(),
        "outcome": judged.outcome,
        "reason": judged.reason,
        "old_entry": old_entry,
        "new_entry": new_entry,
        "pairs": len(cell.launch),
        "old_ns": old_ns,
        "new_ns": new_ns,
        "ratio": _ratio(judged.ratio),
        "placement": _placement(judged.placed),
    }


def _ratio(ratio: Ratio) -> Optional[Dict[str, Any]]:
    """None of no launches. An end is null where launches are too few for an interval."""
    if not ratio.launches:
        return None
    return {
        "value": _finite(ratio.value),
        "low": _finite(ratio.low) if ratio.low > 0 else None,
        "high": _finite(ratio.high),
        "p_slower": ratio.p_above,
        "p_faster": ratio.p_below,
        "launches": ratio.launches,
    }


def _placement(placed: Optional[Placed]) -> Optional[Dict[str, Any]]:
    if placed is None:
        return None
    return {
        "same_offset": _ratio(placed.same),
        "part": _ratio(placed.part),
        "reason": placed.reason,
    }


def _finite(value: float) -> Optional[float]:
    return value if math.isfinite(value) else None
