"""Between the core and the widgets: Qt signals and models, QtCore only."""
