"""The parts that every deck has beside its slides: theme, master, properties. All of it ours, nothing of a template's left.

python-pptx begins from a presentation that an office program once wrote; what that one says of itself (its thumbnail, its
printer, eleven layouts, the prompts in them, the program and the day) is taken out here or replaced.
"""

import io
import re
import zipfile
from datetime import datetime
from typing import Any

from lxml import etree

AUTHOR = "barometer"
FONT = "Arial"
"""Comes with Windows and macOS; LibreOffice shows Liberation Sans, which has the same widths."""
SCHEME = {
    "dk1": "12181F", "lt1": "FFFFFF", "dk2": "26313B", "lt2": "F3F6F7", "accent1": "0E5A73", "accent2": "6B2C63",
    "accent3": "1F5E3A", "accent4": "8A2F23", "accent5": "27408B", "accent6": "76500C", "hlink": "0E5A73", "folHlink": "4A3B8C",
}  # fmt: skip
"""The colours of the theme, as RRGGBB."""
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_APPLICATION = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    f"<Application>{AUTHOR}</Application></Properties>"
)


def blank_presentation(width: int, height: int) -> Any:
    """Return a presentation of one empty layout with a title, its slides *width* by *height* (914,400 a inch)."""
    from pptx import Presentation

    presentation: Any = Presentation()
    presentation.slide_width, presentation.slide_height = width, height
    presentation.element.find(f"{_P}sldSz").attrib.pop("type", None)
    _keep_one_layout(presentation)
    for shapes, name in ((presentation.slide_master, AUTHOR), (presentation.slide_layouts[0], AUTHOR)):
        shapes.name = name
        _keep_the_title(shapes, width, height)
    _drop_leftovers(presentation)
    _dress(presentation.slide_master.part)
    return presentation


def dress_notes(presentation: Any) -> None:
    """Make the master of the speaker notes ours too, where there is one."""
    if not presentation.part._rels or not any(
        one.reltype.endswith("/notesMaster") for one in _relations(presentation.part)
    ):
        return
    master = presentation.notes_master
    for shape in list(master.placeholders):
        if shape.element.ph.get("type") in ("hdr", "dt", "ftr", "sldNum"):
            shape.element.getparent().remove(shape.element)
        elif shape.has_text_frame:
            shape.text_frame.text = ""
    _dress(master.part)


def set_properties(
    presentation: Any, title: str, subject: str, keywords: str, language: str, made_on: datetime
) -> None:
    """Set every property of the document that readers can see; nothing of them says when or where it was made."""
    told = presentation.core_properties
    told.title, told.subject, told.keywords, told.language = (one[:255] for one in (title, subject, keywords, language))
    told.author = told.last_modified_by = AUTHOR
    told.comments = told.category = told.content_status = told.version = told.identifier = ""
    moment = made_on.replace(tzinfo=None)
    told.created = told.modified = told.last_printed = moment
    told.revision = 1


def packed(presentation: Any) -> bytes:
    """Return the file: the same slides are the same bytes, whenever they are written."""
    stream = io.BytesIO()
    presentation.save(stream)
    out = io.BytesIO()
    with zipfile.ZipFile(stream) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as ours:
        # The list of content types stands first, as readers that stream expect it.
        for name in sorted(made.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            content = _APPLICATION.encode() if name == "docProps/app.xml" else made.read(name)
            member = zipfile.ZipInfo(name, _ZIP_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o600 << 16
            ours.writestr(member, content)
    return out.getvalue()


def _keep_one_layout(presentation: Any) -> None:
    for layout in list(presentation.slide_layouts):
        if layout.element.get("type") != "titleOnly":
            presentation.slide_layouts.remove(layout)


def _keep_the_title(shapes: Any, width: int, height: int) -> None:
    for shape in list(shapes.placeholders):
        if shape.element.ph.get("type") != "title":
            shape.element.getparent().remove(shape.element)
            continue
        shape.left, shape.top = width // 20, height // 16
        shape.width, shape.height = width * 9 // 10, height // 8
        shape.text_frame.text = AUTHOR
    for extension in list(shapes.element.iter(f"{_P}extLst")):
        extension.getparent().remove(extension)


def _drop_leftovers(presentation: Any) -> None:
    for part in (presentation.part, presentation.part.package):
        for relation in _relations(part):
            if relation.reltype.endswith(("/printerSettings", "/thumbnail")):
                part._rels.pop(relation.rId)


def _dress(master: Any) -> None:
    """Give the theme of a master our name, colours and font."""
    theme = master.part_related_by(f"{_RELATIONS}/theme")
    root = theme._element if hasattr(theme, "_element") else etree.fromstring(theme.blob)
    root.set("name", AUTHOR)
    for kind in ("clrScheme", "fontScheme", "fmtScheme"):
        for scheme in root.iter(f"{_A}{kind}"):
            scheme.set("name", AUTHOR)
    for name, colour in SCHEME.items():
        for slot in root.iter(f"{_A}{name}"):
            slot[:] = [etree.Element(f"{_A}srgbClr", val=colour)]
    for fonts in (*root.iter(f"{_A}majorFont"), *root.iter(f"{_A}minorFont")):
        for font in list(fonts):
            if font.tag == f"{_A}font":
                fonts.remove(font)
        fonts.find(f"{_A}latin").set("typeface", FONT)
    for extension in list(root.iter(f"{_A}extLst")):
        extension.getparent().remove(extension)
    if not hasattr(theme, "_element"):
        theme._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _relations(part: Any) -> list[Any]:
    return [part._rels[key] for key in sorted(part._rels, key=lambda key: int(re.sub(r"\D", "", key) or 0))]
