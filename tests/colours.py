"""How legible a colour is: the measure of the Web Content Accessibility Guidelines."""

import numpy as np


def linear_light(colour):
    """The channels (3,) of a colour #RRGGBB, 0 to 1, as amounts of light."""
    srgb = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """The contrast ratio of two #RRGGBB colours, 1 to 21."""
    darker, lighter = sorted(float(np.dot([0.2126, 0.7152, 0.0722], linear_light(colour))) for colour in (a, b))
    return (lighter + 0.05) / (darker + 0.05)
