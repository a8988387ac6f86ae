"""Sphinx's settings for the book: docs/book/cut.py has made its pages."""
project = "mydocker"
author = "the authors of mydocker"
copyright = "the authors of mydocker. MIT license"  # noqa: A001: Sphinx's name for it
language = "en"
version = release = "1.0.0"
extensions = ["myst_parser", "sphinx_copybutton"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = "mydocker: from argv to PID 1"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_copy_source = html_show_sourcelink = html_show_sphinx = html_use_index = False
highlight_language = "text"
pygments_style = "xcode"  # these two have the contrast that a reader needs
pygments_dark_style = "github-dark"
# What is typed, without prompt and answers.
copybutton_prompt_text = r"\$ |# "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True
epub_css_files = ["epub-extra.css"]
epub_show_urls = "no"
epub_basename = "mydocker"
epub_title = html_title
suppress_warnings = ["epub.unknown_project_files"]
exclude_patterns = ["static"]
