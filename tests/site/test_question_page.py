"""Questions as a reader has them: those of the built pages answered, right and by each named mistake; and a
page of all kinds by mouse, by keyboard, narrow, dark, on paper, without scripts and without storage."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from test_access import RULES, axe, violations  # noqa: F401

from s6lib.widgets import NETWORK, Progress, Question, Questions
from s6lib.widgets.question import judging, still, text

SITE = Path(__file__).parents[2] / "_build" / "html"
ASKING = [path for path in sorted(SITE.glob("book/*.html")) if " data-question" in path.read_text("utf-8")]


# Every question of the book -------------------------------------------------------------------

#: Answers one question in all the ways given, and returns for each what is said: [state, words].
DRIVE = """({root, place, answers}) => {
    const task = document.querySelectorAll("div[data-question]")[root].querySelectorAll(".task")[place];
    const send = () => task.querySelector(".check").click();
    const ways = {
        fields(values) {
            task.querySelectorAll("input").forEach((field, k) => {
                field.value = values[k];
                field.dispatchEvent(new Event("input"));
            });
            send();
        },
        choice([words]) {
            [...task.querySelectorAll(".choice")].find(each => each.dataset.place === String(words)).click();
        },
        choices(places) {
            for (const each of task.querySelectorAll(".choice")) {
                const wanted = places.includes(Number(each.dataset.place));
                if (wanted !== (each.getAttribute("aria-pressed") === "true")) each.click();
            }
            send();
        },
        order(places) {
            places.forEach((item, k) => {
                const rows = () => [...task.querySelectorAll("li")];
                for (let at = rows().findIndex(row => row.dataset.place === String(item)); at > k; at--) {
                    rows()[at].querySelectorAll("button")[0].click();
                }
            });
            send();
        },
        curve(heights) {
            const key = name => new KeyboardEvent("keydown", { key: name, bubbles: true });
            task.querySelectorAll(".handle").forEach((handle, k) => {
                handle.dispatchEvent(key("Home"));
                for (let n = 0; n < 110 && Number(handle.getAttribute("aria-valuenow")) < heights[k]; n++) {
                    handle.dispatchEvent(key("ArrowUp"));
                }
            });
            send();
        },
    };
    return answers.map(([way, values]) => {
        ways[way](values);
        const said = task.querySelector(".said");
        return [said.dataset.state ?? "", said.textContent.replace(/\\s+/g, " ")];
    });
}"""


def told(words, spec, values):
    """A pattern for a text as it stands on a page."""
    shown = {
        "name": lambda _: ".*?",
        "number": lambda content: re.escape(text.number(content, values, spec["given"])),
        "blank": lambda _: "",
    }
    parts = (shown.get(kind, re.escape)(content) for kind, content in text.parts(words.replace("'", "’")))
    return re.sub(r"(\\?\s)+", r"\\s+", "".join(parts))


def ways(spec, values):
    """Every answer that the question knows, the right one last: (way, values), state, what is said of it."""
    right = ("right", told(spec["because"], spec, values))
    if spec["kind"] in ("number", "blanks"):
        exact = [f"{judging.worth(blank['right'], values):.14e}" for blank in spec["blanks"]]
        for k, blank in enumerate(spec["blanks"]):
            for wrong, says in blank["wrong"]:
                answer = [*exact[:k], f"{judging.worth(wrong, values):.14e}", *exact[k + 1 :]]
                yield ("fields", answer), "wrong", told(says, spec, values)
        yield ("fields", exact), *right
    elif spec["kind"] == "choice":
        way = "choices" if spec["many"] else "choice"
        for k, choice in enumerate(spec["choices"]):
            if not choice["right"]:
                yield (way, [k]), "wrong", told(choice["says"], spec, values)
        yield (way, [k for k, choice in enumerate(spec["choices"]) if choice["right"]]), *right
    elif spec["kind"] == "order":
        for wrong, says in spec["wrong"]:
            rest = [item for item in range(len(spec["items"])) if item not in wrong]
            yield ("order", [*wrong, *rest]), "wrong", told(says, spec, values)
        yield ("order", [*range(len(spec["items"]))]), *right
    else:
        for wrong, says in spec["wrong"]:
            yield ("curve", wrong), "wrong", told(says, spec, values)
        yield ("curve", spec["right"]), *right


def answer_all(page):
    """Answer every question of the page in every way that it knows."""
    page.keyboard.press("Shift")  # wakes those far down
    page.wait_for_function(
        "() => [...document.querySelectorAll('div[data-question]')].every(one => one.querySelector('.task'))"
    )
    roots = page.locator("div[data-question] > script[type='application/json']").all_text_contents()
    for root, state in enumerate(roots):
        for place, spec in enumerate(json.loads(state)["questions"]):
            values = still.with_right(spec, judging.numbers(spec))
            known = [*ways(spec, values)]
            given = {"root": root, "place": place, "answers": [each for each, _, _ in known]}
            found = page.evaluate(DRIVE, given)
            for (answer, state, says), (got, words) in zip(known, found, strict=True):
                assert got == state and re.search(says, words), (spec["name"], answer, got, words, says)


def answered_below(path):
    """How many cells with questions are followed by what answers them, before a heading or another."""
    count, waits = 0, False
    soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    for node in soup.select("article :is(section, h1, h2, h3, h4, h5, h6, .cell, .answer)"):
        if "cell" in node.get("class", ()) and node.select_one("[data-question]"):
            waits = True
        elif {"tag_answer", "answer"} & {*node.get("class", ())}:
            count, waits = count + waits, False
        elif node.name != "div":
            waits = False
    return count


@pytest.mark.skipif(not ASKING, reason="the book is not built: make book")
@pytest.mark.parametrize("path", ASKING, ids=lambda path: path.stem)
def test_the_right_answer_is_accepted_and_each_mistake_is_named(open_page, path):
    page = open_page(path.as_uri(), width=390)
    boxes = page.locator(".s6-folded")
    assert boxes.count() == answered_below(path) and page.locator(".s6-folded:empty").count() == 0
    answer_all(page)
    assert page.locator(".s6-folded").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    names = [
        spec["name"]
        for state in page.locator("div[data-question] > script[type='application/json']").all_text_contents()
        for spec in json.loads(state)["questions"]
    ]
    assert len(set(names)) == len(names)
    assert page.evaluate("Object.values(JSON.parse(localStorage['s6-answers']))[0].asks") == len(names)


# All kinds on a page of their own -------------------------------------------------------------

SHELL = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Questions</title><body><main>{}</main></body></html>"
)
CELL = '<div class="cell"><div class="cell_output"><div class="output text_html">{}</div></div></div>'
UP = Question(
    "Raise `w5`. Does the error go up or down?",
    name="up",
    choices=["up", "down"],
    right="up",
    wrong={"down": "A positive slope means *up*."},
    because="The slope `dE_dw5` is positive.",
)
SUM = Question(
    "`w1` is {w1} and `i2` is {i2}. What is `h1`?",
    name="sum",
    given={**NETWORK, "w1": (0.1, 0.9, 0.1), "i2": (0.1, 0.9, 0.1)},
    right="h1",
    wrong={"i1 + i2": "You left out the weights."},
    because="It is {right}.",
)
MANY = Question("Which?", name="many", right=["`w7`", "`w8`"], wrong={"`w1`": "By way of `h1`."})
HOLES = Question(
    "Fill in.",
    name="holes",
    lines=["weight | after", "`w5` | [[w5]]", "`w6` | [[w6]]"],
    right={"w5": 0.25, "w6": 0.125},
    wrong={"w6": {0.75: "Uphill."}},
)
ORDER = Question(
    "In order?",
    name="order",
    order=["forward", "backward", "update"],
    wrong={("update", "backward"): "Too early."},
)
CURVE = Question(
    "Draw it.", name="curve", curve=(0, 1), at=[0, 10, 20], right=[1, 0.3, 0.1], absolute=0.1,
    wrong={(1, 0.55, 0.1): "Not a straight line."}, axes=("step", "error"),
)  # fmt: skip
AFTER = (
    '<p id="told">It goes up.</p><div class="cell tag_answer"><p id="shown">Because.</p></div>'
    '<p id="on">And on.</p><section id="later"><h2>Later</h2></section>'
)


@pytest.fixture
def ask(open_page, tmp_path):
    """ask(question, ...) -> a page with these questions, what answers the first below it."""

    def ask(*questions, query="", after=AFTER, **options):
        path = tmp_path / "asked.html"
        cells = [CELL.format(each._repr_html_()) for each in questions]
        path.write_text(SHELL.format(cells[0] + after + "".join(cells[1:])), encoding="utf-8")
        page = open_page(path.as_uri() + query, **options)
        if options.get("java_script_enabled", True):
            page.keyboard.press("Shift")
            page.locator(".task").last.wait_for(state="attached")
        return page

    return ask


def said(page):
    return page.locator(".said").first.inner_text().replace("\n", " ")


def test_what_answers_is_folded_until_the_reader_has_answered(ask):
    page = ask(UP)
    assert not page.locator("#shown").is_visible() and not page.locator("#told").is_visible()
    assert page.locator("#on").is_visible() and page.locator("#later").is_visible()
    assert page.evaluate("document.querySelector('#told').closest('[hidden]').hidden") == "until-found"
    page.get_by_role("button", name="down").click()
    assert "Not yet." in said(page) and "A positive slope means up." in said(page)
    assert not page.locator("#shown").is_visible()
    page.get_by_role("button", name="up").click()
    assert "Right." in said(page) and "is positive." in said(page)
    assert page.locator("#shown").is_visible() and page.locator("#told").is_visible()
    page.reload()
    assert page.locator("#shown").is_visible()  # and remembered
    page.keyboard.press("Shift")
    page.get_by_role("button", name="Start over").click()
    assert page.locator(".said").inner_text() == "" and page.locator("#shown").is_visible()


def test_it_unfolds_after_two_misses_and_for_who_asks(ask):
    page = ask(UP)
    for _ in range(2):
        page.get_by_role("button", name="down").click()
    assert page.locator("#shown").is_visible()
    page.get_by_role("button", name="Show me").click()
    assert (
        "The answer is shown. The slope" in said(page)
        and page.get_by_role("button", name="Start over").is_visible()
    )
    page = ask(UP)
    page.get_by_role("button", name="Show me").press("Enter")
    assert page.locator("#shown").is_visible() and "✓" in page.get_by_role("button", name="up").inner_text()


def test_a_link_and_a_search_unfold_it(ask):
    page = ask(UP, query="#shown")
    assert page.locator("#shown").is_visible()
    page = ask(UP)
    page.evaluate("location.hash = 'told'")
    page.wait_for_function("() => !document.querySelector('.s6-folded')")
    assert page.locator("#told").is_visible() and page.get_by_role("button", name="Show me").is_hidden()
    far = "<p>A line.</p>" * 60
    page = ask(
        UP,
        after=f'<p>Near.</p><div class="cell tag_answer">{far}<p id="shown">Because.</p></div>{far}',
        query="#:~:text=Because.",
    )  # as a search in the page does
    page.wait_for_function("() => scrollY > 500 && !document.querySelector('.s6-folded')")
    assert page.locator("#shown").is_visible()


def test_only_what_answers_is_folded(ask):
    page = ask(UP, after='<p id="on">On.</p><h2>New</h2><div class="cell tag_answer">Other</div>')
    assert page.locator(".s6-folded").count() == 0 and page.get_by_role("button", name="Show me").is_hidden()
    page = ask(UP, after='<div class="answer container" id="a">It.</div><p id="on">On.</p>')
    assert not page.locator("#a").is_visible() and page.locator("#on").is_visible()
    two = CELL.format(SUM._repr_html_()) + '<div class="cell tag_answer" id="a">It.</div>'
    page = ask(UP, after='<p id="on">On.</p>' + two)
    assert page.locator("#on").is_visible() and not page.locator("#a").is_visible()


def test_a_number_by_keyboard_alone(ask):
    page = ask(Question("`h1`?", given=NETWORK, right="h1", wrong={"i1 + i2": "No weights."}), after="")
    for typed, words in {
        "": "Type a number first.", "0.15": "Not yet. No weights.", "0,03": "Right so far, but rounded",
        "half": "A number, please", "about 0,0275": "Right.",
    }.items():  # fmt: skip
        page.get_by_label("Your answer").focus()
        page.keyboard.press("Control+A")
        page.keyboard.type(typed or " ")
        page.keyboard.press("Enter")
        assert words in said(page), typed
    assert page.locator(".said").get_attribute("role") == "status"
    assert page.get_by_label("Your answer").get_attribute("data-state") == "right"


def test_choices_of_several_and_blanks(ask):
    page = ask(Questions(MANY, HOLES), after="")
    page.get_by_role("button", name="w7").press("Space")
    page.get_by_role("button", name="Check").first.press("Enter")
    assert "Right so far, and there is more." in said(page)
    page.get_by_role("button", name="w8").click()
    page.get_by_role("button", name="Check").first.click()
    assert "Right." in said(page)
    page.get_by_label("w5", exact=True).fill("0.25")
    page.get_by_label("w6", exact=True).fill("0,75")
    page.get_by_label("w6", exact=True).press("Enter")
    assert "w6: Uphill." in page.locator(".said").last.inner_text()
    states = page.locator(".hole input").evaluate_all("all => all.map(each => each.dataset.state)")
    assert states == ["right", "wrong"]
    page.get_by_label("w6", exact=True).fill("1/8")
    page.keyboard.press("Enter")
    assert "Right." in page.locator(".said").last.inner_text()


def test_a_blank_is_called_by_what_stands_before_it(ask):
    """A quantity by its name. What a blank is called in Python is for programs."""
    lines = ["m: {m}/2 = [[half_of_it]]", "It takes 3. After [[as_many]] steps, and [[then_more]] of them."]
    table = ["part | error", "first | [[error_1]]", "`w6` | [[w6]]"]
    names = ["half_of_it", "as_many", "then_more", "error_1", "w6"]
    right = {name: 7.0 + k for k, name in enumerate(names)}
    page = ask(
        Question(
            "Fill in.", name="h", given={"m": 14}, lines=lines + table, right=right, unit="s",
            wrong={"as_many": {3: "That was before."}},
        ),
        after="",
    )  # fmt: skip
    heard = page.locator(".hole input").evaluate_all("all => all.map(each => each.ariaLabel)")
    assert heard == [f"{name}, in s" for name in ("m: 14/2", "After", "steps, and", "first, error", "w6")]
    for field, number in zip(page.locator(".hole input").all(), (7, 3, 9, 10, 11), strict=True):
        field.fill(str(number))
    page.keyboard.press("Enter")
    assert said(page).endswith("Not yet. Blank 2: That was before.")


def test_an_order_by_keys_and_by_dragging(ask):
    page = ask(ORDER, after="")
    items = page.locator(".items li .words")
    while items.all_text_contents()[0] != "forward":
        page.get_by_role("button", name="Move forward up").press("Enter")
    assert page.evaluate("document.activeElement.closest('li').textContent.includes('forward')")
    assert "now 1 of 3" in page.locator(".unseen[role=status]").inner_text()
    while items.all_text_contents()[1] != "update":
        page.get_by_role("button", name="Move update up").press("Space")
    page.get_by_role("button", name="Check").click()
    assert "Too early." in said(page)
    start, end = (page.locator(".items li").nth(k).bounding_box() for k in (2, 1))
    page.mouse.move(start["x"] + 30, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(end["x"] + 30, end["y"] + 5, steps=5)
    page.mouse.up()
    assert items.all_text_contents() == ["forward", "backward", "update"]
    page.get_by_role("button", name="Check").click()
    assert "Right." in said(page)


def test_a_curve_by_keys_and_by_dragging(ask):
    page = ask(CURVE, after="")
    handles = page.get_by_role("slider")
    handles.nth(0).press("End")
    handles.nth(2).press("Home")
    for _ in range(10):
        handles.nth(2).press("ArrowUp")
    assert handles.nth(2).get_attribute("aria-valuetext") == "0.1"
    assert handles.nth(1).get_attribute("aria-label") == "error at step 10"
    page.get_by_role("button", name="Check").click()
    assert "Not a straight line." in said(page)
    box, top = handles.nth(1).bounding_box(), handles.nth(0).bounding_box()
    bottom = handles.nth(2).bounding_box()["y"]
    page.mouse.move(box["x"] + 11, box["y"] + 11)
    page.mouse.down()
    page.mouse.move(box["x"] + 11, 11 + top["y"] + (bottom - top["y"]) * 7 / 9, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Check").click()
    assert "Right." in said(page) and page.locator(".truth").get_attribute("d")


def test_a_class_shares_a_set_of_numbers(ask):
    def shown(page):
        return page.locator(".ask").last.inner_text()

    (spec,) = SUM.questions
    sets = {chosen: judging.numbers(spec, chosen) for chosen in (1, 7, 8)}
    for chosen, query in ((1, ""), (7, "?set=7"), (1, "?set=0"), (1, "?set=x"), (8, "?set=8")):
        page = ask(UP, SUM, query=query)
        for name in ("w1", "i2"):
            assert judging.written(sets[chosen][name]) in shown(page), query
        assert page.locator(".set").inner_text() == f"Numbers: set {chosen}"
    page.get_by_label("Your answer").fill(judging.written(sets[8]["h1"], 9))
    page.get_by_label("Your answer").press("Enter")
    assert "Right." in page.locator(".said").last.inner_text()
    page.goto(page.url.split("?")[0])  # kept on this device
    page.keyboard.press("Shift")
    assert page.locator(".set").inner_text() == "Numbers: set 8"
    assert "Right." in page.locator(".said").last.inner_text()
    page.get_by_role("button", name="Other numbers").click()
    assert re.search(r"\?set=\d+$", page.url) and page.locator(".said").last.inner_text() == ""


def test_two_copies_do_not_share_an_answer(ask):
    page = ask(UP, UP, after="")
    page.get_by_role("button", name="up").first.click()
    assert "Right." in said(page) and page.locator(".said").last.inner_text() == ""
    page.reload()
    page.keyboard.press("Shift")
    assert "Right." in said(page) and page.locator(".said").last.inner_text() == ""


@pytest.mark.parametrize("width", [320, 390, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_and_stands_in_nobodys_way(ask, axe, width, theme):  # noqa: F811
    page = ask(UP, SUM, Questions(MANY, HOLES, heading="Two"), ORDER, CURVE, width=width, theme=theme)
    page.get_by_role("button", name="down").first.click()
    page.locator(".check").nth(0).click()
    page.get_by_role("button", name="Check").last.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(axe, page, RULES) == []
    page.get_by_role("button", name="up", exact=True).click()
    assert violations(axe, page, RULES) == []
    small = page.locator(".live :is(button, input):visible").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().height).filter(height => height < 36)"
    )
    assert small == []


def test_with_forced_colours_states_differ_by_more_than_colour(ask):
    page = ask(UP, SUM, CURVE, forced_colors="active", reduced_motion="reduce")
    page.get_by_role("button", name="down").click()
    assert "✗" in page.get_by_role("button", name="down").inner_text() and "✗" in said(page)
    page.get_by_role("button", name="up").first.click()
    assert "✓" in page.get_by_role("button", name="up").first.inner_text() and "✓" in said(page)


def test_without_scripts_and_on_paper_nothing_is_folded(ask):
    page = ask(UP, SUM, ORDER, CURVE, java_script_enabled=False)
    assert page.locator("#told").is_visible() and page.locator("#shown").is_visible()
    assert page.locator(".fallback li").first.is_visible()
    assert page.locator(".fallback summary").first.is_visible()
    page = ask(UP, SUM, ORDER, CURVE)
    page.emulate_media(media="print")
    assert page.locator("#told").is_visible() and page.locator("#shown").bounding_box()["height"] > 10
    assert page.locator(".fallback li").first.is_visible() and not page.locator(".task").first.is_visible()


def test_a_page_that_was_saved_unfolds_too(ask, open_page, tmp_path):
    page = ask(UP, SUM)
    assert page.locator(".s6-folded").count() == 1
    (tmp_path / "saved.html").write_text(page.content(), encoding="utf-8")  # as a browser saves it
    page = open_page((tmp_path / "saved.html").as_uri())
    page.keyboard.press("Shift")
    assert page.locator(".s6-folded").count() == 1 and not page.locator("#shown").is_visible()
    page.get_by_role("button", name="up", exact=True).click()
    assert "Right." in said(page) and page.locator("#shown").is_visible()
    assert page.locator("#told").is_visible() and not page.locator(".s6-folded").count()


def test_without_storage_all_of_it_works(ask):
    page = ask(UP, SUM)
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } });"
    )
    page.reload()
    page.keyboard.press("Shift")
    page.get_by_role("button", name="up", exact=True).click()
    assert "Right." in said(page) and page.locator("#shown").is_visible()


# What was answered ----------------------------------------------------------------------------


def test_progress_is_listed_taken_along_brought_back_and_deleted(ask, tmp_path):
    page = ask(UP, SUM, Progress(chapters=["asked", "other"]))
    progress = page.locator(".s6-progress")
    assert progress.locator("tbody tr").inner_text().split("\t") == ["asked", "0 of 2", "0"]
    page.get_by_role("button", name="up", exact=True).click()
    page.reload()
    page.keyboard.press("Shift")
    assert progress.locator("tbody tr").inner_text().split("\t") == ["asked", "1 of 2", "1"]
    with page.expect_download() as kept:
        page.get_by_role("button", name="Keep it as a file").click()
    kept.value.save_as(tmp_path / "mine.json")
    assert json.loads((tmp_path / "mine.json").read_text())["asked"]["answers"]["up"]["done"] is True
    page.get_by_role("button", name="Delete it").click()
    assert "Press again" in progress.locator("[role=status]").inner_text()
    page.get_by_role("button", name="Bring a file back").focus()  # who goes elsewhere does not delete
    assert progress.locator("[role=status]").inner_text() == ""
    page.get_by_role("button", name="Delete it").evaluate("button => button.click()")  # as in Safari
    assert page.evaluate("document.activeElement.textContent") == "Yes, delete it"
    page.get_by_role("button", name="Yes, delete it").click()
    assert (
        "Nothing answered yet." in progress.inner_text()
        and page.evaluate("localStorage['s6-answers']") == "{}"
    )
    assert progress.locator("[role=status]").inner_text() == "Deleted."
    none = "holds no answers of this book"
    foreign = {
        "other.json": '{"asked": 3}', "empty.json": "{}",
        "elsewhere.json": '{"nowhere": {"asks": 3, "answers": {}}}',
        "below.json": '{"asked": {"asks": -5, "answers": {}}}',
    }  # fmt: skip
    for name, words in foreign.items():
        (tmp_path / name).write_text(words)
    for name, words in [(name, none) for name in foreign] + [("mine.json", "Brought back.")]:
        progress.locator("input[type=file]").set_input_files(tmp_path / name)
        progress.get_by_text(words).wait_for()
    assert progress.locator("tbody tr").inner_text().split("\t") == ["asked", "1 of 2", "1"]


def test_no_text_ends_the_script_that_holds_it(ask):
    end = "</script><b id='out'>out</b><!--"
    page = ask(Question("Up?", name="end", right="up", wrong={"down": end}, because=end), after="")
    page.get_by_role("button", name="down").click()
    assert end.replace("'", "’") in said(page) and page.locator("#out").count() == 0


# In Jupyter -----------------------------------------------------------------------------------

JUPYTER = """async ([source, state]) => {
    const { default: { render } } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
    const heard = {}, model = {
        get: key => state[key],
        set: (key, value) => { state[key] = value; (heard[`change:${key}`] ?? []).forEach(hear => hear()); },
        save_changes() {}, on: (name, hear) => { (heard[name] ??= []).push(hear); }, off() {} };
    for (const name of ["one", "two"]) {
        const el = document.body.appendChild(document.createElement("section"));
        el.id = name;
        render({ model, el });
    }
    globalThis.model = model;
}"""


@pytest.fixture
def lab(open_page, tmp_path):
    """lab(widget) -> a page with two views of it, #one and #two, and its traits in `model`."""

    def lab(widget):
        path = tmp_path / "lab.html"
        path.write_text(SHELL.format(AFTER), encoding="utf-8")
        page = open_page(path.as_uri())
        names = ("questions", "heading", "set", "answers")
        page.evaluate(JUPYTER, [widget._esm, {name: getattr(widget, name) for name in names}])
        return page

    return lab


