"""Pictures say their size; in the dark those of pixels have light letters, and the pixels as they were."""

import io
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest
from PIL import Image

from bookbuild import pictures

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn():
    """A figure with a digit of two pixels, a frame and a word on it, a title above, and an empty picture."""
    figure, (digit, blank) = plt.subplots(1, 2)
    digit.imshow([[0, 1]], cmap="gray_r", vmin=0, vmax=1)
    digit.plot([0, 0.4], [0, 0], color="#000000", gid="frame")
    digit.text(0.4, 0, "on it", color="#000000", gid="on-it")
    digit.set_title("above", gid="above")
    digit.text(0.5, 0.4, "weight", color="#009e73", gid="on-it-too")
    blank.imshow([[0, 0]], cmap="gray_r", vmin=0, vmax=1)
    blank.text(0, 0, "0.5", color="#0072b2", gid="number")
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    plt.close(figure)
    return text.getvalue(), pictures.darkened(text.getvalue())


def part(svg, gid):
    (found,) = [each for each in ElementTree.fromstring(svg).iter() if each.get("id") == gid]
    return ElementTree.tostring(found, encoding="unicode")


def test_pixels_and_what_lies_on_them_stay(drawn):
    before, after = drawn
    picture = r'<(?:\w+:)?image [^>]*href="(data:[^"]*)"'
    digit, _blank = [address.split() for address in re.findall(picture, before)]
    assert [address.split() for address in re.findall(picture, after)] == [digit]
    assert "#000000" in part(after, "frame") and "#e1e5ea" not in part(after, "frame")
    for gid in ("on-it", "on-it-too"):
        colour = {"on-it": "#000000", "on-it-too": "#009e73"}[gid]
        assert f"fill: {colour}" in part(after, gid) or f'fill="{colour}"' in part(after, gid)


def test_letters_on_the_page_are_light(drawn):
    _, after = drawn
    assert ElementTree.fromstring(after).get("fill") == "#e1e5ea"
    assert "fill" not in part(after, "above") or "#e1e5ea" in part(after, "above")
    assert "#56b4e9" in part(after, "number") and "#0072b2" not in part(after, "number")
    assert "fill: #ffffff" not in after  # no card
    assert "<metadata" not in after and after == pictures.darkened(drawn[0])


def test_a_lean_picture_is_valid_and_looks_the_same():
    """A blank has a path that says nothing, no two pictures of the same pixels have one id, and no other file
    is asked for."""
    figure, axes = plt.subplots(1, 2)
    for each in axes:
        each.imshow([[0, 1]], cmap="gray_r")
    figure.suptitle("two words")
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    plt.close(figure)
    svg = pictures.lean(text.getvalue())
    elements = list(ElementTree.fromstring(svg).iter())
    ids = [each.get("id") for each in elements if each.get("id")]
    assert len(ids) == len(set(ids)) and "<!DOCTYPE" not in svg
    paths = [each.get("d") for each in elements if each.tag == f"{SVG}path"]
    assert None not in paths and "" in paths  # the blank
    assert sum(each.tag == f"{SVG}image" for each in elements) == 2
    assert pictures.lean(svg) == svg


def test_a_page_gets_sizes_and_both_forms_once(tmp_path, drawn):
    pytest.importorskip("bs4", reason="beautifulsoup4 is not installed: pages are not finished")
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images" / "a b.svg").write_text(drawn[0], encoding="utf-8")
    Image.new("1", (7, 3)).save(tmp_path / "_images" / "c.png")
    width, height = (
        float(points) for points in re.findall(r'<svg [^>]*width="(.*?)pt" height="(.*?)pt"', drawn[0])[0]
    )
    size = f'width="{width * 4 / 3:.0f}"'
    page = tmp_path / "page.html"
    page.write_text(
        '<img alt="Logo" src="logo.png"><article><img alt="A digit" class="pixels" src="_images/a%20b.svg">'
        '<img alt="Lines" src="_images/a%20b.svg"><img alt="Dots" src="_images/c.png"></article>'
    )
    for _ in range(2):
        pictures.finish_pictures([page])
        tall = f'height="{height * 4 / 3:.0f}"'
        rest = f'{tall} loading="lazy"'
        assert page.read_text() == (
            '<img alt="Logo" src="logo.png"><article>'
            f'<img alt="A digit" class="pixels by-day" {rest} src="_images/a%20b.svg" {size}>'
            f'<img alt="A digit" class="pixels by-night" {rest} src="_images/a%20b-dark.svg" {size}>'
            f'<img alt="Lines" {rest} src="_images/a%20b.svg" {size}>'
            '<img alt="Dots" height="3" loading="lazy" src="_images/c.png" width="7"></article>'
        )
    assert (tmp_path / "_images" / "a b-dark.svg").read_text(encoding="utf-8") == pictures.darkened(
        pictures.lean(drawn[0])
    )


def test_a_lean_picture_is_drawn_as_before(drawn):
    """All elements, in their order, with all they say, but for a hundredth of a point in a path, and for the
    ids of pixels, which nothing calls."""
    before, after = drawn[0], pictures.lean(drawn[0])
    assert len(after) < 0.95 * len(before) and pictures.lean(after) == after
    numbers = r"-?\d+(?:\.\d+)?"
    before, after = [
        [part for part in ElementTree.fromstring(svg).iter() if part.tag.startswith(SVG)]
        for svg in (before, after)
    ]
    before = [part for part in before if part.tag != f"{SVG}metadata"]
    for picture in [part for part in before if part.tag == f"{SVG}image"]:
        assert f"#{picture.attrib.pop('id')}" not in drawn[0]
    assert [part.tag for part in before] == [part.tag for part in after]
    for one, other in zip(before, after):
        assert {**one.attrib, "d": ""} == {**other.attrib, "d": ""}
        was, now = one.get("d", ""), other.get("d", "")
        assert re.sub(numbers, "", was).split() == re.sub(numbers, "", now).split()
        for long, short in zip(re.findall(numbers, was), re.findall(numbers, now), strict=True):
            assert abs(float(long) - float(short)) <= 0.005 + 1e-9


def test_a_picture_without_a_size_is_refused_by_name(tmp_path):
    (tmp_path / "a.svg").write_text("<svg></svg>")
    with pytest.raises(ValueError, match=r"a\.svg: has no viewBox"):
        pictures.size(tmp_path / "a.svg")
