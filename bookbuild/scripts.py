"""Scripts: shortened, and still the same programs."""

import minify


def shortened(script):
    """Return a script without comments, without blanks that no token needs, and with short names for what no
    other script can see: the same program.

    What the parser does not know comes back as it is.
    """
    try:
        return minify.string("application/javascript", script)
    except minify.MinifyError:
        return script
