# Many containers, one after another and at once: is one lost, is anything left, do they slow down?

load := $(T)/load/load
CONTAINERS ?= 600
$(T)/load/%.o: tests/load/%.c $(B)/settings
	@mkdir -p $(@D)
	$(call say,CC) $(plain_compile) -c -o $@ $<
$(load): $(T)/load/load.o $(T)/load/place.o
	$(call say,LINK) $(plain_link) -o $@ $^

.PHONY: test-load
test-load: $(patsubst %,test-load-%,$(if $(ALL),$(steps),$(part_one) $(lastword $(steps)))) ## is a container lost among many? CONTAINERS=10000 ALL=1
test-load-%: % $(load) $(suite)
	@$(suite) --world "$(CURDIR)/$(load)" --containers $(CONTAINERS) "$(CURDIR)/$(top)$*/mydocker" \
	  "$(CURDIR)/$(T)/suite/probe"
