"""One function per figure of the book: data and axes in, axes out.

The figure labelled `fig-learning-rates` on a page is drawn by `learning_rates`, and so for
every other; the home page shows `card_rates` as `fig-index-card-rates`. Plots compute nothing
but where to put ink: they are given the numbers they show.

One meaning has one colour in the whole book (Okabe and Ito's set, safe for colour-blind
readers): forward values blue, gradients vermilion, weights and updates green, targets black;
learning rates on an ordered scale from violet (slow) to teal (fast).
"""

# fmt: off
from s6lib.plots.style import (
    FORWARD, GRADIENT, QUIET, SIGNED, TARGET, UPDATE, WEIGHT_NAMES, rate_colors, use,
)
from s6lib.plots.cards import card_kernels, card_rates, card_seeds
from s6lib.plots.toy import (
    catapult, changes, gradients, learning_rates, loss_landscape, network, one_rate, paths_of_w1,
    referees, sigmoid_curve, slip, steps_needed, swing, weight_paths,
)
from s6lib.plots.blocks import (
    answer, architecture, dropped, edges, max_pool, parameters_and_work,
    receptive_fields, relu, running_mean, seen_pixels, slopes,
)
from s6lib.plots.backwards import (
    all_alike, batch_angles, cured, four_blocks, growth, kernel_collects, nameless, off_by_layer,
    shares, side_by_side, slope_lengths, slope_maps, slopes_later, three_paths, turned_over,
    two_networks, what_checks_see, with_mistakes,
)
from s6lib.plots.training import (
    calibration, confusion, feature_maps, hardest, histories, history, minibatches, misread, momentum,
    peeking, per_digit, prepared, recorded_run, two_accuracies,
)
from s6lib.plots.studies import (
    comparison, holds, moved, picking, schedules, seeds, sizes, swept_grid, swept_rates, times, trials,
    two_kinds_of_luck,
)
# fmt: on
