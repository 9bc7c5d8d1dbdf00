"""The CNN of Part 2: five convolution blocks, an average over the image, one linear layer.

::

    inputs (N, 1, 28, 28)
    conv 3x3 -> ReLU -> batch norm        five times, channels 1 - 4 - 8 - 16 - 24 - 32
    max-pool 2 -> dropout                 after the third block and after the fifth
    average over the image                (N, 32, 7, 7) -> (N, 32, 1, 1)
    linear 32 -> 10 -> log-softmax        log-probabilities (N, 10)

The network is that of the notebook at https://github.com/das91t70/S6; batch norm is that of Ioffe
and Szegedy, *Batch normalization* (2015), dropout that of Srivastava et al., *Dropout* (2014), and the
average in place of a large linear layer that of Lin, Chen and Yan, *Network in network* (2013).
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from s6lib import checks
from s6lib.words import named

with checks.extra("cnn"):
    import pandas as pd
    import torch
    from torch import nn
    from torch.fx import Proxy
    from torch.nn.functional import conv2d, max_pool2d, max_pool2d_with_indices

#: The columns of `layer_table` that are whole numbers.
NUMBERS = ("parameters", "multiplications", "receptive_field", named("jump"))
HEADS = ("average", "weighted", "rank-one", "flat")
IMAGE_SIZE = 28
CLASSES = 10
#: The settings of `DigitCNN` that `settings` leaves out where they are so.
PLAIN = {"separable": (), "shortcut": False, "bias": True}
TAKES = "takes one whose answer to (N, 1, 28, 28) is (N, 10), ten numbers an image"


# fmt: off
#: What makes `DigitCNN` each network that the book compares, by name.
NETWORKS = {
    "author": {},
    "no batch norm": {"batch_norm": False},
    "no dropout": {"dropout": 0.0},
    # Without the average the linear layer needs 49 times the weights, so other layers give some up:
    # of all such networks that keep the first three blocks, this one has the nearest number of all.
    "no average": {"head": "flat", "channels": (4, 8, 16, 25, 10)},
    # The author's parameters, on the middle 24 x 24 pixels.
    "cropped": {"dropout": 0.0, "crop": 2},
    # Three blocks, the image halved after each of the first two, places weighed at the end: much less work.
    "wide": {"dropout": 0.0, "crop": 2, "channels": (12, 24, 48), "pools": (1, 2), "head": "weighted"},
    "small": {"dropout": 0.0, "crop": 2, "channels": (8, 16, 24), "pools": (1, 2), "head": "weighted"},
    # The third and the fourth block use one and the same convolution: deeper, with fewer parameters.
    "slim": {"dropout": 0.0, "crop": 2, "channels": (10, 20, 20, 20), "pools": (1, 2), "head": "weighted",
             "shared": True},
    # The first convolution takes steps of two pixels; then there are so few places that there may be many
    # channels.
    "swift": {"dropout": 0.0, "crop": 3, "channels": (16, 32, 96), "pools": (2,), "head": "weighted",
              "stem": (4, 2)},
    # Each convolution but the first is taken apart, and one is used three times, with a shortcut around it.
    "tiny": {"dropout": 0.0, "crop": 2, "channels": (16, 39, 39, 39, 39), "pools": (1, 2), "head": "rank-one",
             "shared": True, "separable": (2, 3, 4, 5), "shortcut": True, "bias": False},
}
NETWORKS["lean"] = NETWORKS["tiny"] | {"channels": (18, 45, 45, 45, 45)}
# fmt: on


class DigitCNN(nn.Sequential):
    """Log-probabilities (N, 10) of the digits 0 ... 9 from normalised images (N, 1, 28, 28).

    The layers carry their names: `model.conv1`, `model.relu1`, `model.norm1`, ..., `model.pool3`,
    `model.drop3`, ..., `model.average`, `model.flatten`, `model.linear`, `model.log_softmax`.

    channels : channels out of each block, the notebook's five or another number of blocks
    dropout : chance of a value to be zeroed, in [0, 1)
    seed : of the initial weights; PyTorch's global random state is left as it was

    Other networks than the notebook's:

    batch_norm : False leaves the batch norms out
    head : what the linear layer gets: the "average" over the image; a "weighted" average, for which
        each channel learns how much each place counts (Chen et al., *MobileFaceNets*, 2018), and
        which starts as the plain one; a weighted one of "rank-one", for which it learns how much each row
        and each column counts; or the image as it is, "flat"
    pools : the blocks that end in a max-pool and a dropout, counted from 1; by default the middle one
        and the last, of the notebook's five blocks (3, 5)
    shared : True lets all blocks that have as many channels in as out use one and the same
        convolution, so that its weights count once; each keeps its own batch norm, and a stem its own weights
    crop : pixels cut off on each side of an image before the first block; of a smaller image as
        large a share
    stem : (kernel, stride) of another first convolution, without padding: of n pixels a side it
        leaves (n - kernel) // stride + 1
    separable : the blocks whose convolution is a `Separable` one, with fewer weights, counted from 1
    shortcut : True lets each block with as many channels out as in, and as many places, add its input to what
        it makes of it: its layers then are parts of a `Shortcut`, `model.shortcut3.conv3` and so on
    bias : False leaves the biases of the convolutions out, where there are batch norms, which have their own

    Raises TypeError or ValueError, by name, for what is out of range, and where nothing of the image is left.
    """

    def __init__(
        self,
        channels: Sequence[int] = (4, 8, 16, 24, 32),
        dropout: float = 0.1,
        seed: int = 1,
        *,
        batch_norm: bool = True,
        head: str = "average",
        pools: Sequence[int] | None = None,
        shared: bool = False,
        crop: int = 0,
        stem: Sequence[int] | None = None,
        separable: Sequence[int] = (),
        shortcut: bool = False,
        bias: bool = True,
    ):
        channels = checks.counts("channels", channels, 1)
        given = {"pools": pools} if pools is not None else {}
        if pools is None:
            pools = tuple(sorted({(len(channels) + 1) // 2, len(channels)}))
        settings = {
            "channels": channels,
            "dropout": checks.fraction("dropout", dropout),
            "batch_norm": checks.one_of("batch_norm", batch_norm, (True, False)),
            "head": checks.one_of("head", head, HEADS),
            "pools": _rising("pools", pools, len(channels)),
            "shared": checks.one_of("shared", shared, (True, False)),
            "crop": checks.count("crop", crop),
            "stem": stem if stem is None else _kernel_and_stride("stem", stem),
        }
        later = {
            "separable": _rising("separable", separable, len(channels)),
            "shortcut": checks.one_of("shortcut", shortcut, (True, False)),
            "bias": checks.one_of("bias", bias, (True, False)),
        }
        if settings["stem"] and 1 in later["separable"]:
            raise ValueError(
                f"separable, stem: got {separable!r} and {stem!r}; takes blocks from 2 on beside a stem, "
                "which is the first block's convolution"
            )
        if not (bias or batch_norm):
            raise ValueError(
                "bias: got False with batch_norm False; takes True there, for nothing has its own"
            )
        # Only what is not as ever: what has been written of a network without these is as it was.
        settings |= {name: value for name, value in later.items() if value != PLAIN[name]}
        side = side_left(settings)
        if side < 1:
            given |= {name: value for name, value in {"crop": crop, "stem": stem}.items() if value}
            got = " and ".join(map(repr, given.values()))
            halved = f"with max-pools after the blocks {settings['pools']} " if settings["pools"] else ""
            raise ValueError(
                f"{', '.join(given)}: got {got}; {halved}that leaves nothing of an image of "
                f"{IMAGE_SIZE} x {IMAGE_SIZE} pixels"
            )
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(checks.seed("seed", seed))
            super().__init__(_layers(side, **settings))
        self.channels = settings["channels"]
        self.settings = settings  #: what else than the seed it was made with


class Ensemble(nn.Module):
    """Several networks that answer as one: the mean of their scores, (N, 10).

    networks : one or more, of whatever takes the same images; of log-probabilities the mean is that of a
        geometric mean of the probabilities, up to a constant that a softmax does not see

    Raises TypeError for what is no network, and ValueError for none at all.
    """

    def __init__(self, *networks: nn.Module) -> None:
        super().__init__()
        if not networks:
            raise ValueError("networks: got none; takes one or more")
        for each in networks:
            if not isinstance(each, nn.Module):
                raise TypeError(f"networks: got {type(each).__name__}; takes networks (torch.nn.Module)")
        self.networks = nn.ModuleList(networks)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The mean of the networks' scores for `images`, (N, 1, 28, 28)."""
        return torch.stack([network(images) for network in self.networks]).mean(dim=0)


