# The course in a browser, or for an e-reader: see docs/book/cut.py.

book_format = $(or $(FORMAT),html)
book_site := build/book
book_pages = build/book.d/$(book_format)
book_made = $(if $(filter html,$(book_format)),$(book_site),build/book.d/made)
.PHONY: book
book: $(steps) ## the course as a site in build/book: make book FORMAT=epub
	@$(PYTHON) -c 'import sphinx, myst_parser, furo, sphinx_copybutton' 2>/dev/null || \
	  { echo "make: Sphinx is missing: make deps FOR=book" >&2; exit 1; }
	@rm -rf $(book_made)
	@$(PYTHON) -B docs/book/cut.py $(book_pages)
	@cp -r docs/book/conf.py docs/book/static $(book_pages)
	@$(PYTHON) -m sphinx -q -W --keep-going -b $(book_format) -d build/book.d/read.$(book_format) $(book_pages) $(book_made)
	@$(if $(filter html,$(book_format)),$(PYTHON) -B docs/book/furo.py $(book_site),cp $(book_made)/*.epub build/)
