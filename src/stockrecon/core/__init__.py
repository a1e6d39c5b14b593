"""The meaning of the program as pure functions: values in, values out.

No clock, environment, log, network or disk: whatever they tell arrives as an argument.
"""
