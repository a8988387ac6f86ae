# What the kernel was asked in one run of a step, as a story.

.PHONY: test-trace
trace-%: step% $(if $(MYDOCKER),$(suite)) ## what the kernel was asked, call by call: make trace-04, or of your own: MYDOCKER=mine/mydocker
	@command -v strace >/dev/null $(call missing,strace is missing)
	@$(if $(MYDOCKER),mydocker=$$($(suite) --path $(call quoted,$(MYDOCKER))) &&) \
	  $(PYTHON) -B tests/trace/trace.py $(if $(MYDOCKER),--program "$$mydocker") $(call two_digits,$*) $(COMMAND)

test-trace: $(steps) $(suite) $(bench_dir)/floor
	@$(PYTHON) -B tests/trace/test_trace.py
