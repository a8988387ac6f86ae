# The benchmark: wall time and memory of a whole run, next to the least that the kernel allows.

bench_dir := $(B)/tests/bench
bench_binaries := $(addprefix $(bench_dir)/,bench floor pause true)
# What is measured is static wherever libc is, as mydocker is: no loader is in the figures.
bench_static = $(if $(SANITIZE),,$(if $(wildcard $(shell $(CC) -print-file-name=libc.a)),-static))

$(bench_binaries): %: %.o
	$(call say,LINK) $(link) $(if $(filter %/bench,$@),,$(bench_static)) -o $@ $<

# Step 11's filter in a file.
bench_filter := $(bench_dir)/filter
$(bench_filter): $(bench_dir)/filter.o $(B)/beyond/step11-seccomp/seccomp.o $(common)
	$(call say,LINK) $(link) -Wl,--wrap=seccomp_load -o $@ $^ -lseccomp -lcap

# `scratch` stays empty: the benchmark mounts a file system there that only it can see.
.PHONY: bench
bench: $(steps) $(bench_binaries) $(bench_filter) ## compare time and memory: make bench RUNS=500; STRICT=1 fails where a target is missed
	@mkdir -p $(bench_dir)/scratch
	@$(bench_dir)/bench $(if $(RUNS),-n $(RUNS)) $(if $(filter 1,$(STRICT)),-s) \
	  $(foreach step,$(steps),$(top)$(step)/mydocker)