class Crop(nn.Module):
    """The middle of images (N, 1, H, W): of 28 pixels, `pixels` are cut off at either end of a side."""

    def __init__(self, pixels: int):
        super().__init__()
        self.pixels = pixels

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        height, width = images.shape[-2:]
        top, left = round(self.pixels * height / IMAGE_SIZE), round(self.pixels * width / IMAGE_SIZE)
        return images[..., top : height - top, left : width - left]

    def extra_repr(self):
        return str(self.pixels)


class MaxPool2d(nn.MaxPool2d):
    """PyTorch's max-pool with the same bits, forward and backward, found sooner on a processor.

    There its own program looks at one number after the other, unless the channels of a place stand side by
    side in memory: then at many at once (PyTorch 2.15). So the images are turned for it, and the answer back.
    """

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        window = (self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)
        # Whoever writes the operations down, to compile or to hand them on, gets PyTorch's own.
        if not torch.jit.is_scripting():
            noted = torch.compiler.is_compiling() or torch.jit.is_tracing() or isinstance(images, Proxy)
            if not noted and images.device.type == "cpu":
                return _TurnedMaxPool.apply(images, *window)[0]
        return max_pool2d(images, *window)


class _TurnedMaxPool(torch.autograd.Function):
    """The largest value of each window, and where it stood: found in images that are turned.

    The gradient is PyTorch's for images as they came. Left to itself it would come back turned, and a batch
    norm would take it so and round otherwise.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(images, *window):
        turned = images.movedim(-3, -1).contiguous().movedim(-1, -3)
        largest = max_pool2d_with_indices(turned, *window)
        # `contiguous` would leave maps of a single place as they are, turned.
        return tuple(each.clone(memory_format=torch.contiguous_format) for each in largest)

    @staticmethod
    def setup_context(ctx, inputs, output):
        images, *ctx.window = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(images, output[1])
        ctx.save_for_forward(images, output[1])  # `vmap` wants both to keep the same

    @staticmethod
    def backward(ctx, slope, _):
        images, places = ctx.saved_tensors
        slopes = torch.ops.aten.max_pool2d_with_indices_backward(slope, images, *ctx.window, places)
        return slopes, *[None] * len(ctx.window)

    @staticmethod
    def jvp(ctx, change, *_):
        _, places = ctx.saved_tensors
        return change.flatten(-2).gather(-1, places.flatten(-2)).view_as(places), None


class WeightedAverage(nn.Conv2d):
    """The sum over each channel of images (N, C, H, W), each place times a weight of its own: (N, C, 1, 1).

    That is a convolution of each channel by itself, with a kernel as large as the image.
    """

    def __init__(self, channels: int, side: int):
        super().__init__(channels, channels, kernel_size=side, groups=channels, bias=False)
        nn.init.constant_(self.weight, 1 / side**2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return _weighed(images, self.weight)


class RankOneAverage(nn.Module):
    """A weighted average whose weights are products, of a weight for the row and one for the column of each
    channel: weight[c, y, x] = rows[c, y] * columns[c, x]. As a matrix, they are of rank one.

    So there are 2 * side weights to learn for each channel, and not side * side.
    """

    def __init__(self, channels: int, side: int):
        super().__init__()
        self.rows = nn.Parameter(torch.full((channels, side), 1 / side))
        self.columns = nn.Parameter(torch.full((channels, side), 1 / side))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return _weighed(images, (self.rows[:, :, None] * self.columns[:, None])[:, None])

    def extra_repr(self):
        return ", ".join(map(str, self.rows.shape))


def _weighed(images, weights):
    """The convolution of each channel by itself, with weights (C, 1, side, side).

    As a product its gradients are found sooner: PyTorch finds those of a large kernel slowly where it
    computes on several threads.
    """
    if images.shape[-2:] != weights.shape[-2:]:  # not one place but several, or none
        return conv2d(images, weights, groups=len(weights))
    return (images * weights[:, 0]).sum(dim=(-2, -1), keepdim=True)


class Separable(nn.Sequential):
    """A depthwise separable convolution (Howard et al., *MobileNets*, 2017): a kernel of 3 x 3 for each
    channel by itself, and then at each place weighted sums over the channels.

    It has 9 * entering + entering * leaving weights, in place of 9 * entering * leaving.
    """

    def __init__(self, entering: int, leaving: int, bias: bool = True):
        depthwise = nn.Conv2d(entering, entering, 3, padding=1, groups=entering, bias=False)
        pointwise = nn.Conv2d(entering, leaving, 1, bias=bias)
        super().__init__(OrderedDict(depthwise=depthwise, pointwise=pointwise))


class Shortcut(nn.Sequential):
    """Its input, plus what its layers make of that one after the other, which has the same shape (He et al.,
    *Deep residual learning*, 2016)."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images + super().forward(images)


