"""How does a program follow the changes through its own restarts? A file holds the number it has got to."""

from __future__ import annotations

import os
from pathlib import Path

from service.errors import InvalidInput


class Place:
    """Where a reader of the log is. file: where that is kept, if it is to outlive the program."""

    def __init__(self, file: Path | None, since: int) -> None:
        self._file = file
        self.seq = since if file is None else _kept(file, since)

    def pass_by(self, seq: int) -> None:
        """Everything up to this change is dealt with."""
        self.seq = seq
        if self._file is not None:
            self._keep(self._file)

    def _keep(self, file: Path) -> None:
        """Whole or not at all, whatever ends the program."""
        beside = file.with_name(f"{file.name}.new")
        with beside.open("w", encoding="ascii") as stream:
            stream.write(f"{self.seq}\n")
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)


def _kept(file: Path, since: int) -> int:
    try:
        return int(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        return since
    except ValueError:
        raise InvalidInput(f"{file} holds no number of a change; mend or remove it.") from None
