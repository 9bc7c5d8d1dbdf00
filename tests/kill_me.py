"""A training run that says where it is, to be killed by test_training.py: kill_me.py CHECKPOINT"""

import sys

import torch

from s6lib import training
from s6lib.cnn import DigitCNN
from s6lib.mnist import Digits

generator = torch.Generator().manual_seed(5)
images = torch.randint(0, 256, (150, 28, 28), dtype=torch.uint8, generator=generator)
labels = torch.randint(0, 10, (150,), generator=generator)
digits = Digits(images[:120], labels[:120], images[120:], labels[120:], "noise", "")
save = training._Run.save


def save_and_say(run, path):
    save(run, path)
    print(run.epoch, run.step, flush=True)


training._Run.save = save_and_say
model = DigitCNN()
print("started", flush=True)
history = training.fit(model, digits, training.Recipe(epochs=6, batch_size=16, step_size=4),
                       checkpoint=sys.argv[1], device="cpu", checkpoint_seconds=0, progress=False)
figures = history.epochs.drop(columns="seconds").to_json(double_precision=15)
print("done", training.weights_hash(model), figures, flush=True)
