"""Other people's controllers, run by their own code in an environment of their own."""