def _layers(
    side,
    channels,
    dropout,
    batch_norm,
    head,
    pools,
    shared,
    crop,
    stem,
    separable=(),
    shortcut=False,
    bias=True,
):
    layers, convolutions = OrderedDict(), {}
    if crop:
        layers["crop"] = Crop(crop)
    for block, (entering, leaving) in enumerate(zip((1, *channels), channels), start=1):
        with_stem, kind = block == 1 and stem, (leaving, block in separable)
        if with_stem:
            convolution = nn.Conv2d(entering, leaving, *stem, bias=bias)
        elif shared and entering == leaving and kind in convolutions:
            convolution = convolutions[kind]
        else:
            convolution = (
                Separable(entering, leaving, bias)
                if block in separable
                else nn.Conv2d(entering, leaving, kernel_size=3, padding=1, bias=bias)
            )
            if entering == leaving:
                convolutions[kind] = convolution
        parts = OrderedDict({f"conv{block}": convolution, f"relu{block}": nn.ReLU()})
        if batch_norm:
            parts[f"norm{block}"] = nn.BatchNorm2d(leaving)
        if shortcut and entering == leaving and block not in pools and not with_stem:
            parts = {f"shortcut{block}": Shortcut(parts)}
        layers |= parts
        if block in pools:
            layers[f"pool{block}"] = MaxPool2d(2)
            layers[f"drop{block}"] = nn.Dropout(dropout)
    if head == "average":
        layers["average"], side = nn.AdaptiveAvgPool2d(1), 1
    elif head != "flat":
        average = WeightedAverage if head == "weighted" else RankOneAverage
        layers["average"], side = average(channels[-1], side), 1
    layers["flatten"] = nn.Flatten()
    layers["linear"] = nn.Linear(channels[-1] * side**2, CLASSES)
    layers["log_softmax"] = nn.LogSoftmax(dim=1)
    return layers


