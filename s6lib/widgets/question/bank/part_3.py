"""Honest numbers: questions that come back."""

BANK = {"one_seed": [], "what_each_part_is_worth": [], "faster_and_smaller": [], "sweeps": []}
