# Many containers, one after another and at once: is one lost, is anything left, do they slow down?

load := $(T)/load/load
CONTAINERS ?= 600
$(load): tests/load/load.c $(B)/settings
	@mkdir -p $(@D)
	$(call say,LINK) $(plain_compile) $(LDFLAGS) -o $@ $<

.PHONY: test-load
test-load: $(steps:%=test-load-%) ## is a container lost among many? CONTAINERS=10000
test-load-%: % $(load) $(suite)
	@$(suite) --world "$(CURDIR)/$(load)" --containers $(CONTAINERS) "$(CURDIR)/$(top)$*/mydocker" \
	  "$(CURDIR)/$(T)/suite/probe"
