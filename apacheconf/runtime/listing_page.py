"""The list of a folder as a page, in the forms of IndexOptions: a plain list, columns of text, a table. Pure.

The bytes are httpd's, so that whatever reads such pages reads ours; everything that came from outside is escaped.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from apacheconf.program.handling import ListingRules
from apacheconf.program.uri import escape_path
from apacheconf.runtime.listing import Asked, Entry
from apacheconf.runtime.page_texts import escape

_HTML = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html>\n'
_XHTML = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\n'
    '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml">\n'
)


def preamble(title: str, rules: ListingRules) -> str:
    """The page up to its body; ``title`` is the path."""
    xhtml = "xhtml" in rules.options
    sheet = rules.style_sheet
    linked = f'  <link rel="stylesheet" href="{sheet}" type="text/css"{" />" if xhtml else ">"}\n' if sheet else ""
    head = f" <head>\n  <title>Index of {escape(title)}</title>\n{linked}{rules.head_insert}"
    return f"{_XHTML if xhtml else _HTML}{head} </head>\n <body>\n"


def heading(title: str, rules: ListingRules) -> str:
    begin = '  <h1 id="indextitle">' if rules.style_sheet else "<h1>"
    return f"{begin}Index of {escape(title)}</h1>\n"


#: What a cell has where there is no style sheet that it could have a class for.
_ALIGNED = {"icon": ' valign="top"', "lastmod": ' align="right"', "size": ' align="right"'}


def _attributes(column: str, rules: ListingRules, head: bool = False) -> str:
    if rules.style_sheet:
        return f' class="indexcol{column}"'
    return "" if head and column != "icon" else _ALIGNED.get(column, "")


def rows(entries: Sequence[Entry], asked: Asked) -> str:
    """The list itself."""
    options = asked.rules.options
    if "htmltable" in options:
        return "".join(_table(entries, asked))
    if "fancyindexing" in options:
        return "".join(_columns(entries, asked))
    lines = (f'<li><a href="{_anchor(each)}"> {escape(_text(each, n))}</a></li>\n' for n, each in enumerate(entries))
    return f"<ul>{''.join(lines)}</ul>\n"


def _anchor(entry: Entry) -> str:
    path = escape_path(entry.name)
    first = path.partition("/")[0]
    return escape(f"./{path}" if ":" in first else path)


def _text(entry: Entry, number: int) -> str:
    return "Parent Directory" if not number and entry.name.startswith("/") else entry.name


def _link(text: str, column: str, asked: Asked) -> str:
    """The head of a column: a click sorts by it, a second one turns the order."""
    if "suppresscolumnsorting" in asked.rules.options:
        return text
    turned = "D" if asked.key == column and asked.direction == "A" else "A"
    return f'<a href="?C={column};O={turned}{asked.carried}">{text}</a>'


def _image(source: str, alt: str, rules: ListingRules) -> str:
    size = f' width="{rules.icon_width}"' if rules.icon_width else ""
    size += f' height="{rules.icon_height}"' if rules.icon_height else ""
    return f'<img src="{escape(source)}" alt="{alt}"{size}{" /" if "xhtml" in rules.options else ""}>'


def _blank(rules: ListingRules) -> str:
    return next((each.data for each in rules.icons if each.apply_to.lstrip("*") == "^^BLANKICON^^"), "")


def _shown(rules: ListingRules) -> list[tuple[str, str]]:
    """The columns after the name: their keys and heads."""
    columns = (("M", "Last modified", "lastmodified"), ("S", "Size", "size"), ("D", "Description", "description"))
    return [(key, head) for key, head, name in columns if f"suppress{name}" not in rules.options]


def _name(entry: Entry, number: int, width: int) -> tuple[str, str]:
    """The name as shown, and the blanks that fill its column."""
    text = _text(entry, number)
    if len(text) > width:
        text = text[: width - 3] + "..>"
    return escape(text), " " * (width - len(text))


def _date(entry: Entry, rules: ListingRules) -> str:
    form = "%d-%b-%Y %H:%M  " if "useolddateformat" in rules.options else "%Y-%m-%d %H:%M  "
    return time.strftime(form, time.localtime(entry.modified))


def _icon(entry: Entry, rules: ListingRules) -> str:
    source = entry.icon or rules.default_icon
    return _image(source, f"[{entry.alt or '   '}]", rules) if source else ""


# --- the table -----------------------------------------------------------------------------------------------


_CELLS = {"M": "lastmod", "S": "size", "D": "desc"}


def _table(entries: Sequence[Entry], asked: Asked) -> Iterator[str]:
    rules, columns = asked.rules, _shown(asked.rules)
    icons = "suppressicon" not in rules.options
    styled = bool(rules.style_sheet)
    yield '  <table id="indexlist">\n   <tr class="indexhead">' if styled else "  <table>\n   <tr>"
    if icons:
        blank = _blank(rules)
        image = _image(blank, "[ICO]", rules) if blank else "&nbsp;"
        yield f"<th{_attributes('icon', rules, head=True)}>{image}</th>"
    yield f"<th{_attributes('name', rules, head=True)}>{_link('Name', 'N', asked)}</th>"
    for key, head in columns:
        yield f"<th{_attributes(_CELLS[key], rules, head=True)}>{_link(head, key, asked)}</th>"
    yield "</tr>\n"
    rule = ""
    if "suppressrules" not in rules.options:
        slash = " /" if "xhtml" in rules.options else ""
        row = ' class="indexbreakrow"' if styled else ""
        rule = f'   <tr{row}><th colspan="{len(columns) + 1 + icons}"><hr{slash}></th></tr>\n'
    yield rule
    for number, entry in enumerate(entries):
        yield _row(entry, number, rules, columns, icons)
    yield f"{rule}</table>\n"


def _row(entry: Entry, number: int, rules: ListingRules, columns: list[tuple[str, str]], icons: bool) -> str:
    anchor = _anchor(entry)
    cells = [_row_begin(entry, number, rules)]
    if icons:
        icon = _icon(entry, rules) or "&nbsp;"
        linked = f'<a href="{anchor}">{icon}</a>' if "iconsarelinks" in rules.options else icon
        cells.append(f"<td{_attributes('icon', rules)}>{linked}</td>")
    if rules.name_width < 0:
        name, filled = escape(_text(entry, number)), ""
    else:
        name, filled = _name(entry, number, rules.name_width)
    cells.append(f'<td{_attributes("name", rules)}><a href="{anchor}">{name}</a>{filled}')
    cells += [_cell(key, entry, rules) for key, _ in columns]
    return "".join((*cells, "</td></tr>\n"))


def _row_begin(entry: Entry, number: int, rules: ListingRules) -> str:
    if not rules.style_sheet:
        return "<tr>"
    side = "odd" if number % 2 else "even"
    alt = f"-{entry.alt.lower()}" if "addaltclass" in rules.options and entry.alt else ""
    return f'   <tr class="{side}{alt}">'


def _cell(key: str, entry: Entry, rules: ListingRules) -> str:
    attributes = _attributes(_CELLS[key], rules)
    if key == "M" and entry.modified < 0:
        return f"</td><td{attributes if rules.style_sheet else ''}>&nbsp;"
    if key == "M":
        return f"</td><td{attributes}>{_date(entry, rules)}"
    if key == "S":
        return f"</td><td{attributes}>{size_text(entry.size)}"
    return f"</td><td{attributes}>{_description(entry, rules) if entry.description else '&nbsp;'}"


# --- columns of text -----------------------------------------------------------------------------------------


def _columns(entries: Sequence[Entry], asked: Asked) -> Iterator[str]:
    rules = asked.rules
    icons = "suppressicon" not in rules.options
    width = rules.name_width if rules.name_width >= 0 else max([23, *(len(each.name) for each in entries)])
    slash = " /" if "xhtml" in rules.options else ""
    columns = [key for key, _ in _shown(rules)]
    blank = _blank(rules)
    yield "<pre>"
    if icons:
        yield _image(blank, "Icon ", rules) + " " if blank else "      "
    yield _link("Name", "N", asked) + " " * (width - 4) + " "
    if "M" in columns:
        yield _link("Last modified", "M", asked) + "      "
    if "S" in columns:
        yield _link("Size", "S", asked) + "  "
    if "D" in columns:
        yield _link("Description", "D", asked)
    ruled = "suppressrules" not in rules.options
    yield f"<hr{slash}>" if ruled else "\n"
    for number, entry in enumerate(entries):
        yield _line(entry, number, rules, columns, icons, width)
    yield f"<hr{slash}></pre>\n" if ruled else "</pre>\n"


def _line(entry: Entry, number: int, rules: ListingRules, columns: list[str], icons: bool, width: int) -> str:
    anchor = _anchor(entry)
    parts: list[str] = []
    if icons:
        icon = _icon(entry, rules) or "     "
        parts.append(f'<a href="{anchor}">{icon}</a> ' if "iconsarelinks" in rules.options else f"{icon} ")
    name, filled = _name(entry, number, width)
    parts.append(f'<a href="{anchor}">{name}</a>{filled} ')
    if "M" in columns:
        parts.append(" " * 19 if entry.modified < 0 else _date(entry, rules))
    if "S" in columns:
        parts.append(size_text(entry.size) + "  ")
    if "D" in columns:
        parts.append(_description(entry, rules))
    return "".join(parts) + "\n"


def _description(entry: Entry, rules: ListingRules) -> str:
    """The description, cut where its column ends; tags cost nothing, an entity counts as one character."""
    width, text, at = rules.description_width, entry.description, 0
    if width < 0:
        return text
    if width == 0:
        rooms = (("icon", 6), ("lastmodified", 19), ("size", 7))
        width = 23 + sum(room for name, room in rooms if f"suppress{name}" in rules.options)
    while at < len(text) and (width > 0 or text[at] == "<"):
        if text[at] == "<":
            at = text.find(">", at)
        elif text[at] == "&":
            at, width = text.find(";", at), width - 1
        else:
            width -= 1
        if at < 0:
            return text
        at += 1
    return f"{text[: at - 1]}>" if not width and at < len(text) else text


def size_text(size: int) -> str:
    """A size in four characters (apr_strfsize)."""
    if size < 0:
        return "  - "
    if size < 973:
        return f"{size:3d} "
    for unit in "KMGTPE":
        size, remain = size >> 10, size & 1023
        if size >= 973:
            continue
        if size < 9 or (size == 9 and remain < 973):
            tenth = (remain * 5 + 256) // 512
            return f"{size + 1}.0{unit}" if tenth >= 10 else f"{size}.{tenth}{unit}"
        return f"{size + (remain >= 512):3d}{unit}"
    return "****"
