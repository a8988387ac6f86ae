# Programs that are wrong on purpose: the suite has to fail each, for the right reason, in good words.

.PHONY: test-wrong test-wrong-one test-wrong-two
test-wrong: test-wrong-one test-wrong-two ## does the suite find what is wrong on purpose?
test-wrong-one: $(suite)
	@$(PYTHON) -B tests/wrong/check.py --steps '$(part_one:step%=%)' $(suite)
	@$(PYTHON) -B tests/graded/check.py $(suite)
test-wrong-two: $(suite)
	@$(PYTHON) -B tests/wrong/check.py --steps '$(part_two:step%=%)' $(suite)
