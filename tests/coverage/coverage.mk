# Which lines and branches of common/ and the steps does a test reach?
#
# clang's counters, in a file that each process maps into its memory (%c), all runs of a program in
# the same one (%m): they count on whatever ends a process, execve(2), _exit(2) or SIGKILL, and
# while a child borrows its parent's memory. So the sources need no hooks. Each program is a build
# of its own, and has counters of its own.
#
# Half of the branches are not counted, but reckoned from the other half: a process that is killed
# between the two counts makes a branch that nobody took. So one test is left out.
#
# With FAULTS=1 tests/faults makes the system calls fail, too, and what only that reaches has to be
# reached. Its verdict is asked for elsewhere: the runtime of the counters makes system calls itself.

C := build/coverage
COVER ?= $(steps)
coverage_steps := $(COVER:%=coverage-%)

coverage_make = $(MAKE) --no-print-directory CC=clang STATIC=no B=$(C)/$(1) top=$(C)/ \
  CPPFLAGS='-mllvm -runtime-counter-relocation' \
  CFLAGS='-O0 -g -fcoverage-mapping -fprofile-update=atomic \
    -fprofile-instr-generate="$(CURDIR)/$(C)/$(1)/counters/%c%m"'
# clang's runtime puts a variable into the environment, where COMMAND would find it: instead of
# setenv(3) it gets getenv(3).
coverage_link := -Wl,--wrap=setenv -Wl,--defsym=__wrap_setenv=getenv

.PHONY: coverage coverage-unit $(coverage_steps) coverage-tools
coverage: coverage-unit $(coverage_steps) ## what does no test reach, and why? make -j2 coverage FAULTS=1
	@$(PYTHON) -B tests/coverage/check.py $(if $(FAULTS),--faults) tests/coverage/uncovered \
	  $(COVER:%=$(C)/%/mydocker) $(C)/unit/tests/unit/common

coverage-unit: | coverage-tools
	+@$(call coverage_make,unit) $(C)/unit/tests/unit/common
	@rm -rf $(C)/unit/counters
	@$(C)/unit/tests/unit/common >$(C)/unit/log 2>&1 || { cat $(C)/unit/log; exit 1; }

$(coverage_steps): coverage-%: $(suite) $(if $(FAULTS),$(faults)) | coverage-tools
	+@$(call coverage_make,$*) LDFLAGS='$(coverage_link)' $*
	@rm -rf $(C)/$*/counters
	@$(suite) --step $(patsubst 0%,%,$(*:step%=%)) --except 'killed at any moment' $(C)/$*/mydocker >$(C)/$*/log 2>&1 || \
	  { cat $(C)/$*/log; exit 1; }
	@$(if $(FAULTS),$(suite) --world "$(CURDIR)/$(faults)" "$(CURDIR)/$(C)/$*/mydocker" \
	  >>$(C)/$*/log 2>&1 || true)

coverage-tools:
	@command -v clang llvm-cov llvm-profdata >/dev/null $(call missing,clang or llvm is missing)
