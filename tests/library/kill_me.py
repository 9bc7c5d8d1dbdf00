"""A training run that tells where it is, for test_fit.py to kill."""

import torch

from s6lib import fit as loop
from s6lib.checkpoint import weights_hash
from s6lib.cnn import DigitCNN
from s6lib.mnist import Digits
from s6lib.recipe import Recipe

torch.optim.SGD([torch.zeros(1)])  # the first optimizer imports much: once in the server, not in every fork


def train(checkpoint, said, precision="float32"):
    """Train on noise, with a checkpoint after every step; send each position, then the outcome."""
    generator = torch.Generator().manual_seed(5)
    images = torch.randint(0, 256, (150, 28, 28), dtype=torch.uint8, generator=generator)
    labels = torch.randint(0, 10, (150,), generator=generator)
    digits = Digits(images[:120], labels[:120], images[120:], labels[120:], "noise", "")
    save = loop._Run.save

    def save_and_say(run, path):
        save(run, path)
        said.send((run.epoch, run.step))

    loop._Run.save = save_and_say
    model = DigitCNN()
    history = loop.fit(
        model,
        digits,
        Recipe(epochs=6, batch_size=16, step_size=4, precision=precision),
        checkpoint,
        device="cpu",
        checkpoint_seconds=0,
        progress=False,
    )
    said.send((weights_hash(model), history.epochs.drop(columns="seconds").to_csv()))