def side_left(settings: dict[str, Any], size: int = IMAGE_SIZE) -> int:
    """Side of what is left of an image of size x size pixels before the head of a network with these
    settings; 0 or less: nothing."""
    side = size - 2 * round(settings["crop"] * size / IMAGE_SIZE)
    if settings["stem"]:
        kernel, stride = settings["stem"]
        side = (side - kernel) // stride + 1
    return side // 2 ** len(settings["pools"])


def _kernel_and_stride(name, value):
    """A pair of whole numbers from 1; else ValueError."""
    try:
        kernel, stride = checks.in_order(value)
        return checks.count(name, kernel, minimum=1), checks.count(name, stride, minimum=1)
    except (TypeError, ValueError):
        raise ValueError(
            f"{name}: got {value!r}; takes two whole numbers, 1 or more each: "
            f"the kernel and the stride{checks.no_order(value)}"
        ) from None


def _rising(name, value, high):
    """A tuple of whole numbers from 1 to `high` in rising order, or of none; else ValueError."""
    try:
        counts = tuple(checks.count(name, each, minimum=1) for each in checks.in_order(value))
    except TypeError:
        counts = None
    if counts is None or list(counts) != sorted(set(counts)) or max(counts, default=1) > high:
        raise ValueError(
            f"{name}: got {value!r}; takes whole numbers from 1 to {high} in rising order"
            f"{checks.no_order(value)}"
        )
    return counts


