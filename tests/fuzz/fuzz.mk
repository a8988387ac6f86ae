# What a function makes of any input: libFuzzer, with sanitizers, and an independent reading of the
# result. corpus/NAME holds inputs that each reach something that the others do not: written by hand,
# with a name, and found, with a number for a name (-merge=1 -use_counters=0).

F := build/fuzz
fuzz_targets := command-line log path
SECONDS ?= 5

fuzz_compile = clang $(filter-out -fsanitize=% -fno-sanitize-recover=%,$(flags)) -Itests/fuzz \
  -I$(fuzz_step) -O1 -g -fsanitize=$(1),address,undefined -fno-sanitize-recover=all \
  -fno-omit-frame-pointer
fuzz_step := $(lastword $(dirs))
fuzz_files := $(wildcard common/*.c) tests/fuzz/caught.c tests/fuzz/line.c

$(F)/%.o: %.c $(B)/settings | fuzz-tools libcap
	@mkdir -p $(@D)
	$(call say,CC) $(call fuzz_compile,fuzzer-no-link) $(fuzz_define) -MMD -MP -c -o $@ $<
# libFuzzer has the main() of the whole program.
$(F)/$(fuzz_step)/main.o: fuzz_define := -Dmain=mydocker_main -Wno-missing-prototypes
$(F)/command-line: $(F)/$(fuzz_step)/main.o $(F)/$(fuzz_step)/commands.o $(F)/$(fuzz_step)/capabilities.o
$(F)/command-line: fuzz_wrap := -Wl,--wrap=getopt_long,--wrap=lifeline_leads_out
$(F)/path: fuzz_wrap := -Wl,--wrap=stat,--wrap=stat64,--wrap=faccessat
$(fuzz_targets:%=$(F)/%): $(F)/%: $(F)/tests/fuzz/%.o $(fuzz_files:%.c=$(F)/%.o)
	$(call say,LINK) $(call fuzz_compile,fuzzer) -Wl,--wrap=exit,--wrap=_exit,--wrap=write \
	  $(fuzz_wrap) -o $@ $^ -lcap

.PHONY: fuzz fuzz-tools $(fuzz_targets:%=fuzz-%)
fuzz: $(fuzz_targets:%=fuzz-%) ## any command line, log message, PATH: make fuzz SECONDS=600

# What it finds on the way, beyond the corpus, goes to build/.
$(fuzz_targets:%=fuzz-%): fuzz-%: $(F)/%
	@mkdir -p $(F)/found/$*
	@$(F)/$* -max_total_time=$(SECONDS) -max_len=8192 -timeout=5 -print_final_stats=1 \
	  -artifact_prefix=$(F)/ $(F)/found/$* tests/fuzz/corpus/$* >$(F)/$*.log 2>&1 || \
	  { cat $(F)/$*.log; exit 1; }
	@printf '%s: %s inputs, %s\n' $* \
	  "$$(sed -n 's/^stat::number_of_executed_units: *//p' $(F)/$*.log)" \
	  "$$(grep -o 'cov: [0-9]* ft: [0-9]*' $(F)/$*.log | tail -n 1)"

fuzz-tools:
	@command -v clang >/dev/null $(call missing,clang is missing)
