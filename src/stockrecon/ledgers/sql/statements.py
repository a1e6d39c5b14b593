"""The seller's own queries: one reading statement each, told apart from everything else before it is sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from stockrecon.errors import ReadFault

# Quoted text, quoted names and comments are skipped whole, so that a semicolon or a word in them means nothing.
_TOKENS = re.compile(
    r"""
      (?P<quoted>'(?:[^'\\]|''|\\.)*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]\n]*\]
                | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    | (?P<comment>--[^\n]* | /\*.*?\*/)
    | (?P<word>[^\W\d]\w*)
    | (?P<end>;)
    | (?P<dot>\.)
    | (?P<other>\S)
    """,
    re.VERBOSE | re.DOTALL,
)
# They change something, or write a file on the server (SELECT ... INTO OUTFILE), also inside a reading statement.
_CHANGING = frozenset({"insert", "update", "delete", "merge", "into"})
_WAY_ON = "Give one SELECT (or WITH ... SELECT) statement: reading needs nothing else."


def checked(name: str, sql: str) -> str:
    """The statement of `queries.NAME`, without its last semicolon, if it is one SELECT or WITH.

    Raises ReadFault for anything else. This is a guard against mistakes: that nothing is written is seen to by the
    read-only transaction, and by a role without the right to write.
    """
    first: str | None = None
    end: int | None = None
    previous = ""
    for token in _TOKENS.finditer(sql):
        kind, text = token.lastgroup, token.group().lower()
        if kind == "comment":
            continue
        if end is not None and kind != "end":
            raise ReadFault("ledger", f"queries.{name}: more than one statement", way_on=_WAY_ON)
        if kind == "end":
            end = token.start() if end is None else end
            continue
        if first is None and text != "(":
            first = text
        if kind == "word" and text in _CHANGING and previous != ".":
            raise ReadFault("ledger", f"queries.{name}: {text.upper()} is not reading", way_on=_WAY_ON)
        previous = text
    if first not in ("select", "with"):
        begins = f"begins with {first.upper()}" if first else "is empty"
        raise ReadFault("ledger", f"queries.{name}: the statement {begins}", way_on=_WAY_ON)
    return sql[:end].strip()


def escaped(sql: str) -> str:
    """The statement for SQLAlchemy's text(): a colon in it is a colon (a cast, a time), never a parameter."""
    return sql.replace(":", "\\:")


def bound(sql: str, names: Collection[str]) -> tuple[str, frozenset[str]]:
    """The statement for SQLAlchemy's text(), where `:name` is a parameter for these names and any other colon a colon;
    and those of the names that it takes. What stands in quotes or in a comment is no parameter.
    """
    parts: list[str] = []
    taken: set[str] = set()
    last, colon = 0, -1
    for token in _TOKENS.finditer(sql):
        parts.append(sql[last : token.start()])
        text = token.group()
        if token.lastgroup == "word" and text in names and colon == token.start() - 1:
            parts[-2] = ":"
            taken.add(text)
        parts.append(escaped(text))
        # The second colon of a cast (`::text`) begins no parameter.
        single = text == ":" and sql[token.start() - 1 : token.start()] != ":"
        last, colon = token.end(), token.start() if single else -1
    return "".join(parts) + sql[last:], frozenset(taken)


def split(sql: str) -> list[str]:
    """The statements of a script, each without comments before it and without its semicolon."""
    statements: list[str] = []
    start: int | None = None
    for token in _TOKENS.finditer(sql):
        if token.lastgroup == "end":
            if start is not None:
                statements.append(sql[start : token.start()].strip())
            start = None
        elif token.lastgroup != "comment" and start is None:
            start = token.start()
    if start is not None:
        statements.append(sql[start:].strip())
    return statements


_BEFORE_TABLES = frozenset({"from", "join"})
_AFTER_TABLES = frozenset(
    {
        "select",
        "where",
        "group",
        "order",
        "having",
        "limit",
        "offset",
        "fetch",
        "union",
        "intersect",
        "except",
        "on",
        "window",
    }
)


def tables_in(sql: str) -> tuple[str, ...]:
    """The names that a reading statement selects from, as far as they stand in it: `schema.table` or `table`.

    Functions, names of WITH and aliases may be among them; what is no table is told by the database.
    """
    found: list[str] = []
    parts: list[str] = []
    # Whether a table's name comes next, and whether a comma announces one: inside the brackets, and in those around.
    awaited, listing, around = False, False, list[bool]()
    tokens = [one for one in _TOKENS.finditer(sql) if one.lastgroup != "comment"]
    for token, following in zip(tokens, [*(one.group() for one in tokens[1:]), ""], strict=True):
        word, name = token.group(), _name_in(token)
        if word == "(":
            around.append(listing)
            listing = awaited
        elif word == ")":
            awaited, listing = False, bool(around) and around.pop()
        elif word == "," and listing:
            awaited = True
        elif name is not None and word.lower() in _BEFORE_TABLES:
            awaited, listing = True, True
        elif name is not None and word.lower() in _AFTER_TABLES:
            awaited, listing = False, False
        elif awaited and name is not None:
            parts.append(name)
            if following != ".":
                found.append(".".join(parts))
                parts, awaited = [], False
    return tuple(dict.fromkeys(found))


_MERGING = frozenset({"group", "distinct", "union", "intersect", "except"})


def merges(sql: str) -> bool:
    """Whether a reading statement may give one row for several that are equal to the database."""
    tokens = [one for one in _TOKENS.finditer(sql) if one.lastgroup != "comment"]
    for token, following in zip(tokens, [*(one.group().lower() for one in tokens[1:]), ""], strict=True):
        word = token.group().lower()
        if token.lastgroup == "word" and word in _MERGING and not (word == "union" and following == "all"):
            return True
    return False


def behind(sql: str, names: Collection[str]) -> frozenset[str]:
    """The names that a column of this name may have where the statement takes it from, case folded, with its own: all
    that stand in what is called so (`TRIM(t.code) AS sku`), also in a statement inside this one."""
    tokens = [one for one in _TOKENS.finditer(sql) if one.lastgroup != "comment"]
    words = [(_name_in(one) or one.group()).casefold() for one in tokens]
    found = {name.casefold() for name in names}
    before = 0
    while len(found) > before:
        before = len(found)
        for at, word in enumerate(words):
            if word in found:
                found |= {words[one] for one in _called(tokens, words, at)}
    return frozenset(found)


def _called(tokens: Sequence[re.Match[str]], words: Sequence[str], at: int) -> Iterator[int]:
    """Where the names are that stand before this one, up to a comma or the statement's next part."""
    if at == 0 or not (words[at - 1] in ("as", ")") or _name_in(tokens[at - 1]) is not None):
        return
    deep = 0
    for one in range(at - 1, -1, -1):
        word = words[one]
        deep += (word == ")") - (word == "(")
        if deep < 0 or (deep == 0 and (word == "," or word in _AFTER_TABLES | _BEFORE_TABLES | {"by", "distinct"})):
            return
        # A name before a dot is a table's, one before a bracket a function's.
        if _name_in(tokens[one]) is not None and word != "as" and words[one + 1] not in (".", "("):
            yield one


def _name_in(token: re.Match[str]) -> str | None:
    """A word, or a name in the quotes of any database; None for a text and for anything else."""
    text = token.group()
    if token.lastgroup == "word":
        return text
    pairs = {'"': '"', "`": "`", "[": "]"}
    if token.group("quoted") and text[0] in pairs:
        last = pairs[text[0]]
        return text[1:-1].replace(last * 2, last)
    return None
