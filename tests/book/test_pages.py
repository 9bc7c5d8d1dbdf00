"""Executed notebooks become pages: on small notebooks made here, and on the chapter itself."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from markdown_it import MarkdownIt

from bookbuild import pages

ROOT = Path(__file__).parents[2]


def code(source, tags=(), html=None, **metadata):
    outputs = [{"output_type": "display_data", "metadata": {}, "data": {"text/html": html}}] if html else []
    return {
        "cell_type": "code",
        "source": source,
        "outputs": outputs,
        "metadata": {"tags": list(tags), **metadata},
    }


def text(source):
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def test_tidy_drops_widget_state_and_repeated_scripts():
    script = "<script>\nlet x = 1;\n</script>"
    before = {
        "metadata": {"kernelspec": {}, "widgets": {"state": {}}},
        "cells": [code("1", html=f"<p>a</p>{script}"), code("2", html=f"<p>b</p>{script}<script>2</script>")],
    }
    copy = json.loads(json.dumps(before))
    after = pages.tidy(before)
    assert after["metadata"] == {"kernelspec": {}}
    html = [cell["outputs"][0]["data"]["text/html"] for cell in after["cells"]]
    assert html == [f"<p>a</p>{script}", "<p>b</p><script>2</script>"]
    assert before == copy


def test_data_stay_in_every_output_that_has_them():
    """Two steppers that begin alike have the same data: each reads its own."""
    data = '<script type="application/json">{"step": 0}</script>'
    html = f"{data}<SCRIPT type='module'>run()</SCRIPT >"
    notebook = pages.tidy({"metadata": {}, "cells": [code("1", html=html), code("2", html=html)]})
    assert [cell["outputs"][0]["data"]["text/html"] for cell in notebook["cells"]] == [html, data]


def test_only_names_of_tables_are_counted():
    html = (
        '<style>#T_0a1b2 th {}</style><table id="T_0a1b2"><td id="T_0a1b2_row0">'
        'T_added T_decaf </td></table><p class="T_faced">'
    )
    (cell,) = pages.tidy({"metadata": {}, "cells": [code("1", html=html)]})["cells"]
    assert cell["outputs"][0]["data"]["text/html"] == html.replace("0a1b2", "0")


def test_tidy_leaves_nothing_of_the_run_that_made_it():
    """Two runs of the same cell, as nbclient, papermill and pandas write them, come to the same."""

    def run(when, name, address):
        html = (
            f'<table id="T_{name}"><th id="T_{name}_level0"></th></table><table id="T_{name[::-1]}">'
            '</table><p id="T_other">'
        )
        data = {
            "text/html": html,
            "text/plain": f"<Styler at {address}>",
            "application/vnd.jupyter.widget-view+json": {"model_id": name},
        }
        made = {
            "cell_type": "code",
            "source": "rate = 1",
            "id": name,
            "execution_count": 1,
            "metadata": {
                "tags": ["injected-parameters", "remove-stderr"],
                "execution": {"iopub.status.busy": when},
                "papermill": {"start_time": when},
            },
            "outputs": [
                {"output_type": "display_data", "metadata": {}, "data": data},
                {"output_type": "stream", "name": "stderr", "text": f"10 % after {when}"},
                {"output_type": "stream", "name": "stdout", "text": "T_1"},
            ],
        }
        return {"metadata": {"kernelspec": {}, "papermill": {"start_time": when}}, "cells": [made]}

    one = pages.tidy(run("2026-01-01", "0a1b2", "0x7f00aa"))
    assert one == pages.tidy(run("2027-02-02", "c3d4e", "0x7fff00"))
    assert one["metadata"] == {"kernelspec": {}} and one["cells"][0]["metadata"] == {
        "tags": ["injected-parameters", "remove-stderr"]
    }
    assert one["cells"][0]["outputs"][0]["data"] == {
        "text/html": '<table id="T_0"><th id="T_0_level0"></th></table><table id="T_1"></table>'
        '<p id="T_other">',
        "text/plain": "<Styler>",
    }
    assert one["cells"][0]["outputs"][1]["text"] == "T_1"


def test_a_run_page_has_its_own_title_labels_and_cells():
    notebook = {
        "metadata": {},
        "cells": [
            text("(rate)=\n# Learning rate\n\nLong introduction."),
            code("learning_rate = 0.5", ["parameters"]),
            code("# Parameters\nlearning_rate = 0.1\n", ["injected-parameters"]),
            text("See {numref}`fig-one`, not {numref}`fig-one-more`.\n\n$$\nx\n$$ (eq-x)\n\n{eq}`eq-x`"),
            code("plot()", mystnb={"figure": {"name": "fig-one"}}),
            code("all()", ["all-rates"], mystnb={"figure": {"name": "fig-all"}}),
        ],
    }
    page = pages.run_page(notebook, "learning_rate")
    sources = [cell["source"] for cell in page["cells"]]
    assert sources[0].startswith("# Learning rate 0.1\n")
    assert "{doc}`../learning_rate`" in sources[0]
    assert not any(source.startswith(("learning_rate = 0.5", "all()")) for source in sources)
    assert "{numref}`fig-one-0-1`, not {numref}`fig-one-more`" in sources[2]
    assert "$$ (eq-x-0-1)" in sources[2] and "{eq}`eq-x-0-1`" in sources[2]
    assert page["cells"][-1]["metadata"]["mystnb"]["figure"]["name"] == "fig-one-0-1"


def run(parameters, *cells):
    injected = code(
        "".join(f"{name} = {value!r}\n" for name, value in parameters.items()),
        ["injected-parameters"],
        id="x",
    )
    return {
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
        "cells": [text("# Chapter"), {**injected, "id": "x"}, *cells],
    }


@pytest.mark.parametrize(
    "parameters, title",
    [
        ({"learning_rate": 0.1, "steps": 50}, "Learning rate 0.1, steps 50"),
        ({"shift": -0.5}, "Shift -0.5"),
        ({"rate": 1e-05}, "Rate 1e-05"),
        ({"augment": False}, "Augment False"),
        ({"recipe": "a_b *c* $d$ `e` [f](g) {h}`i` <j> #k"}, "Recipe a_b *c* $d$ `e` [f](g) {h}`i` <j> #k"),
        ({"recipe": "two\nlines"}, "Recipe two lines"),
        ({"recipe": ""}, "Recipe “”"),
    ],
)
def test_the_title_shows_the_values_as_they_are(parameters, title):
    source = pages.run_page(run(parameters), "chapter")["cells"][0]["source"]
    inline = MarkdownIt().parse(source)[1].children
    assert {token.type for token in inline} <= {"text", "text_special"}
    assert "".join(token.content for token in inline) == title


def test_a_label_ends_in_the_values_only_where_it_is_a_label():
    words = "The rate, its fig-one, and `rate`; (rate) too."
    before = [
        text("# Title"),
        code("rate = fig_one  # fig-one\n'rate'", html='<p id="rate">fig-one</p>'),
        text(
            f"(rate)=\n## Rate\n\n{words}\n\n{{ref}}`rate`, {{ref}}`text <rate>`, [](rate), [x](#rate), "
            f"{{ref}}`rates`"
        ),
        text(
            "$$\nx\n$$ (eq)\n\n{eq}`eq` {numref}`See %s <fig-two>`\n\n```{figure} rate.png\n:name: "
            "fig-two\nrate\n```"
        ),
        {
            **code("1"),
            "outputs": [
                {
                    "output_type": "display_data",
                    "data": {"text/markdown": "{ref}`rate` rate", "image/png": "rate+eq/rate"},
                }
            ],
        },
    ]
    page = pages.run_page(run({"n": 2}, *before), "chapter")
    sources = [cell["source"] for cell in page["cells"][3:]]
    assert page["cells"][3] == before[1]
    assert sources[1] == (
        f"(rate-2)=\n## Rate\n\n{words}\n\n{{ref}}`rate-2`, {{ref}}`text <rate-2>`, [](rate-2), "
        f"[x](#rate-2), {{ref}}`rates`"
    )
    assert (
        sources[2] == "$$\nx\n$$ (eq-2)\n\n{eq}`eq-2` {numref}`See %s <fig-two-2>`\n\n"
        "```{figure} rate.png\n:name: fig-two-2\nrate\n```"
    )
    assert page["cells"][-1]["outputs"][0]["data"] == {
        "text/markdown": "{ref}`rate-2` rate",
        "image/png": "rate+eq/rate",
    }


def sweep(folder, name, runs):
    """What a sweep leaves of runs {file: parameters}, each with a label of the same name."""
    (folder / "runs").mkdir()
    for output, parameters in runs.items():
        (folder / "runs" / output).write_text(
            json.dumps(run(parameters, text("(here)=\nHere."))), encoding="utf-8"
        )
    (folder / "runs" / "manifest.json").write_text(
        json.dumps(
            {"notebook": {"name": name}, "runs": [{"output": output} for output in runs] + [{"output": None}]}
        )
    )


def test_no_two_runs_have_the_same_label(tmp_path):
    """Though their values come to the same letters; and a second time changes nothing."""
    values = [
        {"a": "x y", "b": "z"},
        {"a": "x", "b": "y z"},
        {"a": "X Y", "b": "z"},
        {"a": "é", "b": "ü"},
        {"a": "ü", "b": "é"},
        {"a": -0.5, "b": 1e-5},
        {"a": 0.5, "b": 1e-5},
    ]
    sweep(tmp_path, "chapter.ipynb", {f"{n}.ipynb": each for n, each in enumerate(values)})
    pages.main([str(tmp_path)])
    made = {path: path.read_bytes() for path in sorted((tmp_path / "runs").glob("*.ipynb"))}
    labels = [json.loads(text)["cells"][2]["source"].splitlines()[0] for text in made.values()]
    assert len({label.lower() for label in labels}) == len(values) and all(
        label.startswith("(here-") for label in labels
    )
    pages.main([str(tmp_path)])
    assert made == {path: path.read_bytes() for path in made}


def test_the_manifest_says_which_chapter_a_run_is_of(tmp_path):
    """A run is named after its parameters, and they may be called like anything, another chapter too."""
    sweep(
        tmp_path,
        "learning_rate.ipynb",
        {"steps-50.ipynb": {"steps": 50}, "shift--0.5__mode-a-b.ipynb": {"shift": -0.5, "mode": "a-b"}},
    )
    (tmp_path / "runs" / "other-1.ipynb").write_text("{}")
    for name, chapter in (
        ("runs/steps-50", "learning_rate"),
        ("runs/shift--0.5__mode-a-b", "learning_rate"),
        ("runs/other-1", "runs/other-1"),
        ("steps-50", "steps-50"),
    ):
        button = {"url": f"https://colab.example/blob/main/{name}.ipynb"}
        download = {"url": f"_sources/{name}.ipynb"}
        pages._launch_the_chapter(
            SimpleNamespace(srcdir=tmp_path),
            name,
            "page.html",
            {"header_buttons": [{"buttons": [button, download, {}]}]},
            None,
        )
        assert button["url"] == f"https://colab.example/blob/main/{chapter}.ipynb"
        assert download["url"] == f"_sources/{name}.ipynb"


def test_what_is_no_notebook_is_left_alone_and_named(tmp_path, capsys):
    good = json.dumps({**run({"a": 1}), "metadata": {"widgets": {}}})
    strays = {
        "broken.ipynb": b"{",
        "list.ipynb": b"[]",
        "old.ipynb": b'{"nbformat": 3, "worksheets": []}',
        "latin.ipynb": b'{"a": "\xe9"}',
        ".ipynb_checkpoints/x-checkpoint.ipynb": b"{",
        ".hidden.ipynb": good.encode(),
    }
    for name, content in {
        **strays,
        "bom.ipynb": b"\xef\xbb\xbf" + good.encode(),
        "good.ipynb": good.encode(),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.ipynb").mkdir()
    pages.main([str(tmp_path)])
    assert all((tmp_path / name).read_bytes() == content for name, content in strays.items())
    assert (tmp_path / "bom.ipynb").read_bytes() == (
        tmp_path / "good.ipynb"
    ).read_bytes() and b"widgets" not in (tmp_path / "good.ipynb").read_bytes()
    named = capsys.readouterr().err.splitlines()
    assert len(named) == 4 and all("left alone" in line and "checkpoint" not in line for line in named)


def test_the_chapter_keeps_what_a_run_page_needs():
    """The cells that stay on a run's page must not depend on the names that the others define."""
    notebook = json.loads((ROOT / "book" / "learning_rate.ipynb").read_text(encoding="utf-8"))
    tagged = [bool(pages.LEFT_OUT & set(cell["metadata"].get("tags", []))) for cell in notebook["cells"]]
    last_kept = max(n for n, cell in enumerate(notebook["cells"]) if not tagged[n])
    first_left = min(
        n for n, cell in enumerate(notebook["cells"]) if "all-rates" in cell["metadata"].get("tags", [])
    )
    assert last_kept < first_left
