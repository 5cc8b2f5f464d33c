"""A made-up decoding rule, as a file of `music.decodings` would hold one."""

from __future__ import annotations

import numpy as np

from glassy_core.music.decodings.rule import Option

NOTES = Option("notes", default=2.0, above=0.0, most=8.0, step=1.0, usual=4.0, help="How many sound.")


class Loudest:
    """So many pitches as are asked for, those with the largest fields."""

    label = "loudest"
    meaning = "a fixed number of pitches."
    deterministic = True
    untrained = "it sings the lowest pitches there are."
    options = (NOTES,)

    def sounding(self, H, limit, options, generators):
        most = int(min(options["notes"], limit or np.inf))
        rows = np.argsort(-H, axis=1, kind="stable")[:, :most]
        on = np.zeros(H.shape, dtype=bool)
        np.put_along_axis(on, rows, True, axis=1)
        return on
