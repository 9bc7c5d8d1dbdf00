"""s6lib.cnn against the notebook's figures, the gradient at the input, and PyTorch's own counts."""

import math
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import batch_norm, conv2d, linear, log_softmax, max_pool2d, nll_loss
from torch.utils.flop_counter import FlopCounterMode

from s6lib import layers
from s6lib.cnn import NETWORKS, DigitCNN, MaxPool2d, activations, feature_maps, layer_table


def images(count, size=28, seed=0):
    return torch.randn(count, 1, size, size, generator=torch.Generator().manual_seed(seed))


def test_the_parameters_are_the_notebooks():
    model = DigitCNN()
    assert sum(each.numel() for each in model.parameters()) == 12426
    by_layer = [sum(each.numel() for each in layer.parameters()) for layer in model]
    assert [count for count in by_layer if count] == [40, 8, 296, 16, 1168, 32, 3480, 48, 6944, 64, 330]


@pytest.mark.parametrize("training", [True, False])
def test_forward_is_the_architecture_written_out(training):
    """Dropout off: then the network is a function of its parameters, written here a second time."""
    model = DigitCNN(dropout=0.0).train(training)
    x = images(3)
    expected, own = x, dict(model.state_dict())
    for k in range(1, 6):
        expected = conv2d(expected, own[f"conv{k}.weight"], own[f"conv{k}.bias"], padding=1).clamp(min=0)
        mean, variance = own[f"norm{k}.running_mean"], own[f"norm{k}.running_var"]
        if training:
            mean, variance = expected.mean((0, 2, 3)), expected.var((0, 2, 3), correction=0)
        expected = batch_norm(
            expected, mean, variance, own[f"norm{k}.weight"], own[f"norm{k}.bias"], training=False
        )
        if k in (3, 5):
            expected = max_pool2d(expected, 2)
    expected = log_softmax(linear(expected.mean((2, 3)), own["linear.weight"], own["linear.bias"]), dim=1)
    torch.testing.assert_close(model(x), expected, rtol=1e-4, atol=1e-5)


def test_a_model_knows_what_it_was_made_of_and_warns_of_nothing():
    model = DigitCNN(channels=[1, 2, 3, 4, 5], dropout=0.25)
    assert model.settings == {
        "channels": (1, 2, 3, 4, 5),
        "dropout": 0.25,
        "batch_norm": True,
        "head": "average",
        "pools": (3, 5),
        "shared": False,
        "crop": 0,
        "stem": None,
    }
    assert model.channels == (1, 2, 3, 4, 5)
    assert [layer.p for layer in model if isinstance(layer, nn.Dropout)] == [0.25, 0.25]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(images(2))


@pytest.mark.parametrize("training", [True, False])
def test_gradcheck(training):
    """Autograd against central differences in float64, for the input and every parameter."""
    model = DigitCNN(channels=(2, 2, 2, 2, 2), dropout=0.0, seed=3).double().train(training)
    names = [name for name, _ in model.named_parameters()]
    start = {name: value.clone() for name, value in model.state_dict().items()}
    x = images(2, size=8).double().requires_grad_()

    def outputs(x, *parameters):
        state = {**{name: value.clone() for name, value in start.items()}, **dict(zip(names, parameters))}
        return torch.func.functional_call(model, state, (x,))

    parameters = [start[name].clone().requires_grad_() for name in names]
    assert torch.autograd.gradcheck(outputs, (x, *parameters))


def test_dropout_acts_in_training_only():
    model, x = DigitCNN(dropout=0.5), images(4)
    values = activations(model.train(), x)
    zeroed = (values["drop3"] == 0) & (values["pool3"] != 0)
    assert 0.45 < zeroed.double().mean() < 0.55
    torch.testing.assert_close(values["drop3"][~zeroed], 2 * values["pool3"][~zeroed])  # the mean is kept
    values = activations(model.eval(), x)
    assert torch.equal(values["drop3"], values["pool3"])


def test_the_seed_makes_the_weights_and_nothing_else():
    before = torch.get_rng_state()
    one, same, other = DigitCNN(), DigitCNN(seed=1), DigitCNN(seed=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one.conv1.weight, same.conv1.weight) and not torch.equal(
        one.conv1.weight, other.conv1.weight
    )


def test_activations_end_in_what_the_model_says():
    model = DigitCNN().eval()
    values = activations(model, images(2))
    assert list(values) == [
        "conv1",
        "relu1",
        "norm1",
        "conv2",
        "relu2",
        "norm2",
        "conv3",
        "relu3",
        "norm3",
        "pool3",
        "drop3",
        "conv4",
        "relu4",
        "norm4",
        "conv5",
        "relu5",
        "norm5",
        "pool5",
        "drop5",
        "average",
        "flatten",
        "linear",
        "log_softmax",
    ]
    assert torch.equal(values["log_softmax"], model(images(2)))
    torch.testing.assert_close(values["log_softmax"].exp().sum(dim=1), torch.ones(2))


def test_feature_maps_leave_the_model_as_it_was():
    model = DigitCNN().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    maps = feature_maps(model, images(2))
    assert [tuple(each.shape[1:]) for each in maps] == [
        (4, 28, 28),
        (8, 28, 28),
        (16, 28, 28),
        (24, 14, 14),
        (32, 14, 14),
    ]
    assert model.training and all(
        torch.equal(value, before[name]) for name, value in model.state_dict().items()
    )
    assert torch.equal(maps[4], activations(model.eval(), images(2))["norm5"])
    assert not any(each.requires_grad for each in maps) and torch.is_grad_enabled()


