# COMMAND run directly and under mydocker, with all that chance can hand it: do they end alike?
# A case is its number. The last step has all cases, each of the others a share of its own. With ALL=1
# or with FIRST each step has all cases.

differential := $(T)/differential/differential
CASES ?= 300
$(differential): tests/differential/differential.c $(B)/settings
	@mkdir -p $(@D)
	$(call say,LINK) $(plain_compile) $(LDFLAGS) -o $@ $< -lutil

all_cases = --cases $(CASES) --first $(or $(FIRST),1)
some_cases = --cases $$(($(CASES) / $(words $(steps)))) --first $$(($(CASES) / $(words $(steps)) * ($(number) - 1) + 1))

.PHONY: test-differential
test-differential: $(steps:%=test-differential-%) ## does COMMAND notice mydocker? CASES=10000 ALL=1
test-differential-%: % $(differential) $(suite)
	@$(suite) --world "$(CURDIR)/$(differential)" $(if $(or $(ALL),$(FIRST),$(filter $*,$(lastword $(steps)))),$(all_cases),$(some_cases)) \
	  "$(CURDIR)/$(top)$*/mydocker" "$(CURDIR)/$(T)/suite/probe"
