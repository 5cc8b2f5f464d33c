"""The chords of a MIDI file, for tests that compare them alone."""

from glassy_core.editions.midi_files import on_grid


def chords_on_grid(content, grid="quarter"):
    return on_grid(content, grid).chords
