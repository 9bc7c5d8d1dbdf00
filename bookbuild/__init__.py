"""What makes the published book out of notebooks. No reader of the library needs it, and the wheel has none.

========================  ===================================================================
`bookbuild.pages`         executed notebooks become pages
`bookbuild.api`           pages of functions, and links to them from code (a Sphinx extension)
`bookbuild.mathml`        formulas without a script (a Sphinx extension)
`bookbuild.reading`       how a reader goes through it: folded code, order, minutes (a Sphinx extension)
`bookbuild.site`          pages that load nothing from elsewhere (a Sphinx extension); the zip
`bookbuild.css`           style sheets: only what is answered to, one for each page
`bookbuild.scripts`       scripts, shortened, and still the same programs
`bookbuild.messages`      what can be translated, gathered into a catalogue of gettext
`bookbuild.translation`   notebooks and pages, their texts put back in another language
`bookbuild.made_up`       a language that nobody speaks, made out of English
`bookbuild.addresses`     the two addresses and the version, carried to wherever they stand
`bookbuild.overview`      the picture in README.md
`bookbuild.torch_build`   which build of PyTorch the environment has
========================  ===================================================================
"""
