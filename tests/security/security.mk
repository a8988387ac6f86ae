# What the last step does not protect, and what docs/security.md says of it.

.PHONY: test-security
test-security: $(lastword $(steps)) $(suite) | pexpect ## the limits that docs/security.md names, shown
	@$(PYTHON) -B tests/security/check.py $(suite) $(top)$(lastword $(steps))/mydocker docs/security.md
