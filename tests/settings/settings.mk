# What the user's machine has set decides no test.

.PHONY: test-settings
test-settings: ## do locale, git's configuration, nohup, noexec ... decide a test? SETTING=locale
	@tests/settings/settings $(SETTING)
