# The tests. See tests/README.md for what lives where.

# What the user's machine has set decides no test (suite/settings.c does the same for what the suite
# starts): tools speak English, and are not told by a variable to behave in another way. And programs
# are made where programs can be executed; /tmp may be mounted noexec.
ifneq ($(filter test% check exercises trust coverage,$(MAKECMDGOALS)),)
export LC_ALL := C.UTF-8
export TMPDIR := $(CURDIR)/build/tmp
$(shell mkdir -p build/tmp)
endif
unexport BASH_ENV CDPATH ENV GREP_OPTIONS LANGUAGE POSIXLY_CORRECT QUOTING_STYLE VERSION_CONTROL

T := build/plain/tests
suite := $(T)/suite/suite
unit := $(B)/tests/unit/common

# The suite itself is always built plainly; SANITIZE is for the programs that it checks.
plain_compile = $(filter-out -fsanitize=% -fno-sanitize-recover=% -fno-omit-frame-pointer,$(compile))
plain_link = $(filter-out -fsanitize=% -fno-sanitize-recover=% -fno-omit-frame-pointer,$(link))
# A sanitizer's own handlers would show where the tests look at signals; the leak check does not work
# in a process that is traced, and mydocker leaves its memory to the kernel.
export ASAN_OPTIONS ?= detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_sigfpe=0
export MSAN_OPTIONS ?= handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0

$(T)/suite/%.o: tests/suite/%.c $(B)/settings | libcap cmocka
	@mkdir -p $(@D)
	$(call say,CC) $(plain_compile) -c -o $@ $<
$(suite): $(patsubst tests/suite/%.c,$(T)/suite/%.o,$(wildcard tests/suite/*.c)) $(T)/suite/probe
	$(call say,LINK) $(plain_link) -o $@ $(filter %.o,$^) -lcmocka -lcap -lutil
# Static where that is possible: it starts quickly, and in any surroundings.
$(T)/suite/probe: tests/probe/probe.c $(B)/settings | libcap
	@mkdir -p $(@D)
	$(call say,LINK) $(plain_compile) -pthread $(if $(filter yes,$(have_static)),-static) -o $@ $<
$(unit): $(B)/tests/unit/common.o $(common) $(beyond)
	$(call say,LINK) $(link) -o $@ $^ -lcmocka -lcap

# Without /proc, or with little memory, a sanitizer itself does not work; and it has its own word to say
# where a child ends on the stack that clone(2) was given.
except := $(if $(SANITIZE),--except 'without a /|limits as low as they go|a refused close_range')
tests := $(steps:%=test-%)
order_tests := $(patsubst %,test-order-%,$(wordlist 2,$(words $(steps)),$(steps)))
part_one_order := $(filter $(part_one:%=test-order-%),$(order_tests))
.PHONY: test test-beyond test-steps check test-unit test-order $(tests) $(part_two:%=test-short-%)

# So many for each processor.
per_processor = $(shell echo $$(($(1) * $$(nproc 2>/dev/null || echo 1))))
# A test waits more than it works: where make is not told otherwise, three at once for each processor,
# each with its lines together.
ifneq ($(filter test test-beyond test-steps trust,$(MAKECMDGOALS)),)
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(call per_processor,3) -Otarget
endif
endif

# What takes longest begins first.
test: $(if $(SANITIZE),,test-start test-tutorial-one) test-steps $(if $(SANITIZE),,$(part_one_order) test-wrong-one test-exercises-one test-checker test-doctor test-trace test-security) ## check all steps; as root or as an ordinary user

# What is about the text and the tests of part two; its last step `make test` checks as well.
test-beyond: test-tutorial-two $(order_tests) test-wrong-two test-exercises-two test-attacks ## the text of part two, its exercises and wrong programs, and ways out

# Without its option a step of part two is the step before: there `make test` leaves out what takes its
# time waiting. `make test-step05` does not.
slow := signals: |lifetime: |terminal: |load:
# Of part two the last step: test-order looks at the promises of those before it.
test-steps: $(part_one:%=test-%) $(patsubst %,test-short-%,$(lastword $(part_two))) test-unit

test-unit: $(unit) | cmocka ## check common/ from the inside
	@$(unit)

$(tests): test-%: % $(suite)
	@$(suite) --step $(number) $(except) $(top)$*/mydocker
$(part_two:%=test-short-%): test-short-%: % $(suite)
	@$(suite) --step $(number) --except '$(slow)' $(top)$*/mydocker
test-step%: ## check one step: make test-step03
.PHONY: $(short_steps:%=test-%)
$(short_steps:%=test-%): test-step%: test-step0%
number = $(patsubst 0%,%,$(*:step%=%))

# Each step breaks the promises that the next one adds, or the suite checks nothing. What takes its time
# waiting is looked at in part one, where it is asked for: make test-order, make test-order-step03. And
# `make test` has asked the step before for its own promises by itself.
order_added = $(if $(filter test,$(MAKECMDGOALS)),--added)
order_except = $(if $(filter $*,$(part_two)),$(slow),$(if $(filter test-order%,$(MAKECMDGOALS)),,$(slow)))
test-order: $(order_tests) ## check that no step passes for the next one
$(order_tests): test-order-%: $(steps) $(suite)
	@tests/order $(order_added) $(suite) $(patsubst 0%,%,$(*:step%=%)) \
	  $(top)$(call before,$*)/mydocker $(top)$*/mydocker '$(order_except)'

# A word for the shell, whatever is in it: the names of some promises have an apostrophe.
quoted = '$(subst ','\'',$(1))'
step_asked = $(call two_digits,$(STEP))
missing_words = $(if $(STEP)$(MYDOCKER),$(if $(STEP),MYDOCKER,STEP) is,STEP and MYDOCKER are)
check: $(suite) ## check your own program: make check STEP=03 MYDOCKER=mine/mydocker ONLY=terminal FIRST=1 HINT=2 FORMAT=tap
	@test -n "$(STEP)" && test -n "$(MYDOCKER)" || { echo "make check: $(missing_words) missing:" \
	  "make check STEP=$(or $(STEP),03) MYDOCKER=$(or $(MYDOCKER),mine/mydocker)" >&2; exit 1; }
	@test -n "$(step_asked)" || { echo "make check: there is no step $(STEP)" >&2; exit 1; }
	@$(suite) --jobs $(call per_processor,2) --memory 2048 --step $(patsubst 0%,%,$(step_asked)) $(if $(EXERCISE),--exercise $(call quoted,$(EXERCISE))) \
	  $(if $(FORMAT),--format $(FORMAT)) $(if $(filter-out 0,$(FIRST)),--first) \
	  $(if $(HINT),--hint $(call quoted,$(HINT))) \
	  $(if $(ONLY),--only $(call quoted,$(ONLY))) $(if $(filter :,$(ONLY)),,--smoke) $(call quoted,$(MYDOCKER))

include tests/bench/bench.mk tests/tutorial/tutorial.mk tests/doctor/doctor.mk tests/wrong/wrong.mk
include tests/exercises/exercises.mk tests/trace/trace.mk tests/start/start.mk
include tests/faults/faults.mk tests/differential/differential.mk tests/coverage/coverage.mk
include tests/interrupted/interrupted.mk
include tests/fuzz/fuzz.mk tests/load/load.mk tests/vm/vm.mk tests/security/security.mk tests/attacks/attacks.mk
include tests/distro/distro.mk tests/settings/settings.mk tests/book/book.mk

.PHONY: trust
trust: test-faults test-differential test-load coverage fuzz ## what docs/trust.md measures, in short
