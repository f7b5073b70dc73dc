"""
Whole machines under QEMU: what they are (machines), what they boot (images, archive), and one
machine's life (guest). Emulation proves what copycost does on such a machine, never how fast.
"""


class Failure(Exception):
    """What was asked, what is there, what to do."""
