"""Pure values of the application; standard library only, no I/O."""
