# What the kernel was asked in one run of a step, as a story.

.PHONY: test-trace
trace-%: step% ## what the kernel was asked, call by call: make trace-04
	@command -v strace >/dev/null $(call missing,strace is missing)
	@$(PYTHON) -B tests/trace/trace.py $* $(COMMAND)

test-trace: $(steps)
	@$(PYTHON) -B tests/trace/test_trace.py
