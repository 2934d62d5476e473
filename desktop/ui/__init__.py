"""The windows and widgets; they show values and say what was asked for, never do it."""
