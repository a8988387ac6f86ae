# Every system call of the steps fails once, with every error that its manual page names.

faults := $(T)/faults/faults
$(T)/faults/%.o: tests/faults/%.c $(B)/settings
	@mkdir -p $(@D)
	$(call say,CC) $(plain_compile) -DSTATIC_COMMAND=$(if $(filter yes,$(have_static)),1,0) -c -o $@ $<
$(faults): $(addprefix $(T)/faults/,faults.o tracer.o calls.o) $(T)/load/place.o $(T)/faults/faults-command
	$(call say,LINK) $(plain_link) -o $@ $(filter %.o,$^) -lutil
$(T)/faults/faults-command: $(T)/faults/command.o
	$(call say,LINK) $(plain_link) $(if $(filter yes,$(have_static)),-static) -o $@ $<

# Each error has its turn in the last step and in one of those before, and with ALL=1 in all of them.
.PHONY: test-faults
test-faults: $(steps:%=test-faults-%) ## is every fault survived? test-faults ALL=1 takes its time
	@$(PYTHON) -B tests/faults/check.py $(suite) $(faults)
test-faults-%: % $(faults) $(suite)
	@$(suite) --world "$(CURDIR)/$(faults)" $(if $(or $(ALL),$(filter $*,$(lastword $(steps)))),,--part $(patsubst step%,%,$*)/$(words $(steps))) \
	  "$(CURDIR)/$(top)$*/mydocker"