def test_the_same_front_end_lives_in_jupyter_and_this_device_keeps_nothing_there(lab):
    page = lab(Questions(UP, SUM, set=7))
    one, two = page.locator("#one"), page.locator("#two")
    one.get_by_role("button", name="up", exact=True).click()
    for view in (one, two):  # both are of one widget
        assert "Right." in view.locator(".said").first.inner_text()
    assert page.locator("#told").is_visible() and page.evaluate("localStorage.length") == 0
    assert one.locator(".set").inner_text() == "Numbers: set 7"
    values = judging.numbers(SUM.questions[0], 7)
    one.get_by_label("Your answer").fill(f"{values['h1']:.9f}")
    one.get_by_label("Your answer").press("Enter")
    assert "Right." in one.locator(".said").last.inner_text()
    two.get_by_role("button", name="Other numbers").click()
    assert two.locator(".set").inner_text() != "Numbers: set 7" and page.url.endswith("lab.html")
    assert two.locator(".said").last.inner_text() == "" == two.get_by_label("Your answer").input_value()


KINDS = (UP, SUM, MANY, HOLES, ORDER, CURVE)
#: For each of them an answer that is wrong, as Python takes it, and words that are said of it.
MISSED = {
    "up": ("down", "A positive slope means up."),
    "sum": ("-99", "It is more than that."),
    "many": (["`w7`", "`w1`"], "By way of h1."),
    "holes": ({"w5": "0.25", "w6": "0,75"}, "w6: Uphill."),
    "order": (["update", "backward", "forward"], "Too early."),
    "curve": ([1.0, 0.55, 0.1], "Not a straight line."),
}


