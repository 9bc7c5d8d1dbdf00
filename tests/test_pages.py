"""Executed notebooks become pages: on small notebooks made here, and on the chapter itself."""

import json
from pathlib import Path

from s6lib import pages

ROOT = Path(__file__).parents[1]


def code(source, tags=(), html=None, **metadata):
    outputs = [{"output_type": "display_data", "metadata": {}, "data": {"text/html": html}}] if html else []
    return {"cell_type": "code", "source": source, "outputs": outputs, "metadata": {"tags": list(tags), **metadata}}


def text(source):
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def test_tidy_drops_widget_state_and_repeated_scripts():
    script = "<script>\nlet x = 1;\n</script>"
    before = {"metadata": {"kernelspec": {}, "widgets": {"state": {}}},
              "cells": [code("1", html=f"<p>a</p>{script}"), code("2", html=f"<p>b</p>{script}<script>2</script>")]}
    copy = json.loads(json.dumps(before))
    after = pages.tidy(before)
    assert after["metadata"] == {"kernelspec": {}}
    html = [cell["outputs"][0]["data"]["text/html"] for cell in after["cells"]]
    assert html == [f"<p>a</p>{script}", "<p>b</p><script>2</script>"]
    assert before == copy


def test_tidy_leaves_nothing_of_the_run_that_made_it():
    """Two runs of the same cell, as nbclient, papermill and pandas write them, come to the same."""
    def run(when, name, address):
        html = f'<table id="T_{name}"><th id="T_{name}_level0"></th></table><table id="T_{name[::-1]}"></table><p id="T_other">'
        data = {"text/html": html, "text/plain": f"<Styler at {address}>", "application/vnd.jupyter.widget-view+json": {"model_id": name}}
        made = {"cell_type": "code", "source": "rate = 1", "id": name, "execution_count": 1,
                "metadata": {"tags": ["injected-parameters", "remove-stderr"], "execution": {"iopub.status.busy": when}, "papermill": {"start_time": when}},
                "outputs": [{"output_type": "display_data", "metadata": {}, "data": data},
                            {"output_type": "stream", "name": "stderr", "text": f"10 % after {when}"},
                            {"output_type": "stream", "name": "stdout", "text": "T_1"}]}
        return {"metadata": {"kernelspec": {}, "papermill": {"start_time": when}}, "cells": [made]}

    one = pages.tidy(run("2026-01-01", "0a1b2", "0x7f00aa"))
    assert one == pages.tidy(run("2027-02-02", "c3d4e", "0x7fff00"))
    assert one["metadata"] == {"kernelspec": {}} and one["cells"][0]["metadata"] == {"tags": ["injected-parameters", "remove-stderr"]}
    assert one["cells"][0]["outputs"][0]["data"] == {
        "text/html": '<table id="T_0"><th id="T_0_level0"></th></table><table id="T_1"></table><p id="T_other">',
        "text/plain": "<Styler>"}
    assert one["cells"][0]["outputs"][1]["text"] == "T_1"


def test_a_run_page_has_its_own_title_labels_and_cells():
    notebook = {"metadata": {}, "cells": [
        text("(rate)=\n# Learning rate\n\nLong introduction."),
        code("learning_rate = 0.5", ["parameters"]),
        code("# Parameters\nlearning_rate = 0.1\n", ["injected-parameters"]),
        text("See {numref}`fig-one`, not {numref}`fig-one-more`.\n\n$$\nx\n$$ (eq-x)\n\n{eq}`eq-x`"),
        code("plot()", mystnb={"figure": {"name": "fig-one"}}),
        code("all()", ["all-rates"], mystnb={"figure": {"name": "fig-all"}}),
    ]}
    page = pages.run_page(notebook, "learning_rate")
    sources = [cell["source"] for cell in page["cells"]]
    assert sources[0].startswith("# Learning rate 0.1\n")
    assert "{doc}`../learning_rate`" in sources[0]
    assert not any(source.startswith(("learning_rate = 0.5", "all()")) for source in sources)
    assert "{numref}`fig-one-0-1`, not {numref}`fig-one-more`" in sources[2]
    assert "$$ (eq-x-0-1)" in sources[2] and "{eq}`eq-x-0-1`" in sources[2]
    assert page["cells"][-1]["metadata"]["mystnb"]["figure"]["name"] == "fig-one-0-1"


def test_the_chapter_keeps_what_a_run_page_needs():
    """The cells that stay on a run's page must not depend on the names that the others define."""
    notebook = json.loads((ROOT / "book" / "learning_rate.ipynb").read_text(encoding="utf-8"))
    tagged = [bool(pages.LEFT_OUT & set(cell["metadata"].get("tags", []))) for cell in notebook["cells"]]
    last_kept = max(n for n, cell in enumerate(notebook["cells"]) if not tagged[n])
    first_left = min(n for n, cell in enumerate(notebook["cells"]) if "all-rates" in cell["metadata"].get("tags", []))
    assert last_kept < first_left
