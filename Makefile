# `make help` says what there is. A new directory stepNN-name/, here or in beyond/, needs no change.

CFLAGS ?= -O2 -g
V ?= 0
ifneq ($(filter default undefined,$(origin CC)),) # undefined with make -R
CC := gcc
endif

# What is built goes to build/ and stepNN/; with SANITIZE=address,undefined to a place of its own.
comma := ,
variant := $(if $(SANITIZE),sanitize-$(subst $(comma),-,$(SANITIZE)),plain)
B := build/$(variant)
top := $(if $(SANITIZE),$(B)/)

# Part two goes on in beyond/, by the same rule.
steps := $(sort $(foreach dir,$(wildcard step[0-9][0-9]-* beyond/step[0-9][0-9]-*),\
           $(firstword $(subst -, ,$(notdir $(dir))))))
dir_of = $(wildcard $(1)-* beyond/$(1)-*)
dirs := $(foreach step,$(steps),$(call dir_of,$(step)))
part_two := $(foreach step,$(steps),$(if $(wildcard beyond/$(step)-*),$(step)))
part_one := $(filter-out $(part_two),$(steps))
before = $(lastword $(shell printf '%s\n' $(steps) | sed '/$(1)/,$$d'))
# Its number in two digits, where there is such a step: 3 will do for 03.
two_digits = $(patsubst step%,%,$(filter step$(1) step0$(1),$(steps)))

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wconversion -Wvla
flags := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Icommon -Ibeyond/common $(warnings) \
         $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# Static where the libraries are: mydocker is executed twice a run, and each time a dynamic program
# waits for its loader. STATIC=no makes it dynamic all the same.
have_static := $(shell for lib in libc.a libcap.a; do \
                 test -e "$$($(CC) -print-file-name=$$lib 2>&1)" || exit; done; echo yes)
STATIC ?= $(if $(SANITIZE),no,$(or $(have_static),no))
static_flag := $(if $(filter yes,$(STATIC)),-static)

compile = $(CC) $(flags) $(CPPFLAGS) $(CFLAGS) -MMD -MP
link = $(CC) $(flags) $(CFLAGS) $(LDFLAGS)
ifeq ($(V),0)
say = @printf '  %-5s %s\n' $(1) $@ &&
else
say =
endif

all: $(steps) ## build every step (the default)
.PHONY: all $(steps) $(dirs)
.DELETE_ON_ERROR:

# ---- the steps ----

