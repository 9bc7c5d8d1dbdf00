"""A dark form of the figures that are made of pixels: letters and axes are light, pixels keep their colours.

Other figures are turned over by the style sheet (book.css), which would make a black digit white. A figure of
pixels, an SVG that matplotlib has drawn, gets a twin, and the page shows one of the two: a browser does not
fetch what it does not show.
"""

import base64
import copy
import io
import os
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"

#: What stands on the page itself: its colour by day, and by night, which is the one that widgets have.
BY_NIGHT = {
    "#000000": "#e1e5ea",
    "#767676": "#8b96a2",
    "#0072b2": "#56b4e9",
    "#d55e00": "#f0823a",
    "#009e73": "#2cc197",
    "#ffffff": "none",
}


def darkened(svg):
    """Return the text of an SVG by matplotlib as it looks on a dark ground.

    What lies on pixels stays as it is, and so do the pixels; a picture that is white all over is none.
    """
    ElementTree.register_namespace("", SVG[1:-1])
    ElementTree.register_namespace("xlink", LINK[1 : LINK.index("}")])
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{SVG}metadata" or _is_blank(child):
                parent.remove(child)
    root.set("fill", BY_NIGHT["#000000"])  # of letters, which name no colour
    _recolour(root, None)
    return ElementTree.tostring(root, encoding="unicode")


def _recolour(element, pixels):
    """Recolour what is in an element; `pixels` is the box of the pixels in whose axes it stands, or None."""
    for part in element:
        if part.get("id", "").startswith("axes"):
            _recolour(part, _box(part) if part.find(f".//{SVG}image") is not None else None)
        elif pixels and (part.get("clip-path") or _begins_in(part, pixels)):
            part.set("fill", "#000000")
        elif part.tag != f"{SVG}defs":
            if style := part.get("style"):
                part.set(
                    "style", re.sub("#[0-9a-f]{6}", lambda found: BY_NIGHT.get(found[0], found[0]), style)
                )
            _recolour(part, pixels)


def _box(axes):
    """The left, top, right and bottom of axes: what their first path, the ground, goes around."""
    points = re.findall(r"([\d.-]+) ([\d.-]+)", axes.find(f".//{SVG}path").get("d"))
    across, down = ([float(number) for number in numbers] for numbers in zip(*points))
    return min(across), min(down), max(across), max(down)


def _begins_in(part, box):
    """Whether a part is moved to a place in the box, as a text is."""
    place = re.match(r"translate\(([\d.-]+)[ ,]([\d.-]+)\)", part.get("transform", ""))
    left, top, right, bottom = box
    return bool(place) and left <= float(place[1]) <= right and top <= float(place[2]) <= bottom


def _is_blank(element):
    if element.tag != f"{SVG}image":
        return False
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(element.get(LINK).partition(",")[2])))
    return all(low == 255 for low, _ in picture.convert("RGB").getextrema())


def add_twins(pages):
    """Give each figure of pixels on the `pages`, HTML files, its twin, which is written beside it."""
    from bs4 import BeautifulSoup

    for path in pages:
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        figures = page.select("img.pixels:not(.by-day, .by-night)[src$='.svg']")
        for day in figures:
            file = Path(os.path.normpath(path.parent / unquote(day["src"])))
            twin = file.with_name(f"{file.stem}-dark.svg")
            twin.write_text(darkened(file.read_text(encoding="utf-8")), encoding="utf-8")
            day["loading"] = "lazy"  # or both would be fetched
            night = copy.copy(day)
            day["class"], night["class"] = [*day["class"], "by-day"], [*day["class"], "by-night"]
            night["src"] = re.sub(r"\.svg$", "-dark.svg", day["src"])
            day.insert_after(night)
        if figures:
            path.write_text(page.decode(formatter="html5"), encoding="utf-8")