def answers(page):
    return page.evaluate("model.get('answers')")


def test_what_is_answered_there_is_in_the_trait_as_python_has_it(lab):
    box = Questions(*KINDS)
    page = lab(box)
    one = page.locator("#one")
    task = lambda k: one.locator(".task").nth(k)
    task(0).get_by_role("button", name="down").click()
    task(1).get_by_label("Your answer").fill("-99" + " " * 300)
    task(1).get_by_label("Your answer").press("Enter")
    for k in (0, 2):
        task(2).locator(f".choice[data-place='{k}']").click()
    task(2).get_by_role("button", name="Check").click()
    task(3).get_by_label("w5", exact=True).fill("0.25")
    task(3).get_by_label("w6", exact=True).fill("0,75")
    task(3).get_by_label("w6", exact=True).press("Enter")
    while task(4).locator(".words").all_text_contents() != MISSED["order"][0]:
        for k in (0, 1):
            if task(4).locator(".words").all_text_contents()[k] != MISSED["order"][0][k]:
                task(4).get_by_role("button", name=f"Move {MISSED['order'][0][k]} up").press("Enter")
                break
    task(4).get_by_role("button", name="Check").click()
    for k, key in enumerate(["End", "ArrowUp", "Home"]):
        task(5).get_by_role("slider").nth(k).press(key)
    for _ in range(4):
        task(5).get_by_role("slider").nth(1).press("ArrowUp")
    for _ in range(10):
        task(5).get_by_role("slider").nth(2).press("ArrowUp")
    task(5).get_by_role("button", name="Check").click()
    found = answers(page)
    told = {name: each["answer"] for name, each in found.items()}
    assert told["curve"] == pytest.approx(MISSED["curve"][0]) and told["sum"].strip() == "-99"
    plain = {name: answer for name, (answer, _) in MISSED.items()}
    assert {**told, "curve": 0, "sum": 0} == {**plain, "curve": 0, "sum": 0}
    assert all(each["misses"] == 1 and not each["right"] and each["says"] for each in found.values())
    box.answers = found  # Python comes to the same of it, to the letter: nothing has to be sent back
    assert json.dumps(box.answers) == json.dumps(found).replace("[1, ", "[1.0, ")
    box.answers = {name: {"answer": each["answer"]} for name, each in found.items()}
    assert box.answers == found
    for which in one.locator(".task").all():  # Show me comes after a second miss
        which.evaluate("task => task.querySelector('.foot button').click()")
    shown = answers(page)
    assert shown == {name: {**each, "shown": True} for name, each in found.items()}
    box.answers = shown
    again = one.get_by_role("button", name="Start over")
    again.evaluate_all("all => all.forEach(each => each.click())")
    cleared = answers(page)
    assert cleared == {
        name: {**each, "misses": 0, "answer": None, "says": ""} for name, each in found.items()
    }
    box.answers = cleared
    assert box.answers == cleared
    task(0).get_by_role("button", name="up").click()
    right = answers(page)["up"]
    assert (right["right"], right["done"], right["first"], right["answer"]) == (True, True, False, "up")


