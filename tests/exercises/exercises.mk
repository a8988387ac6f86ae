# The worked exercises of the tutorial: a solution each, as a patch to the last step.

.PHONY: test-exercises
test-exercises: $(suite) ## do the worked exercises still work?
	@$(PYTHON) -B tests/exercises/check.py $(suite)