objects = $(patsubst %.c,$(B)/%.o,$(wildcard $(1:%=%/*.c)))
common := $(call objects,common)
beyond := $(call objects,beyond/common)

# libseccomp for those alone that use it.
more_libraries = $(if $(wildcard $(1)/seccomp.c),-lseccomp)

define step_rules
$(1) $(2): $(top)$(1)/mydocker
$(top)$(1)/mydocker: $(call objects,$(2)) $(common) $(if $(filter beyond/%,$(2)),$(beyond))
	@mkdir -p $$(@D)
	$$(call say,LINK) $$(link) $$(static_flag) -o $$@ $$^ -lcap $(call more_libraries,$(2))
endef
step%: ## build a step: make step04 leaves ./step04/mydocker
$(foreach step,$(steps),$(eval $(call step_rules,$(step),$(call dir_of,$(step)))))

# step4 will do for step04.
short_steps := $(patsubst step0%,step%,$(filter step0%,$(steps)))
.PHONY: $(short_steps)
$(short_steps): step%: step0%

$(B)/%/seccomp.o: | libseccomp
$(B)/%.o: %.c $(B)/settings | libcap
	@mkdir -p $(@D)
	$(call say,CC) $(compile) -c -o $@ $<

# Another compiler or other flags than the last time: everything is built anew.
settings := $(compile) $(link) $(static_flag)
$(B)/settings: always
	@mkdir -p $(@D)
	@echo '$(settings)' | cmp -s - $@ || echo '$(settings)' > $@

# One clear line, not the compiler's. Looked at anew with another compiler or other flags.
missing = || { echo "make: $(1): make deps installs what is missing, make deps FOR=lint" \
  "clang too" >&2; exit 1; }
.PHONY: always libcap libseccomp cmocka shell rootfs deps lint clean help
libcap libseccomp cmocka: %: $(B)/has-%
$(B)/has-%: $(B)/settings
	@.ci/compiler $* $@ $(CC) $(CPPFLAGS) $(CFLAGS) $(filter -L%,$(LDFLAGS))

-include $(sort $(shell find $(B) build/plain build/fuzz -name '*.d' -type f 2>/dev/null))
include tests/tests.mk docs/book/book.mk

# ---- the rest ----

diff-%: ## what a step adds to the one before: make diff-04
	@test -n "$(call before,step$(call two_digits,$*))" || \
	  { echo "make: no step comes before step$*: try diff-02 or a later one" >&2; exit 1; }
	@git --no-pager diff --no-index -Odocs/diff-order --color=auto $(call dir_of,$(call before,step$(call two_digits,$*))) \
	  $(call dir_of,step$(call two_digits,$*)) || test $$? -eq 1

shell: step04 ## sit in a container's shell: as root, or as root of a user namespace, or with sudo
	@if test "$$(id -u)" -eq 0; then set -- env; \
	elif unshare --user --map-root-user true 2>/dev/null; then set -- unshare --user --map-root-user; \
	elif command -v sudo >/dev/null; then sudo -v || exit; set -- sudo; \
	else echo "make shell: only root can make namespaces here (make doctor says why), and there is" \
	  "no sudo: type it as root" >&2; exit 1; fi; \
	set -- "$$@" ./step04/mydocker run -it /bin/sh; echo "$${*#env }"; "$$@" || test $$? -ne 125

rootfs: ## make a root file system in build/rootfs, for --rootfs from step 5 on
	@beyond/make-rootfs build/rootfs

deps: ## install what is missing: make deps, make deps FOR=lint, FOR=vm, FOR=distro, FOR=book
	@.ci/deps $(FOR)

sources := $(foreach dir,$(dirs) common beyond/common tests/suite tests/unit tests/probe tests/bench tests/faults tests/attacks \
             tests/differential tests/load tests/doctor tests/start,$(wildcard $(dir)/*.c))
taught := $(filter-out tests/%,$(sources))
lint_tools := clang clang-format clang-tidy cppcheck
lint: | libcap cmocka ## format, warnings as errors under gcc and clang, three static analysers
	@for tool in $(lint_tools); do command -v $$tool >/dev/null || \
	  { echo "make: $$tool is missing: install it with: make deps FOR=lint" >&2; exit 1; }; done
	@clang-format --dry-run -Werror $(sources) \
	  $(wildcard */*.h beyond/*/*.h tests/*/*.h tests/fuzz/*.c)
	@for cc in gcc clang; do $$cc $(flags) -O2 -Werror -fsyntax-only $(sources) || exit; done
	@for file in $(taught); do gcc $(flags) -O2 -Werror -fanalyzer -c -o /dev/null $$file || exit; done
	@cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
	  -D_GNU_SOURCE -Icommon -Ibeyond/common $(sources)
	@printf '%s\n' $(taught) | xargs -P 2 -I % clang-tidy --quiet % -- $(flags) 2>/dev/null

clean: ## remove everything that was built
	rm -rf build $(steps)

# What has a ## behind it, what the reader of the course types before the rest.
to_learn := step% start check doctor trace-% diff-% diff-mine test shell rootfs deps
in_help = LC_ALL=C sed -n '/^\($(1)\):.*\#\# /{ s//  make \1\t/; s/%\t/04\t/; p; }' $(MAKEFILE_LIST)
help: ## print this
	@echo 'To follow the course:'
	@{ $(foreach goal,$(to_learn),$(call in_help,$(goal)); )} | expand -t 24
	@echo 'To work on it:'
	@$(call in_help,[a-z%-]*) | LC_ALL=C sed '$(foreach goal,$(to_learn),/^  make $(subst %,04,$(goal))\t/d;)' | expand -t 24
	@echo 'Variables: V=1 CC=clang CFLAGS=... SANITIZE=address,undefined STATIC=no'