def test_the_table_counts_what_pytorch_counts():
    model = DigitCNN()
    table = layer_table(model).set_index("layer")
    assert table["parameters"].sum() == sum(each.numel() for each in model.parameters()) == 12426
    with FlopCounterMode(display=False) as counter:
        model.eval()(images(1))
    products = table.loc[
        [name for name in table.index if name.startswith(("conv", "linear"))], "multiplications"
    ]
    assert 2 * products.sum() == counter.get_total_flops()
    assert table.loc["norm3", "multiplications"] == 16 * 28 * 28
    without = [name for name in table.index if not name.startswith(("conv", "norm", "linear"))]
    assert (table.loc[without, "multiplications"] == 0).all() and len(without) == 12
    assert table.loc["linear", "output"] == (10,) and table.loc["pool5", "output"] == (32, 7, 7)


def test_the_tables_receptive_fields_are_where_the_gradient_at_the_input_is():
    """One output value's gradient covers `receptive_field` pixels; its neighbour's lies `jump` further.

    Random weights made positive, so that no ReLU closes a path, and many images, so that each input
    of a max-pool wins somewhere.
    """
    model = DigitCNN(dropout=0.0).eval()
    for parameter in model.parameters():
        nn.init.uniform_(parameter, 0.1, 1.0, generator=torch.Generator().manual_seed(0))
    table = layer_table(model).set_index("layer")
    x = images(256, seed=1).requires_grad_()
    values = activations(model, x)
    for name in [name for name in table.index if len(table.loc[name, "output"]) == 3]:
        side = values[name].shape[-1]
        spans = []
        for at in sorted({side // 2, min(side // 2 + 1, side - 1)}):
            (slope,) = torch.autograd.grad(values[name][:, :, at, at].sum(), x, retain_graph=True)
            rows = slope.abs().sum(dim=(0, 1, 3)).nonzero().ravel()
            columns = slope.abs().sum(dim=(0, 1, 2)).nonzero().ravel()
            assert torch.equal(rows, columns)
            spans.append((rows.min().item(), rows.max().item()))
        field, jump = table.loc[name, ["receptive_field", "jump"]]
        first, last = spans[0]
        if name == "average":
            assert field > 28 and (first, last) == (0, 27)  # it reaches over the edge: the whole image
            windows = table.loc["pool5", "output"][-1]  # from the start of the first to the end of the last:
            assert field == table.loc["pool5", "receptive_field"] + (windows - 1) * table.loc["pool5", "jump"]
            assert jump == windows * table.loc["pool5", "jump"] == 28
        else:
            assert last - first + 1 == field, name
            assert spans[1] == (first + jump, last + jump), name


def test_a_table_of_another_network():
    table = layer_table(DigitCNN(channels=(1, 2, 3, 4, 5)).double()).set_index("layer")
    assert table.loc["conv5", "output"] == (5, 14, 14)
    assert table.loc["conv5", "parameters"] == 5 * 4 * 9 + 5


def test_a_table_leaves_the_model_as_it_was():
    model = DigitCNN().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    table = layer_table(model)
    assert model.training and all(
        torch.equal(value, before[name]) for name, value in model.state_dict().items()
    )
    assert {type(output) for output in table["output"]} == {
        tuple
    }  # not torch.Size, whose name would be printed


def test_a_table_of_attention_and_of_torchscript():
    """What hands its layers their inputs by name, and what lets nobody see its layers."""

    class Attends(nn.Module):
        def __init__(self):
            super().__init__()
            layer = nn.TransformerEncoderLayer(28, 2, 32, batch_first=True)
            self.rows, self.out = nn.TransformerEncoder(layer, 1), nn.Linear(28, 10)

        def forward(self, images):
            return self.out(self.rows(images[:, 0]).mean(dim=1))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is on its way out
        scripted = torch.jit.script(DigitCNN().eval())
    for model in (Attends(), scripted):
        table = layer_table(model)
        assert table["parameters"].sum() == sum(each.numel() for each in model.parameters())
        assert table["multiplications"].isna().any()


def test_a_table_where_the_model_is():
    """On PyTorch's device without memory: no value is computed, and no input may come from another device."""
    assert layer_table(DigitCNN().to("meta")).equals(layer_table(DigitCNN()))


def test_a_shared_convolution_is_one_convolution_used_again():
    """Another number of blocks, other pools, a crop: forward and gradients written out with one tensor for
    all uses."""
    model = DigitCNN((3, 5, 5, 5), dropout=0.0, pools=(1, 3), shared=True, crop=2).double()
    own = {
        name: value.clone().requires_grad_(value.is_floating_point())
        for name, value in model.named_parameters()
    }
    assert sum(each.numel() for each in own.values()) == 30 + (135 + 5) + (225 + 5) + 2 * 18 + 60
    assert model.conv3 is model.conv4 and model.conv2 is not model.conv3 and model.norm3 is not model.norm4

    x = images(6).double()
    expected = x[:, :, 2:-2, 2:-2]
    for k, kernel in ((1, 1), (2, 2), (3, 3), (4, 3)):
        expected = conv2d(expected, own[f"conv{kernel}.weight"], own[f"conv{kernel}.bias"], padding=1).clamp(
            min=0
        )
        expected = batch_norm(
            expected, None, None, own[f"norm{k}.weight"], own[f"norm{k}.bias"], training=True
        )
        if k in (1, 3):
            expected = max_pool2d(expected, 2)
    expected = log_softmax(linear(expected.mean((2, 3)), own["linear.weight"], own["linear.bias"]), dim=1)
    assert_the_same(model.train(), x, expected, own)

    table = layer_table(model).set_index("layer")
    assert table["parameters"].sum() == sum(each.numel() for each in model.parameters())
    assert table.loc["conv3", "parameters"] == 230 and table.loc["conv4", "parameters"] == 0
    assert activations(model, images(1, size=14).double())["crop"].shape == (1, 1, 12, 12)
    assert table.loc["crop", "output"] == (1, 24, 24) and table.loc["norm4", "output"] == (5, 6, 6)
    assert [tuple(each.shape[1:]) for each in feature_maps(model, images(1).double())] == [
        (3, 24, 24),
        (5, 12, 12),
        (5, 12, 12),
        (5, 6, 6),
    ]


def test_blocks_share_only_if_they_are_told_to():
    model = DigitCNN((4, 4, 4), pools=())
    assert len({id(model.conv1), id(model.conv2), id(model.conv3)}) == 3


def test_a_convolution_that_changes_the_channels_is_never_shared():
    model = DigitCNN((5, 5, 3, 5), shared=True, pools=())
    assert [layer.in_channels for layer in model if isinstance(layer, nn.Conv2d)] == [1, 5, 5, 3]
    assert model(images(2)).shape == (2, 10)


def test_a_flat_head_gets_what_crop_and_pools_leave():
    model = DigitCNN((2, 3), head="flat", pools=(1, 2), crop=2)
    assert model.linear.in_features == 3 * 6 * 6
    assert model(images(2)).shape == (2, 10)


def test_a_weighted_average_starts_as_the_average_and_weighs_each_place_of_each_channel():
    plain, weighted = (
        DigitCNN((2, 3), head=head, pools=(1, 2), crop=2).eval() for head in ("average", "weighted")
    )
    before = images(4)
    torch.testing.assert_close(
        activations(weighted, before)["average"], activations(plain, before)["average"]
    )
    assert weighted.average.weight.numel() == 3 * 6 * 6

    with torch.no_grad():
        weighted.average.weight.copy_(torch.randn(3, 1, 6, 6, generator=torch.Generator().manual_seed(1)))
    table = layer_table(weighted).set_index("layer")
    assert tuple(table.loc["average", ["parameters", "multiplications"]]) == (108, 108)
    assert table.loc["average", "output"] == (3, 1, 1) and table.loc["linear", "parameters"] == 40


def test_a_weighted_average_is_a_convolution_whose_kernel_fits_in_one_place():
    layer = DigitCNN((2, 3), head="weighted", pools=(1, 2), crop=2).double().average
    weights = torch.randn(
        3, 1, 6, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True
    )
    before = torch.randn(
        4, 3, 6, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64, requires_grad=True
    )
    with FlopCounterMode(display=False) as counter:
        expected = conv2d(before, weights, groups=3)
    layer.weight.data.copy_(weights.data)
    torch.testing.assert_close(layer(before), expected)
    for own, its in zip(
        torch.autograd.grad(layer(before).pow(2).sum(), [before, layer.weight]),
        torch.autograd.grad(expected.pow(2).sum(), [before, weights]),
    ):
        torch.testing.assert_close(own, its)
    larger = torch.randn(1, 3, 7, 8, dtype=torch.float64)  # where it fits in several places, it is one, too,
    torch.testing.assert_close(layer(larger), conv2d(larger, weights, groups=3))
    with pytest.raises(RuntimeError, match="[Kk]ernel"):  # and where it does not fit, PyTorch says so
        layer(before[..., :1, :1])
    table = layer_table(DigitCNN((2, 3), head="weighted", pools=(1, 2), crop=2)).set_index("layer")
    assert 4 * 2 * table.loc["average", "multiplications"] == counter.get_total_flops()


@pytest.mark.parametrize("pools, crop", [((1, 2, 3), 10), ((), 13), ((1, 2, 3, 4), 6)])
def test_one_pixel_is_enough(pools, crop):
    assert DigitCNN((2, 2, 2, 2), pools=pools, crop=crop).eval()(images(2)).shape == (2, 10)
    with pytest.raises(ValueError) as error:
        DigitCNN((2, 2, 2, 2), pools=pools, crop=crop + 1)
    assert str(error.value).startswith(f"pools, crop: got {pools!r} and {crop + 1!r}; ")


def test_of_a_smaller_image_as_large_a_share_is_cut_off():
    image = torch.arange(14.0 * 28).reshape(1, 1, 14, 28)
    assert torch.equal(DigitCNN(crop=3).crop(image), image[:, :, 2:-2, 3:-3])  # 1.5 pixels are 2
    assert torch.equal(DigitCNN(crop=3).crop(image.mT), image.mT[:, :, 3:-3, 2:-2])


@pytest.mark.parametrize(
    "name, value",
    [
        ("pools", (0,)),
        ("pools", (6,)),
        ("pools", (3, 1)),
        ("pools", (3, 3)),
        ("pools", 3),
        ("pools", (1.5,)),
        ("pools", (1, 2, 3, 4, 5)),
        ("crop", -1),
        ("crop", 14),
        ("crop", 0.5),
        ("crop", None),
        ("channels", ()),
        ("stem", (29, 1)),
        ("stem", (26, 1)),
    ],
)
def test_blocks_that_cannot_be_are_refused(name, value):
    with pytest.raises((ValueError, TypeError), match=f"^{name}: got"):
        DigitCNN(**{name: value})


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"channels": 5}, "channels: got 5; takes whole numbers, 1 or more each"),
        ({"pools": (3, 6)}, "pools: got (3, 6); takes whole numbers from 1 to 5 in rising order"),
        *(
            (
                settings,
                f"{names}: got {values}; with max-pools after the blocks {pools} "
                "that leaves nothing of an image of 28 x 28 pixels",
            )
            for settings, names, values, pools in (
                ({"crop": 13}, "crop", "13", (3, 5)),
                ({"stem": (24, 2)}, "stem", "(24, 2)", (3, 5)),
                ({"channels": (8, 16), "crop": 13}, "crop", "13", (1, 2)),
                (
                    {"crop": 5, "stem": (18, 1), "pools": [1]},
                    "pools, crop, stem",
                    "[1] and 5 and (18, 1)",
                    (1,),
                ),
            )
        ),
        *(
            ({name: wrong}, f"{name}: got {wrong!r}; takes {takes}, in an order, which this has not")
            for name, takes in (
                ("channels", "whole numbers, 1 or more each"),
                ("pools", "whole numbers from 1 to 5 in rising order"),
                ("stem", "two whole numbers, 1 or more each: the kernel and the stride"),
            )
            for wrong in ({2, 4}, frozenset({2, 4}), {2: 4, 4: 2}, {2: 4, 4: 2}.keys())
        ),
        ({"channels": b"45"}, "channels: got b'45'; takes whole numbers, 1 or more each"),
        *(
            (
                {"stem": wrong},
                f"stem: got {wrong!r}; takes two whole numbers, 1 or more each: the kernel and the stride",
            )
            for wrong in ((), (4,), (4, 2, 1), 4, False, "42", (0, 2), (4, 0), (4, -2), (4.5, 2))
        ),
    ],
)
def test_a_refusal_says_what_it_got_and_what_it_takes(settings, message):
    with pytest.raises(ValueError) as error:
        DigitCNN(**settings)
    assert str(error.value) == message


