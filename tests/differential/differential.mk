# COMMAND run directly and under mydocker, with all that chance can hand it: do they end alike?

differential := $(T)/differential/differential
CASES ?= 300
$(differential): tests/differential/differential.c $(B)/settings
	@mkdir -p $(@D)
	$(call say,LINK) $(plain_compile) $(LDFLAGS) -o $@ $< -lutil

.PHONY: test-differential
test-differential: $(steps:%=test-differential-%) ## does COMMAND notice mydocker? CASES=10000
test-differential-%: % $(differential) $(suite)
	@$(suite) --world "$(CURDIR)/$(differential)" --cases $(CASES) $(if $(FIRST),--first $(FIRST)) \
	  "$(CURDIR)/$(top)$*/mydocker" "$(CURDIR)/$(T)/suite/probe"
