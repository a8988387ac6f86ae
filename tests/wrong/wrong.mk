# Programs that are wrong on purpose: the suite has to fail each, for the right reason, in good words.

.PHONY: test-wrong
test-wrong: $(suite) ## does the suite find what is wrong on purpose?
	@$(PYTHON) -B tests/wrong/check.py $(suite)
	@$(PYTHON) -B tests/graded/check.py $(suite)
