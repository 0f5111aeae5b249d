"""Where each key of a TOML document stands, because `tomllib` does not tell.

A fault in a configuration names its line, so this walks the text beside the parser: table headers,
arrays of tables, dotted and quoted keys, strings of all four kinds, arrays and inline tables over
several lines. It reads only what `tomllib` has accepted (TOML 1.0), and so checks nothing.
"""

import re
import tomllib
from bisect import bisect_right

Place = tuple[str | int, ...]
"""The way to a table, key or list item; items count from 0."""

_PART = r"""(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[A-Za-z0-9_-]+)"""
_KEY = re.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(
    r'''"""(?:\\.|"{1,2}(?!")|[^"\\])*"{3,5}'''
    r"""|'''(?:'{1,2}(?!')|[^'])*'{3,5}"""
    r'''|"(?:\\.|[^"\\\n])*"'''
    r"""|'[^'\n]*'"""
    r"""|[^,\]}#\n"']*""",
    re.DOTALL,
)


def key_lines(text: str) -> dict[Place, int]:
    """The line of every table, key and list item, by its place."""
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.document()
    return scanner.lines


def line_of(path: Place, lines: dict[Place, int]) -> int:
    """The line of a path, or of the nearest thing around it that stands in the text."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Scanner:
    """One walk over the text; `at` is where it stands, `lines` what it has seen."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Place, int] = {}
        self._newlines = [place.start() for place in re.finditer("\n", text)]
        self._tables: dict[Place, int] = {}

    def document(self) -> None:
        """Walks headers and keys to the end of the text."""
        table: Place = ()
        while self._skip() < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Place:
        """The path of the table that a `[header]` or `[[header]]` opens."""
        line, double = self._line(), self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        *parents, last = self._key()
        self.at += 2 if double else 1
        path: Place = ()
        for part in parents:
            path = self._latest((*path, part))
        path = (*path, last)
        if double:
            self._tables[path] = self._tables.get(path, -1) + 1
            self.lines.setdefault(path, line)
        path = self._latest(path)
        self.lines.setdefault(path, line)
        return path

    def _latest(self, path: Place) -> Place:
        """The newest table of an array of tables; any other path stays as it is."""
        return (*path, self._tables[path]) if path in self._tables else path

    def _pair(self, table: Place) -> None:
        """Walks `key = value`; a dotted key marks the tables that it implies too."""
        line = self._line()
        path = table
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self._skip()
        self.at += len("=")
        self._value(path)

    def _key(self) -> tuple[str, ...]:
        """The parts of a dotted key; `tomllib` itself undoes quotes and escapes."""
        self._skip()
        match = _KEY.match(self.text, self.at)
        if match is None:
            raise ValueError(f"line {self._line()}: no key")
        self.at = match.end()
        self._skip()
        parts: list[str] = []
        table = tomllib.loads(f"{match[0]} = 0")
        while isinstance(table, dict):
            ((part, table),) = table.items()
            parts.append(part)
        return tuple(parts)

    def _value(self, path: Place) -> None:
        self._skip()
        opening = self.text[self.at : self.at + 1]
        if opening == "[":
            self._items("]", path)
        elif opening == "{":
            self._items("}", path)
        else:
            match = _SCALAR.match(self.text, self.at)
            self.at = match.end() if match else len(self.text)

    def _items(self, closing: str, path: Place) -> None:
        """Walks an array or an inline table from its opening bracket to its closing one."""
        self.at += 1
        index = 0
        while self._skip() < len(self.text) and self.text[self.at] != closing:
            if self.text[self.at] == ",":
                self.at += 1
            elif closing == "}":
                self._pair(path)
            else:
                self.lines[(*path, index)] = self._line()
                self._value((*path, index))
                index += 1
        self.at += 1

    def _skip(self) -> int:
        """Steps over blanks and comments."""
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _line(self) -> int:
        return bisect_right(self._newlines, self.at - 1) + 1
