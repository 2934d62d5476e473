"""How hits look: a soft ground, and a strong one for the hit that was gone to."""

from PySide6.QtGui import QColor, QTextCharFormat

from desktop.ui.theme import MIN_BORDER_CONTRAST, MIN_TEXT_CONTRAST, Roles, contrast, mixed

_SHARES = (0.3, 0.25, 0.2, 0.15, 0.1, 0.0)


def hit_formats(roles: Roles) -> tuple[QTextCharFormat, QTextCharFormat]:
    """What is drawn under a hit, and the current one; text and links can be read on both."""
    usual, strong = QTextCharFormat(), QTextCharFormat()
    grounds = (mixed(roles.accent_soft, roles.accent, share) for share in _SHARES)
    usual.setBackground(next((g for g in grounds if _is_readable(g, roles)), roles.accent_soft))
    strong.setBackground(roles.accent)
    strong.setForeground(roles.on_accent)
    return usual, strong


def _is_readable(ground: QColor, roles: Roles) -> bool:
    is_text_clear = contrast(ground, roles.text) >= MIN_TEXT_CONTRAST
    return is_text_clear and contrast(ground, roles.accent) >= MIN_BORDER_CONTRAST