def activations(model: nn.Sequential, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """The output of every layer in turn, {name: tensor}, for `inputs` (N, 1, 28, 28).

    Of a `Shortcut` come first the outputs of its own layers, and then their sum with its input.

    Batch norm and dropout act as the model's mode says: `model.eval()` first to see the
    network as it predicts. Raises TypeError for a network that is no sequence of layers.
    """
    if not is_sequence(model):
        raise TypeError(
            f"model: got {type(model).__name__}; takes an nn.Sequential, such as DigitCNN(), of which each "
            "layer takes what the one before gives, without a forward of its own"
        )
    return _outputs(model, inputs)


def _outputs(model, inputs):
    values = {}
    for name, layer in named_layers(model):
        if isinstance(layer, Shortcut):
            values |= _outputs(layer, inputs)
            inputs = values[name] = inputs + next(reversed(values.values()))
        else:
            inputs = values[name] = layer(inputs)
    return values


def is_sequence(model: nn.Module) -> bool:
    """Whether a network does no more than let each layer take what the one before gives."""
    return (
        isinstance(model, nn.Sequential) and getattr(model.forward, "__func__", None) is nn.Sequential.forward
    )


def named_layers(model: nn.Sequential) -> list[tuple[str, nn.Module]]:
    """(name, layer) in the order of the forward pass; a convolution that is shared comes each time it is
    used."""
    return list(model._modules.items())  # named_children() would leave the second use out


def home(model: nn.Module) -> tuple[torch.device, torch.dtype]:
    """Device and type of a model's first parameter; without any, the CPU and PyTorch's default type."""
    first = next(model.parameters(), torch.empty(0, device="cpu"))
    return first.device, first.dtype


def checked_network(model: nn.Module) -> nn.Module:
    """`model` if it is a network, a torch.nn.Module; else TypeError."""
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"model: got {type(model).__name__}; takes a network (a torch.nn.Module), such as DigitCNN()"
        )
    return model


def ask(model: nn.Module, inputs: torch.Tensor) -> Any:
    """What the model gives for `inputs` (N, 1, 28, 28); ValueError, with the model's own words, where it
    does not take them."""
    try:
        return model(inputs)
    except torch.cuda.OutOfMemoryError:
        raise
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise ValueError(
            f"model: got a {type(model).__name__} that does not take images {tuple(inputs.shape)} "
            f"({type(error).__name__}: {checks.cause(error)}); "
            f"takes a network from (N, 1, {IMAGE_SIZE}, {IMAGE_SIZE}) to ten scores (N, {CLASSES})"
        ) from error


