# Ways out of a container, or up, tried in the last step and in others; and what docs/security.md says of it.

attack_programs := $(T)/attacks/attack $(T)/attacks/loader
run_attacks = $(PYTHON) -B tests/attacks/check.py $(1) $(suite) $(T)/attacks $(top)step04/mydocker \
  $(top)$(lastword $(steps))/mydocker docs/security.md

.PHONY: test-attacks attacks
test-attacks: step04 $(lastword $(steps)) $(suite) $(attack_programs) ## public ways out of a container, tried: does the last step hold them?
	@$(call run_attacks)
attacks: step04 $(lastword $(steps)) $(suite) $(attack_programs) ## write what is seen into the table of docs/security.md
	@$(call run_attacks,--write)

$(T)/attacks/attack: $(wildcard tests/attacks/*.[ch]) $(B)/settings
	@mkdir -p $(@D)
	$(call say,LINK) $(plain_link) $(if $(filter yes,$(have_static)),-static) -o $@ $(filter-out %/loader.c,$(filter %.c,$^))
# What stands in an image for its dynamic linker.
$(T)/attacks/loader: tests/attacks/loader.c $(B)/settings
	@mkdir -p $(@D)
	$(call say,LINK) $(plain_link) -nostdlib -static -o $@ $<
