"""Targets for a finger: what is pressed on a touch screen is 44 pixels high, or takes the touch so far around it."""

from __future__ import annotations

CSS = """
@media (pointer: coarse) {
  [data-testid=stMain] :is([data-testid^=stBaseButton-]:not([data-testid$=elementToolbar]), [data-testid=stTab],
  [data-testid=stPageLink-NavLink], [data-testid=stPopoverButton], [data-testid=stExpander] summary,
  [data-testid=stButtonGroup] button, [data-testid=stTextInputField], [data-testid=stNumberInputField],
  [data-testid=stSelectbox] input, [data-testid=stCheckbox] label, [data-testid=stRadioOption]) {
    min-height: 44px; align-items: center;
  }
  [data-testid=stMain] [data-testid=stButtonGroup] button { min-width: 44px; }
  [data-testid=stMain] :is([data-testid=stNumberInputStepDown], [data-testid=stNumberInputStepUp],
  [data-testid=stSelectbox] button) { min-height: 44px; min-width: 44px; }
  [data-testid=stMain] [data-testid=stTooltipHoverTarget] { position: relative; }
  [data-testid=stMain] [data-testid=stTooltipHoverTarget]::after { content: ""; position: absolute; inset: -14px; }
  [data-testid=stMain] [data-testid=stMultiSelect] button { position: relative; }
  [data-testid=stMain] [data-testid=stMultiSelect] button::after { content: ""; position: absolute; inset: -11px -6px; }
}
"""
