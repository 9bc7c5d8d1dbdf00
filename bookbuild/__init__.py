"""What makes the published book out of notebooks. A reader of the library needs none of it; the wheel leaves
it out.

======================  ===================================================================
`bookbuild.pages`       executed notebooks become pages
`bookbuild.api`         pages of functions, and links to them from code (a Sphinx extension)
`bookbuild.mathml`      formulas without a script (a Sphinx extension)
`bookbuild.site`        pages that load nothing from elsewhere (a Sphinx extension); the zip
`bookbuild.addresses`   the two addresses and the version, carried to wherever they stand
`bookbuild.overview`    the picture in README.md
======================  ===================================================================
"""