def scores_of(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """What the model gives for `inputs` (N, 1, 28, 28), where it was computed: real numbers (N, 10); else
    ValueError, which says what it was."""
    scores = ask(model, inputs)
    called = f"model: got a {type(model).__name__} that answers"
    if not isinstance(scores, torch.Tensor):
        raise ValueError(f"{called} {type(scores).__name__}; {TAKES}")
    if tuple(scores.shape) != (len(inputs), CLASSES):
        raise ValueError(f"{called} {tuple(scores.shape)} to {tuple(inputs.shape)}; {TAKES}")
    if scores.device.type == "meta":
        raise ValueError(f"{called} without numbers, for it lies on the device 'meta'; {TAKES}")
    if scores.is_complex() or scores.layout != torch.strided:
        raise ValueError(f"{called} a tensor of {scores.dtype}, {scores.layout}; {TAKES}")
    return scores


def refuse_lost(model: nn.Module, scores: torch.Tensor, kind: str = "image") -> torch.Tensor:
    """The scores (N, 10) that a model gave if each row says something of the digits: no NaN, no infinity (but
    the logarithm of 0, for some of the ten). Else ValueError, which says for which image it does not."""
    lost = ~scores.detach().double().logsumexp(dim=1).isfinite()
    if lost.any():
        at = int(lost.nonzero()[0])
        listed = ", ".join(f"{each:.3g}" for each in scores[at].tolist())
        raise ValueError(
            f"model: got a {type(model).__name__} that answers [{listed}] to {kind} {at}; {TAKES}"
        )
    return scores


def are_probabilities(scores: torch.Tensor) -> bool:
    """Whether scores (N, 10) are probabilities, as after a softmax: none is negative, and those of each image
    add up to 1."""
    wide = scores.detach().double()
    reach = 1e-3 if scores.dtype in (torch.float32, torch.float64) else 2e-2  # of fewer digits
    return bool((wide >= 0).all()) and bool(((wide.sum(dim=1) - 1).abs() < reach).all())


@contextmanager
def predicting(model: nn.Module) -> Iterator[nn.Module]:
    """Within this block the model acts as it predicts, without gradients; then as before."""
    modes = {module: module.training for module in model.modules()}  # a part may have one of its own
    model.eval()
    try:
        with torch.no_grad():
            yield model
    finally:
        for module, mode in modes.items():
            module.training = mode


def feature_maps(model: DigitCNN, inputs: torch.Tensor) -> list[torch.Tensor]:
    """What each of the blocks hands on before its pooling: a list of (N, channels, H, W).

    The model is read as it predicts, whatever its mode, and left as it was.
    """
    with predicting(model):
        values = activations(model, inputs)
    blocks = range(1, len(model.channels) + 1)
    ends = [(f"shortcut{block}", f"norm{block}", f"relu{block}") for block in blocks]
    return [values[next(name for name in names if name in values)] for names in ends]


def layer_table(model: nn.Module) -> pd.DataFrame:
    """One row per layer, derived by sending one blank image through the model; a DataFrame.

    model : a `DigitCNN`, or any other network that takes images (N, 1, 28, 28). Its layers are the modules
        that have no others inside, or parameters of their own, in the order in which they are done

    layer : the layer's name in the model; with (2), (3), … where it is called again under no other name
    output : shape of its output for one image; None where the image never reaches it, or is not seen to, as
        in TorchScript
    parameters : how many numbers training changes in it; those of a shared layer at its first use
    multiplications : products with those parameters, for one image, as the network predicts
    receptive_field : side of the square of input pixels that one output value can see; it may reach over
        the image's edge
    jump : input pixels between two neighbouring outputs

    With kernel k and stride s of a layer: field <- field + (k - 1) * jump, then jump <- jump * s. That holds
    while each layer takes what the one before gave. The sum of a `Shortcut`, which comes after its layers,
    has their field: it contains that of its input. From the first on that does not (after a sum of two
    branches, or a function such as `F.relu`, which is no layer) both are missing (NA), and so are the
    multiplications of layers that this table does not know. Raises TypeError for what is no network, and
    ValueError for one that does not take such an image.
    """
    device, dtype = home(checked_network(model))
    image = torch.zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE, dtype=dtype, device=device)
    calls = _calls(model, image)
    rows, counted, field, jump, before = [], set(), 1, 1, image
    for name, layer, inputs, output in calls:
        in_turn = isinstance(layer, Shortcut) or (inputs is not None and inputs is before)
        kernel, stride = _window(layer, inputs) if in_turn else (None, None)
        known = None not in (field, kernel, stride)
        field, jump = (field + (kernel - 1) * jump, jump * stride) if known else (None, None)
        own = [each for each in layer.parameters(recurse=False) if each not in counted]
        counted.update(own)
        rows.append(
            {
                "layer": name,
                "output": None if output is None else tuple(output.shape[1:]),
                "parameters": sum(each.numel() for each in own),
                "multiplications": _multiplications(layer, output),
                "receptive_field": field,
                "jump": jump,
            }
        )
        before = output
    table = pd.DataFrame(rows, columns=["layer", "output", *NUMBERS])
    return table.astype({name: "Int64" if table[name].isna().any() else "int64" for name in NUMBERS})


