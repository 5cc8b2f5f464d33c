"""Figures about what is sung: every number that goes in is drawn where it belongs."""

import numpy as np
import pytest

from glassy_core.figures.music import Point, profiles, recall_by_tau, recall_by_width
from glassy_core.music.counterpoint import portrait

POINTS = [Point("<b>a</b>", "#112233", 10, 100, 0.5, 0.25, 1, 8), Point("b", "#445566", 24, 0, 0.0, 0.75, 6, 8)]


def test_recall_against_width_marks_w_c_and_the_best():
    figure = recall_by_width(POINTS, 0.9, 22.4)
    assert list(figure.data[0].x) == [10, 24]
    assert list(figure.data[0].y) == [0.25, 0.75]
    assert figure.data[0].hovertext[0] == "&lt;b&gt;a&lt;/b&gt;"
    assert [(shape.x0, shape.y0) for shape in figure.layout.shapes if shape.x0 == 22.4]
    assert {note.text for note in figure.layout.annotations} == {
        "w<sub>c</sub> = 22.4",
        "no network can have more than 0.900",
    }
    assert not recall_by_width(POINTS, 1.0, None).layout.shapes


def test_recall_along_tau_is_logarithmic_and_leaves_out_the_start():
    figure = recall_by_tau([[POINTS[1], POINTS[0]], [POINTS[1]]], 1.0)
    (line,) = figure.data
    assert (list(line.x), list(line.y)) == ([0.5], [0.25])
    assert figure.layout.xaxis.type == "log"


def test_lines_of_one_colour_are_told_apart_by_their_dashes():
    figure = recall_by_tau([[POINTS[0]]] * 2, 1.0)
    assert figure.data[0].line.dash != figure.data[1].line.dash


def test_profiles_are_shares_in_per_cent():
    piece = ((60, 67), (62, 69), (64, 71))
    figure = profiles(portrait([piece]), portrait([piece]), "#112233")
    assert len(figure.data) == 6
    for trace in figure.data:
        assert np.sum(trace.y) == pytest.approx(100)
    harmonies = figure.data[2]
    assert dict(zip(harmonies.x, harmonies.y, strict=True))[7] == pytest.approx(100)  # fifths and nothing else
