# What the user's machine has set decides no test.

.PHONY: test-settings
test-settings: $(steps) ## do locale, git's configuration, nohup, noexec ... decide a test? SETTING=locale
	@$(PYTHON) -B tests/settings/test_machine.py
	@tests/settings/settings $(SETTING)
