"""More than one machine: emulated boards."""
