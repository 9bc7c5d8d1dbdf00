"""Reading digits: questions that come back."""

BANK = {
    "building_blocks": [],
    "digit_cnn": [],
    "backwards": [],
    "training": [],
    "evaluation": [],
    "deep_networks": [],
    "mistakes": [],
    "s6": [],
}