def test_what_python_puts_in_is_shown_and_nothing_clears_it(lab):
    box = Questions(*KINDS, answers={name: {"answer": answer} for name, (answer, _) in MISSED.items()})
    page = lab(Questions(*KINDS))
    page.get_by_label("Your answer").first.focus()
    put = "value => model.set('answers', value)"
    page.evaluate(put, box.answers)
    for view in ("#one", "#two"):
        said = page.locator(f"{view} .said").all_inner_texts()
        for (answer, words), each in zip(MISSED.values(), said, strict=True):
            assert "Not yet." in each and words.split()[0] in each, answer
        assert page.locator(f"{view} input").evaluate_all("all => all.map(each => each.value)") == [
            "-99", "0.25", "0,75",
        ]  # fmt: skip
        assert page.locator(f"{view} .words").all_text_contents() == MISSED["order"][0]
        heights = page.locator(f"{view} .handle").evaluate_all(
            "all => all.map(each => Number(each.getAttribute('aria-valuenow')))"
        )
        assert heights == MISSED["curve"][0]
        assert page.locator(f"{view} .choice[aria-pressed=true]").count() == 2
    assert answers(page) == box.answers  # showing them is no attempt
    box.answers = {"up": {"answer": "up"}, "sum": {"shown": True, "misses": 2}}
    page.evaluate(put, box.answers)
    said = page.locator("#one .said").all_inner_texts()
    assert "Right." in said[0] and "The answer is shown." in said[1] and said[2:] == [""] * 4
    page.evaluate(put, {})
    assert set(page.locator(".said").all_inner_texts()) == {""}
    assert page.locator("input").evaluate_all("all => all.some(each => each.value || each.readOnly)") is False
