"""Reads HTML as tests need it: elements by tag and attribute, and the text that a person sees."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Element", "Reader"]

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass
class Element:
    """A tag with its attributes and what is in it."""

    tag: str
    attributes: dict[str, str]
    parts: list = field(default_factory=list)

    @property
    def text(self) -> str:
        words = " ".join(part if isinstance(part, str) else part.text for part in self.parts)
        return " ".join(words.split())

    def all(self, tag: str = "", **attributes: str) -> list["Element"]:
        """Return the elements within that have the tag and these attributes (`class_="x"`: among its classes)."""
        found = []
        for part in self.parts:
            if isinstance(part, Element):
                if (not tag or part.tag == tag) and all(part.has(*item) for item in attributes.items()):
                    found.append(part)
                found += part.all(tag, **attributes)
        return found

    def one(self, tag: str = "", **attributes: str) -> "Element":
        (found,) = self.all(tag, **attributes)
        return found

    def has(self, name: str, value: str) -> bool:
        name = name.rstrip("_").replace("_", "-")
        held = self.attributes.get(name)
        return held is not None and (value in held.split() if name == "class" else held == value)

    def rows(self) -> list[list[str]]:
        """Return the cells' texts of each body row of a table."""
        return [[cell.text for cell in row.parts if isinstance(cell, Element)] for row in self.one("tbody").all("tr")]


class Reader(HTMLParser):
    """Parses a document; a tag that is closed in the wrong place is a mistake of the page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]

    @classmethod
    def of(cls, text: str) -> Element:
        reader = cls()
        reader.feed(text)
        reader.close()
        assert len(reader._open) == 1, f"<{reader._open[-1].tag}> is not closed"
        return reader.root

    def handle_starttag(self, tag, attrs) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].parts.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attrs) -> None:
        self._open[-1].parts.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> where <{self._open[-1].tag}> is open"
        self._open.pop()

    def handle_data(self, data) -> None:
        self._open[-1].parts.append(data)
