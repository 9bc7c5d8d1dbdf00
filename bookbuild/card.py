"""Draws card.png, the picture that a link to the book is shown with:  python bookbuild/card.py"""

import io
from pathlib import Path

import matplotlib.pyplot as plt
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from s6lib import plots, toy

STATIC = Path(__file__).parents[1] / "book" / "_static"
WIDTH, HEIGHT = 1200, 630  # as those who show such pictures want them
TITLE = "Backpropagation by its numbers"


def network():
    """The book's network, as wide as the card."""
    plt.style.use("s6lib.plots.book")
    figure = plt.figure(figsize=(WIDTH / 150, HEIGHT / 150), facecolor="white", layout="none")
    axes = figure.add_axes((0.0, 0.0, 1.0, 0.8))
    values = toy.forward(toy.WEIGHTS, toy.INPUTS)
    plots.network(toy.WEIGHTS, toy.INPUTS, toy.TARGETS, values, ax=axes)
    content = io.BytesIO()
    figure.savefig(
        content, format="png", dpi=150, transparent=False, bbox_inches=None, metadata={"Software": None}
    )
    plt.close(figure)
    drawn = Image.open(content).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")


def face(size):
    """The book's own semibold, for Pillow, which does not read WOFF2."""
    font, content = TTFont(STATIC / "fonts" / "text-semibold.woff2", recalcTimestamp=False), io.BytesIO()
    font.flavor = None
    font.save(content)
    content.seek(0)
    return ImageFont.truetype(content, size)


if __name__ == "__main__":
    card = network()
    ImageDraw.Draw(card).text((WIDTH / 2, 92), TITLE, font=face(68), fill="#1f2328", anchor="mm")
    card.quantize(96).save(STATIC / "card.png", optimize=True)
