# Does an interrupted run of the tests leave anything behind? ROUNDS says how often to try.

.PHONY: test-interrupted
test-interrupted: $(lastword $(part_one)) $(suite) ## interrupt the tests, and look for what is left: ROUNDS=20
	@$(PYTHON) -B tests/interrupted/check.py $(or $(ROUNDS),8) \
	  $(MAKE) check STEP=$(patsubst step%,%,$(lastword $(part_one))) MYDOCKER=$(lastword $(part_one))/mydocker
