"""apacheconf: understand an Apache httpd 2.4 configuration, then serve, translate, lint or explain it.

Each stage of the way is one public function of its own package, callable on its own::

    syntax.parse -> expand.expand -> model.bind -> model.build -> program.compile
    -> runtime.serve | targets.translate | lint.lint | explain.explain | prove.prove
"""

__version__ = "0.1.0"
