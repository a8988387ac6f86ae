# What the steps do not protect, and what docs/security.md says of it.

.PHONY: test-security
test-security: $(steps) $(suite) | pexpect ## the limits that docs/security.md names, shown
	@$(PYTHON) -B tests/security/check.py $(suite) '$(top)step{}/mydocker' docs/security.md
