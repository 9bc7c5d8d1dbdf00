"""Questions that come back: at the end of a chapter three from the chapters before it.

Each part of the book has a module here, with a list for each of its chapters. What stands in it makes a
question when it is called, for no page needs all. They are short; most have other numbers for each reader.
"""

from s6lib import checks
from s6lib.widgets.question.bank import part_1, part_2, part_3
from s6lib.widgets.question.judging import shuffled

#: chapter -> its questions, in the order of the table of contents.
BANK = {**part_1.BANK, **part_2.BANK, **part_3.BANK}
COUNT = 3
#: What a chapter is called, where its name in the table of contents does not say it.
TITLES = {"digit_cnn": "Digit CNN", "s6": "One notebook"}


def again(chapter):
    """Three questions: from the chapter before, the one before that, and an older
    one; from fewer where there are no more, and for the first chapter its own."""
    order = [*BANK]
    here = order.index(checks.one_of("chapter", chapter, order))
    earlier = [name for name in order[:here] if BANK[name]] or [chapter]
    older = [earlier[k] for k in shuffled(len(earlier), f"{chapter}/older") if k < len(earlier) - 2]
    wanted = [*earlier[::-1][:2], *older[:1]]
    wanted = (wanted + earlier[::-1] * COUNT)[:COUNT]
    found = []
    for name in dict.fromkeys(wanted):
        places = shuffled(len(BANK[name]), f"{chapter}/{name}")[: wanted.count(name)]
        for place in places:
            title = TITLES.get(name, name.replace("_", " ").capitalize())
            # by the name the numbers are drawn: others in each chapter
            found.append(BANK[name][place](label=title, name=f"{chapter}_{name}_{place + 1}"))
    return found
