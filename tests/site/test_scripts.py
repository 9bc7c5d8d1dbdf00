"""A shortened script is the same program: both texts run in Chromium, and do the same."""

from pathlib import Path

import pytest

from bookbuild.scripts import shortened
from s6lib.widgets import join

WIDGETS = Path(join.__file__).parent
STEPPER = join.module(WIDGETS / "stepper" / "index.js")
PURE = [
    join.module(WIDGETS / name)
    for name in ("stepper/engine.js", "stepper/toy.js", "stepper/address.js", "kit/numbers.js")
]


@pytest.fixture
def blank(open_page):
    return open_page("data:text/html,<title>scripts</title>")


@pytest.mark.parametrize(
    "script, result",
    [
        ("return \"see // here\" + '/* and */  here' // gone", "see // here/* and */  here"),
        (
            "const c = 2\nreturn `a  // b ${ c /* gone */ ? `d  // ${ c }  f` : '' } */  g`",
            "a  // b d  // 2  f */  g",
        ),
        ("return `\n  * a\n  // b\n`", "\n  * a\n  // b\n"),
        ("return `${ { a: '}' }.a }  // b`  // gone", "}  // b"),
        (
            "const f = (t) => /a  b\\/\\/[/]  '/.test(t)  // '\nreturn [f(\"a  b///  '\"), f(\"a b///  '\")]",
            [True, False],
        ),
        ("const x = 6, g = 3\nlet a = x\n/2/g\nreturn a", 1),
        ("if (true) /a  b/.test('a  b') && (globalThis.seen = 1)\nreturn seen", 1),
        ("let a = 1, b = 1\na\n++b\nreturn [a, b]", [1, 2]),
        (
            "const a = 1, b = 2; return [a + +b, a - -b, a+ ++globalThis.n, a / /1/.exec('1')[0]]",
            [3, 3, 2, 1],
        ),
        ("const f = () => { return\n1 }\nreturn f() === undefined", True),
        ("return /* a\n*/ 1", None),
        ("return [1 .toFixed(1), 1..toFixed(1), /a/g.flags, '/a/ in b' in {}]", ["1.0", "1.0", "g", False]),
        (
            "class A { #look = 3 // b\n static n = 2\n get 'x  y'() { return this.#look in [] } }\nreturn "
            "[new A()['x  y'], A.n]",
            [False, 2],
        ),
        ("label: for (const x of [1, 2]) { if (x < 2) continue label\n return x }", 2),
        ("const é = 1, $ = 2, _ = 3\nreturn é+$ + _", 6),
        ("let n = 0; while (n++ < 3);{ n = n * 2; }\nreturn n;", 8),
        ("let n = 0; for (; n < 3; n++);\nif (n) ; else { n = 9; }\nreturn n;", 3),
        ("const f = async(x)=>x, g = (x)=>(y) => x + y; return [typeof f(1).then, g(1)(2)]", ["function", 3]),
        (
            "class A { #long = 1; #longer() { return #long in this && this.#long; }\n"
            "m = () => this.#longer(); }\n"
            "return new A().m()",
            1,
        ),
        (
            "const o = {true: false, const: true}\nreturn [o.true, o.const, 'const true', `${true}`]",
            [False, True, "const true", "true"],
        ),
        (
            "function g() { return 1; }\n(2);\nconst h = function () { return 3; }\n;[4].at(0)\nreturn g() + "
            "h()",
            4,
        ),
        ("return '<!-- ' + \"--> // \\\n  b\"  // gone", "<!-- --> //   b"),
    ],
)
def test_texts_patterns_and_ends_of_lines_mean_what_they_meant(blank, script, result):
    run = "script => { globalThis.n = 0; return new Function(script)() ?? null }"
    assert blank.evaluate(run, script) == result
    short = shortened(f"function f() {{{script}\n}}").removeprefix("function f(){").removesuffix("}")
    assert blank.evaluate(run, short) == result
    assert "gone" not in short


def test_jupyter_and_the_page_run_the_same_stepper(blank):
    """Step by step, all that the engine computes and all that a reader sees, from either text."""
    lived = [
        blank.evaluate(
            """async sources => {
        Math.random = () => 0.5;  // the names of the fields
        const load = source => import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
        const [stepper, ...pure] = await Promise.all(sources.map(load)), module = Object.assign({}, ...pure);
        const weights = [0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55],
            inputs = [0.05, 0.1], targets = [0.01, 0.99];
        const seen = [Object.keys(module), module.train(weights, inputs, targets, 2, 50),
            module.sharpness(weights, inputs, targets),
            ["1,5", "−2e-3", "", "1 // 2", "٣"].map(module.parseNumber),
                module.parseAddress("#stepper=1&step=3&rates=1,2"),
            [0, -1e-9, 1e7, Infinity].map(value => module.format(value, 5))];
        const state = {weights: [[weights.slice(0, 2), weights.slice(2, 4)],
            [weights.slice(4, 6), weights.slice(6)]], inputs, targets,
            learning_rate: 0.5, presets: [0.5, 2], step: 0, operation: "overview", proof: "none", ask: false,
                rates: [1, 10, 100], panel: "race",
            compact: false, more: ""};
        const model = {get: key => state[key], set: (key, value) => { state[key] = value; },
            save_changes() {}, on() {}, off() {}};
        const leave = stepper.default.render({model, el: document.body});
        await new Promise(done => setTimeout(done, 200));  // sizes are observed
        for (let press = 0; press < 40; press++) {
            document.querySelector("[aria-label='Next operation']").click();
            if (press % 9 === 0) document.querySelectorAll(".edge")[press % 8].click();
            if (press % 9 === 1) document.querySelector(".tuner button").click();
            seen.push(document.body.innerHTML, {...state});
        }
        const field = document.querySelector(".field input[type=text]");
        field.value = "see // here";
        field.dispatchEvent(new Event("input"));
        field.dispatchEvent(new Event("change"));
        seen.push(document.body.innerHTML,
            ...[...document.adoptedStyleSheets.at(-1).cssRules].map(rule => rule.cssText));
        leave();
        document.adoptedStyleSheets = [];
        delete document.s6Dressed;
        return JSON.stringify(seen);
    }""",
            sources,
        )
        for sources in ([STEPPER, *PURE], [shortened(source) for source in (STEPPER, *PURE)])
    ]
    assert lived[0] == lived[1]
    assert (
        "see // here" in lived[0]
        and "after 1 update" in lived[0].lower()
        and len(shortened(STEPPER)) < 0.85 * len(STEPPER)
    )
