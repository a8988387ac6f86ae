# The exercises of the tutorial: what each asks for, as a patch to its chapter's step.

.PHONY: test-exercises test-exercises-one test-exercises-two exercises
test-exercises: test-exercises-one test-exercises-two ## do the exercises' solutions work, and do they break what they say?
test-exercises-one: $(suite)
	@$(PYTHON) -B tests/exercises/check.py --steps '$(part_one:step%=%)' $(suite)
test-exercises-two: $(suite)
	@$(PYTHON) -B tests/exercises/check.py --steps '$(part_two:step%=%)' $(suite)

exercises: $(suite) ## write into the exercises' patches which promises they break
	@$(PYTHON) -B tests/exercises/check.py --write $(suite)
