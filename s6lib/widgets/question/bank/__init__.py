"""Questions that come back: at the end of a chapter three from the chapters before it.

Each part of the book has a module here, with a list for each of its chapters. What stands in it makes a
question when it is called, for no page needs all. They are short; most have other numbers for each reader.
"""

from s6lib import checks
from s6lib.widgets.question.bank import part_1, part_2, part_3
from s6lib.widgets.question.judging import shuffled
from s6lib.words import t

#: chapter -> its questions, in the order of the table of contents.
BANK = {**part_1.BANK, **part_2.BANK, **part_3.BANK}
COUNT = 3
#: What each chapter is called above one of its questions.
TITLES = {
    "forward_pass": t("Forward pass"),
    "backpropagation": t("Backpropagation"),
    "weight_update": t("Weight update"),
    "learning_rate": t("Learning rate"),
    "building_blocks": t("Building blocks"),
    "digit_cnn": t("Digit CNN"),
    "backwards": t("Backwards"),
    "training": t("Training"),
    "evaluation": t("Evaluation"),
    "deep_networks": t("Deep networks"),
    "mistakes": t("Mistakes"),
    "s6": t("One notebook"),
    "one_seed": t("One seed"),
    "what_each_part_is_worth": t("What each part is worth"),
    "faster_and_smaller": t("Faster and smaller"),
    "how_they_do_it": t("How they do it"),
    "sweeps": t("Sweeps"),
}


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
            # by the name the numbers are drawn: others in each chapter
            found.append(BANK[name][place](label=TITLES[name], name=f"{chapter}_{name}_{place + 1}"))
    return found
