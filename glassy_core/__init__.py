"""Training core of glassy: deep tanh recurrent networks on Bach's chorales (Hertz & Tyrcha, 2024)."""

__version__ = "0.1.0"
