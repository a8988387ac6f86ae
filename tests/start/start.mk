# A place to write one's own version of a step.

.PHONY: start test-start
start: $(suite) ## a place to write your own version: make start STEP=03 DIR=mine
	@tests/start/start '$(or $(step_asked),$(STEP))' '$(DIR)' $(suite)

test-start: $(steps) $(suite)
	@$(PYTHON) -B tests/start/test_start.py
