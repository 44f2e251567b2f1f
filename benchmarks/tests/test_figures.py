"""The arithmetic behind the tables. No times: those are for `make bench`."""

import pytest

from benchmarks import figures, tables
from benchmarks.tables import Goal


def test_a_percentile_is_the_nearest_rank():
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [figures.percentile(values, rank) for rank in (0, 20, 21, 50, 99, 100)] == [1, 1, 2, 3, 5, 5]


def test_a_ratio_is_taken_within_each_round():
    # The second round was ten times as slow for both: the ratio is the same, and that of the medians would not be.
    assert figures.ratio([2.0, 20.0, 2.0], [1.0, 10.0, 4.0]) == 2.0


def test_rounds_that_do_not_pair_are_refused():
    with pytest.raises(ValueError, match="zip"):
        figures.ratio([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("goal", "met", "missed"), [(Goal(0.1), 0.1, 0.101), (Goal(2.2, least=True), 2.2, 2.19), (Goal(0), 0, 1)]
)
def test_a_goal_is_met_up_to_its_limit(goal, met, missed):
    assert goal.is_met_by(met)
    assert not goal.is_met_by(missed)
    assert goal.judge(missed)[1] == "**no**"


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.0871, "0.087"), (4.711, "4.71"), (58.24, "58.2"), (1231.4, "1,231"), (6.0, "6")]
)
def test_numbers_have_about_three_digits(value, text):
    assert tables.number(value) == text


def test_a_table_is_markdown():
    assert tables.table(["who", "us"], [["we", 4.7], ["they", "-"]]).splitlines() == [
        "| who | us |",
        "| --- | ---: |",
        "| we | 4.70 |",
        "| they | - |",
    ]