@pytest.mark.parametrize(
    "blocks, pools", [(1, (1,)), (2, (1, 2)), (3, (2, 3)), (4, (2, 4)), (5, (3, 5)), (8, (4, 8))]
)
def test_the_pools_that_nobody_names_follow_the_blocks(blocks, pools):
    model = DigitCNN([2] * blocks)
    assert model.settings == DigitCNN([2] * blocks, pools=pools).settings and model.settings["pools"] == pools
    halving = [name for name, layer in model.named_children() if isinstance(layer, nn.MaxPool2d)]
    assert halving == [f"pool{k}" for k in pools]
    assert model.eval()(images(2)).shape == (2, 10)


@pytest.mark.parametrize("precision", ["float32", "float64", "bfloat16"])
@pytest.mark.parametrize("shape", [(3, 5, 8, 8), (2, 1, 7, 9), (2, 3, 2, 2), (0, 2, 4, 4), (3, 6, 5)])
def test_a_max_pool_has_the_bits_of_pytorchs(shape, precision):
    """Where values tie, too (whole numbers often do), and with what is no number among them; and the same
    places in memory, on which it depends how the layers around it round."""
    chance = torch.Generator().manual_seed(4)
    x = torch.randint(-2, 3, shape, generator=chance).to(getattr(torch, precision)).requires_grad_()
    with torch.no_grad():
        x.view(-1)[:2] = torch.tensor([math.nan, -math.inf])[: x.numel()]
    pooled, expected = MaxPool2d(2)(x), nn.MaxPool2d(2)(x)
    slope = torch.randn(pooled.shape, generator=chance).to(x).requires_grad_()
    slopes = [torch.autograd.grad(each, x, slope, create_graph=True)[0] for each in (pooled, expected)]
    again = [torch.autograd.grad(each, slope, torch.ones_like(each))[0] for each in slopes]
    for own, theirs in ((pooled, expected), slopes, again):
        assert own.dtype == theirs.dtype and own.stride() == theirs.stride()
        torch.testing.assert_close(own, theirs, rtol=0, atol=0, equal_nan=True)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.* is deprecated")  # PyTorch's own, within jacfwd
