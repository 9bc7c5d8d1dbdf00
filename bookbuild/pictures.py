"""Pictures on finished pages: each says how large it is, SVGs are lean, and those of pixels have a dark form.

With its size a picture gets its place before it is there, and nothing moves when it comes. Those after the
first are fetched when the reader comes near.

In the dark a figure of pixels has light letters and axes. Other figures are turned over by the style sheet
(book.css), which would make a black digit white. Such a one, an SVG by matplotlib, gets a twin, and
the page shows one of the two: a browser does not fetch what it does not show.
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


def lean(svg):
    """Return the text of an SVG by matplotlib without what is not drawn; paths in hundredths of a point.

    What matplotlib leaves invalid is mended: a blank whose path says nothing, and one id for all pixels that
    are the same, by which nothing calls them.
    """
    svg = re.sub(r"\s*(<metadata>.*?</metadata>|<!--.*?-->|<!DOCTYPE[^>]*>)", "", svg, flags=re.S)
    svg = re.sub(r"<path(?=[\s/])(?![^>]*\sd=)", '<path d=""', svg)
    svg = re.sub(r'(<image\b[^>]*?) id="image\w+"', r"\1", svg)
    return re.sub(r'(?<= d=")[^"]*', lambda path: _rounded(" ".join(path[0].split())), svg)


def _rounded(path):
    return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), path)


def size(file):
    """The width and height of a picture, in whole pixels. Raises ValueError for an SVG without a viewBox."""
    if file.suffix != ".svg":
        from PIL import Image

        return Image.open(file).size
    box = re.search(
        r'<svg [^>]*viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', file.read_text(encoding="utf-8")
    )
    if box is None:
        raise ValueError(f"{file}: has no viewBox")
    return tuple(round(float(points) * 4 / 3) for points in box.groups())


def finish_pictures(pages):
    """Give the pictures on the `pages`, HTML files, their sizes, and those of pixels their twins.

    A twin is written beside the picture.
    """
    from bs4 import BeautifulSoup

    for path in pages:
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        pictures = page.select("article img[src]:not([width])")
        first = page.select_one(
            "article img[src], article [class^=s6-]"
        )  # a widget, or what is in view at once
        for picture in pictures:
            file = Path(os.path.normpath(path.parent / unquote(picture["src"])))
            picture["width"], picture["height"] = map(str, size(file))
            if picture is not first:
                picture["loading"] = "lazy"
            if file.suffix == ".svg":
                file.write_text(lean(file.read_text(encoding="utf-8")), encoding="utf-8")
            if "pixels" in picture.get("class", []) and file.suffix == ".svg":
                _add_twin(picture, file)
        if pictures:
            path.write_text(page.decode(formatter="html5"), encoding="utf-8")


def _add_twin(day, file):
    twin = file.with_name(f"{file.stem}-dark.svg")
    twin.write_text(darkened(file.read_text(encoding="utf-8")), encoding="utf-8")
    day["loading"] = "lazy"  # or both would be fetched
    night = copy.copy(day)
    day["class"], night["class"] = [*day["class"], "by-day"], [*day["class"], "by-night"]
    night["src"] = re.sub(r"\.svg$", "-dark.svg", day["src"])
    day.insert_after(night)
