"""
The verdict of a comparison of two shared objects, from a file of pairs that `copycost ab` measured.

    found = verdict.judge(pairs.read("memcpy.pairs.json.gz"))
    found.status   0 fine, 1 regressed, 3 no verdict or inconclusive

`python3 -m results.ab PAIRS...` prints it; `python3 -m plots.ab PAIRS --out=FILE` draws it.
"""