@pytest.mark.parametrize("way", [torch.vmap, torch.func.jacrev, torch.func.jacfwd])
def test_a_max_pool_goes_through_the_transforms_of_pytorch(way):
    x = torch.randint(-2, 3, (3, 2, 4, 6), generator=torch.Generator().manual_seed(5)).double()
    assert torch.equal(way(MaxPool2d(2))(x), way(nn.MaxPool2d(2))(x))


def test_many_max_pools_at_once_have_the_gradient_of_pytorchs():
    x = torch.randint(-2, 3, (3, 2, 4, 6), generator=torch.Generator().manual_seed(5)).double()
    slopes = [
        torch.autograd.grad((torch.vmap(pool)(start) ** 2).sum(), start)[0]
        for pool, start in ((pool, x.clone().requires_grad_()) for pool in (MaxPool2d(2), nn.MaxPool2d(2)))
    ]
    assert torch.equal(*slopes)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated")
@pytest.mark.parametrize(
    "handed_on",
    [
        lambda model, x: torch.jit.script(model),
        lambda model, x: torch.jit.trace(model, x),
        lambda model, x: torch.fx.symbolic_trace(model),
        lambda model, x: torch.export.export(model, (x,)).module(),
    ],
    ids=["script", "trace", "fx", "export"],
)
def test_a_network_that_is_handed_on_has_pytorchs_own_max_pools(handed_on, tmp_path):
    model, x = DigitCNN().eval(), images(2)
    other = handed_on(model, x)
    assert torch.equal(other(x), model(x))
    if isinstance(other, torch.jit.ScriptModule):
        torch.jit.save(other, tmp_path / "model.pt")
        assert torch.equal(torch.jit.load(tmp_path / "model.pt")(x), model(x))


