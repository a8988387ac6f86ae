# The book, tried in a browser.

axe := build/axe/node_modules/axe-core/axe.min.js
.PHONY: test-book
test-book: book ## does every page of the book work in a browser?
	@test -e $(axe) $(call missing,axe-core is missing: make deps FOR=book:)
	@printf '%s\n' Widths Accessibility AccessibilityInTheDark Book Checker | \
	  xargs -P 4 -I % $(PYTHON) -B tests/book/test_book.py build/book $(axe) -q %
	@$(MAKE) --no-print-directory -s book FORMAT=epub
	@$(PYTHON) -B tests/book/test_epub.py build/mydocker.epub
