# What the last step does not protect, and what docs/security.md says of it.

.PHONY: test-security
test-security: $(lastword $(part_one)) $(suite) | pexpect ## the limits that docs/security.md names, shown
	@$(PYTHON) -B tests/security/check.py $(suite) $(top)$(lastword $(part_one))/mydocker docs/security.md
