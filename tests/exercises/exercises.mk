# The exercises of the tutorial: what each asks for, as a patch to its chapter's step.

.PHONY: test-exercises exercises
test-exercises: $(suite) ## do the exercises' solutions work, and do they break what they say?
	@$(PYTHON) -B tests/exercises/check.py $(suite)

exercises: $(suite) ## write into the exercises' patches which promises they break
	@$(PYTHON) -B tests/exercises/check.py --write $(suite)