@pytest.mark.parametrize("name", ["author", "swift", "tiny"])
def test_a_network_learns_the_same_bits_with_pytorchs_max_pool(name):
    models = [DigitCNN(**NETWORKS[name]).train() for _ in range(2)]
    for child, layer in list(models[1].named_children()):
        if isinstance(layer, MaxPool2d):
            setattr(models[1], child, nn.MaxPool2d(2))
    assert sum(type(layer) is nn.MaxPool2d for layer in models[1]) == len(models[0].settings["pools"])
    for model in models:
        torch.manual_seed(0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        for step in range(3):
            optimizer.zero_grad()
            nll_loss(model(images(16, seed=step)), torch.arange(16) % 10).backward()
            optimizer.step()
    for own, theirs in zip(models[0].state_dict().values(), models[1].state_dict().values()):
        assert torch.equal(own, theirs)


def test_a_max_pool_without_room_is_refused():
    with pytest.raises(RuntimeError, match="Output size is too small"):
        MaxPool2d(2)(torch.zeros(1, 2, 1, 6))


@pytest.mark.parametrize("ordered", [[8, 16], (8, 16), range(8, 17, 8), np.array([8, 16]), iter([8, 16])])
def test_whatever_has_an_order_will_do_for_channels(ordered):
    assert DigitCNN(ordered).channels == (8, 16)


@pytest.mark.parametrize("seed", [-1, 1.5, None])
def test_a_wrong_seed_is_refused(seed):
    with pytest.raises((ValueError, TypeError), match="^seed: got"):
        DigitCNN(seed=seed)


def test_a_stem_moves_on_by_its_stride():
    """Forward and gradients written out, with what the stem leaves of the image: a border that no stride
    reaches counts for nothing."""
    model = DigitCNN((3, 4), dropout=0.0, pools=(2,), head="weighted", crop=2, stem=(5, 2)).double().train()
    own = {name: value.clone().requires_grad_() for name, value in model.named_parameters()}
    x = images(6).double()
    expected = conv2d(x[:, :, 2:-2, 2:-2], own["conv1.weight"], own["conv1.bias"], stride=2).clamp(min=0)
    expected = batch_norm(expected, None, None, own["norm1.weight"], own["norm1.bias"], training=True)
    expected = conv2d(expected, own["conv2.weight"], own["conv2.bias"], padding=1).clamp(min=0)
    expected = max_pool2d(
        batch_norm(expected, None, None, own["norm2.weight"], own["norm2.bias"], training=True), 2
    )
    expected = conv2d(expected, own["average.weight"], groups=4).flatten(1)
    expected = log_softmax(linear(expected, own["linear.weight"], own["linear.bias"]), dim=1)
    torch.testing.assert_close(model(x), expected)
    labels = torch.arange(6)
    nll_loss(model(x), labels).backward()
    for (name, parameter), gradient in zip(
        model.named_parameters(), torch.autograd.grad(nll_loss(expected, labels), list(own.values()))
    ):
        torch.testing.assert_close(parameter.grad, gradient, msg=name)

    table = layer_table(model).set_index("layer")
    assert [table.loc[name, "output"] for name in ("conv1", "conv2", "pool2")] == [
        (3, 10, 10),
        (4, 10, 10),
        (4, 5, 5),
    ]
    assert table.loc["conv1", ["parameters", "receptive_field", "jump"]].tolist() == [78, 5, 2]
    assert table.loc["conv2", ["receptive_field", "jump"]].tolist() == [9, 2]
    assert table.loc["conv1", "multiplications"] == 3 * 10 * 10 * 25
    one = images(1).double().requires_grad_()
    activations(model.eval(), one)["conv2"][0, :, 4, 4].sum().backward()
    seen = one.grad[0, 0].abs().nonzero()
    assert (seen.min(), seen.max()) == (8, 16)  # 9 x 9 pixels, from 2 + 2 * 4 - 2 on


@pytest.mark.parametrize("stem, side", [((28, 1), 1), ((1, 28), 1), ((27, 2), 1), ((27, 1), 2), ((2, 26), 2)])
def test_a_stem_may_take_what_there_is(stem, side):
    model = DigitCNN((2, 3), pools=(), head="flat", stem=stem).eval()
    assert model.linear.in_features == 3 * side**2
    assert model(images(2)).shape == (2, 10)


def test_a_stem_is_shared_with_no_other_block():
    model = DigitCNN((1, 1, 1), pools=(), shared=True, stem=(5, 2))
    assert model.conv1 is not model.conv2 and model.conv2 is model.conv3
    assert model.conv1.kernel_size == (5, 5) and model.conv2.kernel_size == (3, 3)


def test_a_crop_says_how_much():
    assert repr(DigitCNN(crop=3).crop) == "Crop(3)"


@pytest.mark.parametrize("channels", [(4, 8, 16, 24, 0), (4, 8, 16, 24, -1), (4, 8, 16, 24, 1.5), 5, "45678"])
def test_wrong_channels_are_refused(channels):
    with pytest.raises(ValueError, match="channels: got"):
        DigitCNN(channels=channels)


@pytest.mark.parametrize("dropout", [-0.1, 1.0, float("nan"), "0.1", True, None])
def test_a_wrong_dropout_is_refused(dropout):
    with pytest.raises((ValueError, TypeError), match="dropout: got"):
        DigitCNN(dropout=dropout)


PARTS = ("author", "no batch norm", "no dropout", "no average")


@pytest.mark.parametrize("name, settings", [(name, NETWORKS[name]) for name in PARTS])
def test_each_network_lacks_its_part_and_nothing_else(name, settings):
    model, author = DigitCNN(**settings), DigitCNN()
    missing = {
        "author": (),
        "no batch norm": nn.BatchNorm2d,
        "no dropout": (),
        "no average": nn.AdaptiveAvgPool2d,
    }[name]
    assert [type(layer) for layer in model] == [
        type(layer) for layer in author if not isinstance(layer, missing)
    ]
    dropout = {layer.p for layer in model if isinstance(layer, nn.Dropout)}
    assert dropout == ({0.0} if name == "no dropout" else {0.1})
    assert model.eval()(images(2)).exp().sum(dim=1).allclose(torch.ones(2))
    table = layer_table(model)
    assert table["parameters"].sum() == sum(each.numel() for each in model.parameters())
    assert [tuple(maps.shape[1:]) for maps in feature_maps(model, images(1))] == [
        (channels, side, side) for channels, side in zip(model.channels, (28, 28, 28, 14, 14))
    ]


def test_the_cropped_network_has_the_authors_weights_and_less_to_do():
    model, author = DigitCNN(**NETWORKS["cropped"], seed=4), DigitCNN(seed=4)
    weights = author.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    x = images(3)
    torch.testing.assert_close(model.eval()(x), author.eval()(x[:, :, 2:26, 2:26]))
    assert [layer.p for layer in model if isinstance(layer, nn.Dropout)] == [0.0, 0.0]


def test_the_small_network_has_few_parameters_and_sees_most_of_the_image():
    model = DigitCNN(**NETWORKS["small"])
    blocks = sum(9 * a * b + 3 * b for a, b in ((1, 8), (8, 16), (16, 24)))
    table = layer_table(model).set_index("layer")
    assert (
        table["parameters"].sum()
        == sum(each.numel() for each in model.parameters())
        == blocks + 24 * 6 * 6 + 250
    )
    assert table.loc["conv3", "receptive_field"] == 18 and table.loc["norm3", "output"] == (24, 6, 6)
    assert table.loc["crop", "output"] == (1, 24, 24)
    assert [layer.p for layer in model if isinstance(layer, nn.Dropout)] == [0.0, 0.0]


def test_the_swift_network_has_few_places_and_many_channels():
    model = DigitCNN(**NETWORKS["swift"])
    blocks = sum(side**2 * a * b + 3 * b for side, a, b in ((4, 1, 16), (3, 16, 32), (3, 32, 96)))
    table = layer_table(model).set_index("layer")
    assert (
        table["parameters"].sum()
        == sum(each.numel() for each in model.parameters())
        == blocks + 96 * 5 * 5 + 970
    )
    assert [table.loc[layer, "output"] for layer in ("crop", "norm1", "pool2", "norm3")] == [
        (1, 22, 22),
        (16, 10, 10),
        (32, 5, 5),
        (96, 5, 5),
    ]
    assert table.loc["conv3", ["receptive_field", "jump"]].tolist() == [18, 4]
    assert [layer.p for layer in model if isinstance(layer, nn.Dropout)] == [0.0]


def test_the_network_without_an_average_has_as_many_parameters_as_can_be():
    """Of all that keep the first three blocks: no other comes nearer to the author's number."""

    def parameters(*channels):
        blocks = sum(9 * a * b + 3 * b for a, b in zip((1, *channels), channels))
        return blocks + 49 * channels[-1] * 10 + 10

    goal = sum(each.numel() for each in DigitCNN().parameters())
    chosen = NETWORKS["no average"]
    assert parameters(*chosen["channels"]) == sum(each.numel() for each in DigitCNN(**chosen).parameters())
    distances = {
        (4, 8, 16, a, b): abs(parameters(4, 8, 16, a, b) - goal) for a in range(1, 60) for b in range(1, 60)
    }
    assert min(distances, key=distances.get) == chosen["channels"]


@pytest.mark.parametrize(
    "name, value",
    [
        ("batch_norm", 1),
        ("batch_norm", None),
        ("head", "max"),
        ("head", None),
        ("shared", 1),
        ("shared", None),
    ],
)
def test_an_unknown_part_is_refused(name, value):
    with pytest.raises(ValueError, match=f"{name}: got {value!r}; takes one of"):
        DigitCNN(**{name: value})


# Other networks.


class Branches(nn.Module):
    """A layer used twice, a sum of two branches, a parameter of the model's own, a layer never called."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 3, 5, stride=2, dilation=2), nn.ReLU())
        self.body = nn.Conv2d(3, 3, 3, padding=1)
        self.scale = nn.Parameter(torch.ones(3, 1, 1))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 10))
        self.forgotten = nn.Linear(5, 5)

    def forward(self, x):
        x = self.stem(x)
        x = self.body(x)
        return self.head(self.scale * (x + self.body(x)))


def test_a_table_of_any_network_counts_each_number_once_and_says_what_it_does_not_know():
    model = Branches()
    table = layer_table(model).set_index("layer")
    assert list(table.index) == [
        "stem.0", "stem.1", "body", "body (2)", "head.0", "head.1", "head.2", "Branches", "forgotten",
    ]  # fmt: skip
    assert table["parameters"].sum() == sum(each.numel() for each in model.parameters())
    assert table["parameters"].tolist() == [78, 0, 84, 0, 0, 0, 40, 3, 30]
    with FlopCounterMode(display=False) as counter:
        model.eval()(images(1))
    known = table["multiplications"].dropna()
    assert 2 * known.sum() == counter.get_total_flops()
    assert table.index[table["multiplications"].isna()].tolist() == ["Branches", "forgotten"]
    assert table["output"].iloc[:3].tolist() == [(3, 10, 10)] * 3 and table["output"].iloc[-1] is None

    # Where one value of the second layer has its gradient at the input; after the sum nothing is claimed.
    image = images(1).requires_grad_()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1)
    model.body(model.stem(image.abs()))[0, :, 5, 5].sum().backward()
    seen = image.grad[0, 0].abs().sum(dim=0).nonzero()
    assert table.loc["body", "receptive_field"] == seen.max() - seen.min() + 1 == 13
    assert table["jump"].tolist()[:4] == [2, 2, 2, 2]
    assert table["receptive_field"].isna().tolist() == [False] * 4 + [True] * 5


def test_a_table_of_one_layer_and_of_none():
    (row,) = layer_table(nn.AvgPool2d(4, 2)).to_dict("records")
    assert row == {"layer": "AvgPool2d", "output": (1, 13, 13), "parameters": 0, "multiplications": 0,
                   "receptive_field": 4, "jump": 2}  # fmt: skip
    assert layer_table(nn.Sequential()).columns.tolist() == list(row)


def test_a_table_of_what_is_no_such_network_is_refused():
    with pytest.raises(TypeError, match="^model: got dict; takes a network"):
        layer_table({})
    with pytest.raises(
        ValueError, match=r"^model: got a Linear that does not take images \(1, 1, 28, 28\) .Runt"
    ):
        layer_table(nn.Linear(784, 10))
    with pytest.raises(TypeError, match="^model: got Branches; takes an nn.Sequential"):
        activations(Branches(), images(1))
    assert not Branches().stem._forward_hooks


# Networks of few parameters.

#: Separable convolutions, one of them used three times beside a shortcut, no biases, an average of rank one.
FEW = {
    "channels": (16, 40, 40, 40, 40), "dropout": 0.0, "pools": (1, 2), "crop": 2, "head": "rank-one",
    "separable": (2, 3, 4, 5), "shared": True, "shortcut": True, "bias": False,
}  # fmt: skip
PARTS_OF_FEW = {
    "separable": (3, 4), "shortcut": True, "bias": False, "head": "rank-one", "shared": True,
}  # fmt: skip


def small(**settings):
    return DigitCNN(**{"channels": (3, 5, 5, 5), "dropout": 0.0, "pools": (1, 2), "crop": 2} | settings)


def parameters(model):
    return sum(each.numel() for each in model.parameters())


def random_weights(model, seed=0):
    """All of them, that nothing starts alike, as batch norm's and those of an average do."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return model


def test_few_parameters_are_counted_by_hand():
    a, b = 16, 40
    first, second, shared = 9 * a + 2 * a, 9 * a + a * b + 2 * b, 9 * b + b * b
    by_hand = first + second + shared + 3 * 2 * b + b * (6 + 6) + 10 * b + 10
    table = layer_table(model := DigitCNN(**FEW)).set_index("layer")
    assert parameters(model) == table["parameters"].sum() == by_hand == 4130
    assert table.loc["shortcut3.conv3.depthwise", "parameters"] == 9 * b
    assert table.loc["shortcut4.conv4.pointwise", "parameters"] == 0  # the same one again
    with FlopCounterMode(display=False) as counter:
        model.eval()(images(1))
    products = table[table.index.str.contains("conv|linear")]["multiplications"].sum()
    assert 2 * products == counter.get_total_flops()
    assert table.loc["average", "multiplications"] == b * 6 * 6


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("shared", [True, False])
def test_the_network_of_few_parameters_written_out(batch_norm, shared):
    """Forward and gradients, in float64, from PyTorch's functions and one tensor for all uses of a kernel."""
    bias = not batch_norm
    model = (
        small(**PARTS_OF_FEW | {"shared": shared, "bias": bias, "batch_norm": batch_norm}).double().train()
    )
    random_weights(model)
    own = {name: value.detach().clone().requires_grad_() for name, value in model.named_parameters()}
    get, x = own.get, images(6).double()
    expected, home = (
        x[:, :, 2:-2, 2:-2],
        {3: "shortcut3.conv3", 4: "shortcut3.conv3" if shared else "shortcut4.conv4"},
    )
    for k in (1, 2, 3, 4):
        before = expected
        if k < 3:
            expected = conv2d(before, own[f"conv{k}.weight"], get(f"conv{k}.bias"), padding=1)
        else:
            expected = conv2d(before, own[f"{home[k]}.depthwise.weight"], padding=1, groups=5)
            expected = conv2d(expected, own[f"{home[k]}.pointwise.weight"], get(f"{home[k]}.pointwise.bias"))
        expected, norm = expected.clamp(min=0), f"norm{k}" if k < 3 else f"shortcut{k}.norm{k}"
        if batch_norm:
            expected = batch_norm_of(expected, own[f"{norm}.weight"], own[f"{norm}.bias"])
        expected = max_pool2d(expected, 2) if k < 3 else before + expected
    expected = torch.einsum("nchw,ch,cw->nc", expected, own["average.rows"], own["average.columns"])
    expected = log_softmax(linear(expected, own["linear.weight"], own["linear.bias"]), dim=1)
    assert_the_same(model, x, expected, own)


def assert_the_same(model, x, expected, own):
    """The model's answers are `expected`, which was made of its weights `own`, and so are all gradients."""
    outputs, labels = model(x), torch.arange(6)
    torch.testing.assert_close(outputs, expected)
    nll_loss(outputs, labels).backward()
    gradients = torch.autograd.grad(nll_loss(expected, labels), list(own.values()))
    for (name, parameter), gradient in zip(model.named_parameters(), gradients):
        torch.testing.assert_close(parameter.grad, gradient, msg=name)


def batch_norm_of(x, weight, bias):
    return batch_norm(x, None, None, weight, bias, training=True)


def test_activations_and_maps_are_those_of_the_layers_and_of_the_sums():
    model = random_weights(small(**PARTS_OF_FEW)).train()
    before, copy = images(3), DigitCNN(**model.settings)
    copy.load_state_dict(model.state_dict())
    values = activations(model, before)
    assert [*values][-13:] == [
        "drop2", "conv3", "relu3", "norm3", "shortcut3", "conv4", "relu4", "norm4", "shortcut4",
        "average", "flatten", "linear", "log_softmax",
    ]  # fmt: skip
    assert torch.equal(values["shortcut4"], values["shortcut3"] + values["norm4"])
    assert torch.equal(values["log_softmax"], copy.train()(before))
    for (name, one), other in zip(model.state_dict().items(), copy.state_dict().values()):
        assert torch.equal(one, other), name  # and no batch norm has seen the batch twice
    values = activations(model.eval(), before)
    for own, name in zip(
        feature_maps(model, before), ("norm1", "norm2", "shortcut3", "shortcut4"), strict=True
    ):
        assert torch.equal(own, values[name])
    maps = feature_maps(small(batch_norm=False, shortcut=True).eval(), before)
    assert [tuple(each.shape[1:]) for each in maps] == [(3, 24, 24), (5, 12, 12), (5, 6, 6), (5, 6, 6)]


def test_the_receptive_field_of_a_sum_is_where_the_gradient_at_the_input_is():
    model = small(**PARTS_OF_FEW).eval()
    for parameter in model.parameters():
        nn.init.uniform_(parameter, 0.1, 1.0, generator=torch.Generator().manual_seed(0))
    table = layer_table(model).set_index("layer")
    x = images(256, seed=1).requires_grad_()
    values = activations(model, x)
    assert not table["receptive_field"].isna().any()
    for name in ("conv2", "shortcut3", "shortcut4"):
        (slope,) = torch.autograd.grad(values[name][:, :, 3, 3].sum(), x, retain_graph=True)
        rows = slope.abs().sum(dim=(0, 1, 3)).nonzero().ravel()
        field, jump = table.loc[name, ["receptive_field", "jump"]]
        first = 2 + 3 * jump - (field - jump) // 2  # and the image ends
        assert (rows.min(), rows.max()) == (max(2, first), min(25, first + field - 1)), name


def test_a_shortcut_goes_past_blocks_that_keep_channels_and_places():
    model = DigitCNN((1, 4, 4, 4, 2, 2), pools=(3, 4), shortcut=True)
    assert [name for name, _ in model.named_children() if name.startswith("shortcut")] == [
        "shortcut1",
        "shortcut6",
    ]
    with_stem = DigitCNN((1, 1), pools=(), shortcut=True, stem=(5, 2))
    assert [name for name, _ in with_stem.named_children()][:4] == ["conv1", "relu1", "norm1", "shortcut2"]
    assert with_stem(images(2)).shape == (2, 10)


def test_a_separable_convolution_is_shared_with_separable_ones_alone():
    model = DigitCNN((4,) * 6, pools=(), shared=True, separable=(3, 5, 6))
    assert model.conv2 is model.conv4 and model.conv3 is model.conv5 is model.conv6
    assert parameters(model.conv3) == 9 * 4 + 4 * 4 + 4
    assert model.conv1 is not model.conv2 is not model.conv3


def test_an_average_of_rank_one_starts_as_the_average_and_is_a_weighted_one():
    plain, layer = small().double().eval(), small(head="rank-one").double().eval().average
    before = images(4).double()
    values = activations(plain, before)
    torch.testing.assert_close(layer(values["norm4"]), values["average"])
    assert repr(layer) == "RankOneAverage(5, 6)" and parameters(layer) == 5 * 12
    weighted = small(head="weighted").double().average
    random_weights(layer)
    weighted.weight.data.copy_(torch.einsum("ch,cw->chw", layer.rows, layer.columns)[:, None])
    for size in (6, 8):  # where it fits in several places, it is a convolution
        x = torch.randn(2, 5, size, size, dtype=torch.float64)
        torch.testing.assert_close(layer(x), weighted(x))
    assert torch.autograd.gradcheck(layer, torch.randn(1, 5, 6, 6, dtype=torch.float64, requires_grad=True))
    with pytest.raises(RuntimeError, match="[Kk]ernel"):
        layer(torch.ones(1, 5, 1, 1, dtype=torch.float64))


def test_without_biases_only_the_convolutions_lack_them():
    full, bare = (small(separable=(2,), bias=bias) for bias in (True, False))
    missing = {name for name, _ in full.named_parameters()} - {name for name, _ in bare.named_parameters()}
    assert missing == {"conv1.bias", "conv2.pointwise.bias", "conv3.bias", "conv4.bias"}
    assert small(stem=(3, 1), bias=False).conv1.bias is None


def test_settings_name_what_is_not_as_ever_and_nothing_else():
    assert small(separable=(), shortcut=False, bias=True).settings == small().settings
    model = small(**PARTS_OF_FEW)
    assert model.settings == small().settings | PARTS_OF_FEW
    again = DigitCNN(**model.settings, seed=1)
    assert all(torch.equal(*pair) for pair in zip(model.parameters(), again.parameters(), strict=True))


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"separable": (0,)}, "separable: got 0; takes a whole number, 1 or more"),
        ({"separable": (5,)}, "separable: got (5,); takes whole numbers from 1 to 4 in rising order"),
        ({"separable": True}, "separable: got True; takes whole numbers from 1 to 4 in rising order"),
        ({"shortcut": 1}, "shortcut: got 1; takes one of True, False"),
        ({"bias": None}, "bias: got None; takes one of True, False"),
        (
            {"bias": False, "batch_norm": False},
            "bias: got False with batch_norm False; takes True there, for nothing has its own",
        ),
        (
            {"separable": (1, 2), "stem": (4, 2)},
            "separable, stem: got (1, 2) and (4, 2); takes blocks from 2 on beside a stem, which is the "
            "first block's convolution",
        ),
    ],
)
def test_parts_that_cannot_be_are_refused(settings, message):
    with pytest.raises(ValueError) as error:
        small(**settings)
    assert str(error.value) == message


def test_numpys_network_says_what_it_does_not_know():
    def ask(**settings):
        model = small(**settings)
        state = {name: value.numpy() for name, value in model.state_dict().items()}
        layers.forward(state, images(1).numpy(), model.settings)

    ask(head="weighted")
    with pytest.raises(
        ValueError, match=r"^settings: got separable \(3,\), bias False; takes those of a network"
    ):
        ask(separable=(3,), bias=False)
    with pytest.raises(ValueError, match=r"^settings\['head'\]: got 'rank-one'; takes one of 'average', "):
        ask(head="rank-one")
