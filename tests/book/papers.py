"""A made-up site of three pages, with all that a page of the book may hold, for the tests of paper."""

ADDRESS = "https://example.org/book/"
TOC = {
    "root": "book/index",
    "parts": [
        {
            "caption": "Part 1: <few>",
            "chapters": [{"file": "book/one", "sections": [{"glob": "book/runs/*"}]}],
        },
        {"caption": "For reference", "chapters": [{"file": "book/names"}]},
    ],
}
SLOPE = (
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><mfrac class="gradient"><mrow><mo>∂</mo><mi>E</mi>'
    "</mrow><mrow><mo>∂</mo><msub><mi>w</mi><mn>5</mn></msub></mrow></mfrac><mo>=</mo><mi>σ</mi></math>"
)
CLIPPED = (
    '<svg viewbox="0 0 10 10" width="100" role="img" aria-label="A square"><clippath id="cut">'
    '<rect width="5" height="5"/></clippath><rect width="9" height="9" clip-path="url(#cut)"/></svg>'
)
PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>x</title><link rel="stylesheet" href="../_static/site.css"></head>
<body><nav>menu</nav><main><article class="bd-article">{}</article></main><script>1</script></body></html>
"""
INDEX = """<section id="a-book"><h1>A book<a class="headerlink" href="#a-book">#</a></h1>
<p>First words.</p>
<div class="cell tag_first-screen"><div class="s6-stepper"><script type="application/json">{}</script>
<div class="fallback"><p>Still. <a href="one.html#stepper=1">Open</a></p></div></div></div>
<section id="where"><h2>Where to go</h2><p>To <a href="one.html">the one</a>, or
<a href="../paper.pdf">paper</a>.</p></section>
<section id="kept"><h2>What you have answered</h2><div class="s6-progress">
<div class="fallback">Nothing.</div></div></section></section>"""
ONE = f"""<section id="one"><h1>One</h1>
<div class="chapter-line" data-chapter="one" data-number="1"><span>Chapter 1 of 1</span>
<fieldset class="code-mode"><input type="radio"></fieldset></div>
<p>The slope <span class="math">{SLOPE}</span> of <a href="names.html#slope">a name</a>. Look at
<a href="#fig">the figure</a>, at <a href="runs/two.html">a run</a>, and at
<a href="tcp://host:1">tcp://host:1</a>.</p>
<section id="same"><h2>Less &lt; more</h2>
<div class="cell"><details class="fold key" open=""><summary>code</summary>
<pre>1 &lt; 2 # stands open</pre></details></div>
<div class="cell"><details class="fold"><summary>code</summary><pre>folded()</pre></details></div>
<figure id="fig" aria-labelledby="said"><img src="../_images/a%20b.svg" alt="A line" loading="lazy">
<img class="by-night" src="../_images/dark.svg" alt="A line">
<figcaption id="said">Caption</figcaption></figure>
<div class="s6-question"><script type="application/json">{{}}</script><div class="fallback">
<p><strong>Predict.</strong> Up?</p><ul><li>up</li><li>down</li></ul>
<details><summary>Answer</summary><p>up. It grows.</p></details>
<p>How much?</p><p>______</p><details><summary>Answer</summary><p>0.5.</p></details></div></div>
<div class="s6-kernel"><div class="fallback">{CLIPPED}</div></div>
<details><summary>More</summary><p>The rest.</p></details></section></section>"""
NAMES = """<section id="names"><h1>Names &amp; signs</h1><section id="same"><h2 id="slope">Slope</h2><br>
<table><tbody><tr><td>w5</td></tr></tbody></table></section></section>"""


def site(folder):
    """Write the site into `folder` and return that."""
    files = {
        "index.html": "<!DOCTYPE html>",
        "book/index.html": PAGE.format(INDEX),
        "book/one.html": PAGE.format(ONE),
        "book/names.html": PAGE.format(NAMES),
        "_static/site.css": "h1 { break-before: avoid }",
        "_images/a b.svg": '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0H9"/></svg>',
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