def _calls(model, image):
    """(name, layer, input, output) of each call of a layer of the model, in the order in which they end;
    then those that are never called and have parameters."""
    names, calls = {}, []
    for name, module in model.named_modules(remove_duplicate=False):
        if next(module.children(), None) is None or _has_own(module) or isinstance(module, Shortcut):
            names.setdefault(module, []).append(name or type(module).__name__)

    def called(layer, inputs, output):
        own, count = names[layer], sum(each is layer for _, each, *_ in calls)
        name = own[count] if count < len(own) else f"{own[-1]} ({count + 1})"
        calls.append((name, layer, _tensor(inputs), _tensor(output)))

    seen = [layer for layer in names if not isinstance(layer, torch.jit.ScriptModule)]
    hooks = [layer.register_forward_hook(called) for layer in seen]
    try:
        with predicting(model):
            ask(model, image)
    finally:
        for hook in hooks:
            hook.remove()
    reached = {layer for _, layer, *_ in calls}
    never = [(own[0], layer) for layer, own in names.items() if layer not in reached and _has_own(layer)]
    return calls + [(name, layer, None, None) for name, layer in never]


def _has_own(layer):
    """Whether a module has parameters that are not those of modules inside it."""
    return next(layer.parameters(recurse=False), None) is not None


def _tensor(value):
    """The value itself, or the first of several; None if that is no tensor."""
    if isinstance(value, (tuple, list)):
        value = value[0] if value else None
    return value if isinstance(value, torch.Tensor) else None


# fmt: off
#: Layers whose output at one place is made of their input at that place alone.
PLACE_BY_PLACE = (
    Crop, Shortcut, nn.Identity, nn.Linear, nn.Dropout, nn.Dropout2d, nn.BatchNorm1d, nn.BatchNorm2d, nn.ReLU,
    nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Hardswish,
    nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Softmax, nn.LogSoftmax,
)
# fmt: on


def _window(layer, inputs):
    """Kernel and stride of a layer along one side of the image; (None, None) if it is not known."""
    if isinstance(layer, nn.Flatten) or getattr(layer, "output_size", None) in (1, (1, 1)):
        return inputs.shape[-1], inputs.shape[-1]  # one window over all there is
    if isinstance(layer, RankOneAverage):
        return layer.rows.shape[1], 1
    if isinstance(layer, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
        kernel, stride, dilation = (
            _one(getattr(layer, name, 1)) for name in ("kernel_size", "stride", "dilation")
        )
        return (None, None) if None in (kernel, stride, dilation) else (1 + (kernel - 1) * dilation, stride)
    mixes = isinstance(layer, nn.Linear) and inputs.ndim > 2  # the places of a row
    return (1, 1) if isinstance(layer, PLACE_BY_PLACE) and not mixes else (None, None)


def _one(size):
    """What both sides of a window have; None if they differ."""
    sides = set(size) if isinstance(size, tuple) else {size}
    return sides.pop() if len(sides) == 1 else None


def _multiplications(layer, output):
    if not _has_own(layer) and not isinstance(layer, nn.BatchNorm2d):
        return 0
    if output is None:  # it is never called
        return None
    if isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)):
        return output.numel() * layer.weight[0].numel()  # every output value uses one row of weights
    if isinstance(layer, RankOneAverage):  # the products of rows and columns are the same for all images
        return output.numel() * layer.rows.shape[1] ** 2
    if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):  # in evaluation: one scale per value
        return output.numel()
    return None
