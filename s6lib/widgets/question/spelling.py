"""Numbers as readers type them: the twin of `kit/spelling.js`, held equal to it by a table of spellings."""

import math
import re
import unicodedata

EMPTY = "Type a number first."
WORDS = "A number, please, such as 0.0275, 0,0275, −3, 1/3 or 5e-4."
ONE = "One number, please."
SIZE = "That is no number that can be calculated with."
I = re.I | re.A  #: as in JavaScript, a digit is one of ten
RAISED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
NEARLY = re.compile(
    r"^(?:about|approximately|approx\.?|circa|ca\.?|around|roughly|nearly|almost|[~≈≅=])\s*", I
)
NUMBER = r"[-+]?(?:\d[\d.,]*|[.,]\d+)(?:e[-+]?\d+)?"
TEN = re.compile(r"(^[-+]?|\s*[×x·*⋅]\s*)10\s*(?:\^|\*\*)\s*\(?\s*([-+]?\d+)\s*\)?", I)


def readings(text, unit=""):
    """What `text` may mean, as (numbers, told): a list of (value, half a unit of its last digit), most likely
    first, or an empty one and a sentence that says what to type. Where the second number is as likely as the
    first, `told` asks which."""
    plain = _tidy(str(text))
    if not plain:
        return [], EMPTY
    plain = _bare(plain, unit)
    factor = 1.0
    if found := re.fullmatch(r"(.*?)\s*(?:%|per ?cent)", plain, I):
        plain, factor = found[1], 1.0 if unit == "%" else 0.01
    plain = TEN.sub(
        lambda ten: "e" + ten[2] if re.search("[×x·*⋅]", ten[1], I) else f"{ten[1]}1e{ten[2]}", plain
    )
    if fraction := re.fullmatch(rf"({NUMBER})\s*/\s*({NUMBER})", plain, I):
        upper, lower = (_decimals(each)[0] for each in fraction.groups())
        if not (upper and lower) or not lower[0][0]:
            return [], SIZE
        return [(upper[0][0] / lower[0][0] * factor, 0.0)], ""
    if not re.fullmatch(NUMBER, plain, I):
        return [], ONE if len(re.findall("[0-9]+", plain)) > 1 and re.search("[^0-9.,e+-]", plain) else WORDS
    found, told = _decimals(plain)
    return [(value * factor, half * factor) for value, half in found], told


def _tidy(text):
    text = re.sub("[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda raised: "^" + raised[0].translate(RAISED), text[:200])
    text = unicodedata.normalize("NFKC", text)
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    return re.sub(r"[\u2010-\u2013\u2212]", "-", text).replace("\u2044", "/").strip()


def _bare(plain, unit):
    """Without what stands before the number and after it, and in between its digits."""
    plain = re.sub(r"^.*[=≈](?=\s*[-+.,0-9])", "", plain).strip()
    while (shorter := NEARLY.sub("", plain)) != plain:
        plain = shorter
    if unit and unit != "%" and plain.lower().endswith(unit.lower()):
        plain = plain[: -len(unit)].strip()
    plain = re.sub(r"(?<=[0-9])[.,;!]$", "", plain)
    plain = re.sub(
        "(?<![0-9.,])([0-9]{1,3})((?:[ '’_][0-9]{3})+)(?![0-9])",
        lambda group: re.sub("[^0-9]", "", group[0]),
        plain,
    )
    return re.sub(r"^([-+])\s+", r"\1", plain)


def _decimals(plain):
    """The readings of digits with points and commas among them."""
    sign, digits, power = re.fullmatch(r"([-+]?)([\d.,]+)(?:e([-+]?\d+))?", plain, I).groups()
    marks = re.sub(r"\d", "", digits)
    grouped = re.fullmatch(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*", digits)
    if len(set(marks)) == 2:
        last = marks[-1]
        whole, _, rest = digits.rpartition(last)
        if marks.count(last) > 1 or not re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", whole):
            return [], WORDS
        texts = [re.sub("[.,]", "", whole) + "." + rest]
    elif len(marks) > 1:
        if not grouped:
            return [], WORDS
        texts = [re.sub("[.,]", "", digits)]
    else:
        texts = [digits.replace(",", ".")]
        if grouped and digits[0] != "0":
            texts.append(re.sub("[.,]", "", digits))
    numbers = []
    for text in texts:
        number = float(f"{sign}{text}e{power or 0}")
        if not math.isfinite(number):
            return [], SIZE
        places = len(text.partition(".")[2]) - max(min(int(power or 0), 300), -300)
        numbers.append((number + 0.0, 0.5 * 10.0**-places))
    told = f"Do you mean {texts[0]} or {texts[1]}? Write it without the comma." if len(texts) > 1 else ""
    return numbers, told if "," in marks else ""
