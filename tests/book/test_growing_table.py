"""A table that a study adds to: what is read is what was added, and nothing goes below other columns."""

import growing_table
import pytest

from s6lib import manifest

COLUMNS = ("run", "seed")


@pytest.fixture
def table(tmp_path):
    return tmp_path / "study" / "table.csv"


def test_rows_are_read_as_they_were_added(table):
    assert growing_table.rows(table, COLUMNS) == [] and not table.parent.exists()
    growing_table.add(table, COLUMNS, [("one, two", 1)], command="x")
    assert manifest.faults(table.parent) == []
    growing_table.add(table, COLUMNS, [("three", 2), ("four", 3)], command="x")
    assert manifest.faults(table.parent) == []
    assert [tuple(row.values()) for row in growing_table.rows(table, COLUMNS)] == [
        *(("one, two", "1"), ("three", "2"), ("four", "3"))
    ]
    assert sorted(path.name for path in table.parent.iterdir()) == ["table.csv", "table.csv.json"]


@pytest.mark.parametrize(
    "content, told",
    [
        ("seed,run\n1,one\n", "has the columns seed, run; takes run, seed"),
        ("run,seed\none,1\ntw", "is torn: a row is not whole"),
        ("run,seed\none,1\ntwo\n", "is torn: a row is not whole"),
        ("run,seed\none,1", "is torn: a row is not whole"),
        ("", r"has the columns \(none\); takes run, seed"),
        (b"run,seed\none,1\ntw\xc3", "is torn: a letter is not whole"),
    ],
)
def test_a_table_of_other_columns_or_a_torn_one_is_left_alone(table, content, told):
    table.parent.mkdir()
    content = content if isinstance(content, bytes) else content.encode()
    table.write_bytes(content)
    for use in (growing_table.rows, lambda *where: growing_table.add(*where, [("three", 3)], command="x")):
        with pytest.raises(ValueError, match=f"table.csv: {told}"):
            use(table, COLUMNS)
    assert table.read_bytes() == content
