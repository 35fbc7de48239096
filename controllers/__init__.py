"""Who decides: one control law a file, the loop that runs them, the recorder."""
