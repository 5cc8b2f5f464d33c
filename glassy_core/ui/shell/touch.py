"""Targets for a finger: what is pressed on a touch screen is 44 pixels high, or takes the touch so far around it."""

from __future__ import annotations

CSS = """
@media (pointer: coarse) {
  [data-testid=stMain] :is([data-testid^=stBaseButton-]:not([data-testid$=elementToolbar]), [data-testid=stTab],
  [data-testid=stPageLink-NavLink], [data-testid=stPopoverButton], [data-testid=stExpander] summary,
  [data-testid=stButtonGroup] button[data-variant], [data-testid=stTextInputField], [data-testid=stNumberInputField],
  [data-testid=stSelectbox] input, [data-testid=stCheckbox] label, [data-testid=stRadioOption],
  [data-testid=stSelectbox] [role=group], [data-testid=stMultiSelect] [role=group], [data-tag],
  [data-testid=stSlider] [role=group]) {
    min-height: 44px; align-items: center;
  }
  [data-testid=stMain] :is([data-testid=stTextInputRootElement], [data-testid=stNumberInputContainer]) {
    min-height: 46px; /* a border on either side of what is pressed */
  }
  [data-testid=stMain] [data-testid^=stTabsScroll] { min-height: 44px; min-width: 44px; }
  [data-testid=stMain] [data-testid=stButtonGroup] button[data-variant] { min-width: 44px; }
  [data-testid=stMain] :is([data-testid=stNumberInputStepDown], [data-testid=stNumberInputStepUp],
  [data-testid=stSelectbox] [role=group] > button, [data-testid=stMultiSelect] [role=group] > button) {
    min-height: 44px; min-width: 44px;
  }
  [data-testid=stMain] [data-tag] button { min-width: 44px; align-self: stretch; height: auto; margin-right: -8px; }
  /* Upwards rather than over what the help is about. */
  [data-testid=stMain] [data-testid=stTooltipHoverTarget] { position: relative; }
  [data-testid=stMain] [data-testid=stTooltipHoverTarget]::after {
    content: ""; position: absolute; inset: -24px -14px -4px;
  }
  [data-testid=stMain] [data-testid=stSlider] div:has(> [data-testid=stSliderThumbValue])::after {
    content: ""; position: absolute; inset: -16px;
  }
  [data-testid=stMain] table a { position: relative; }
  [data-testid=stMain] table a::after { content: ""; position: absolute; inset: -12px -18px; }
}
"""
