# The tests under other kernels than this machine has, in a virtual machine: see tests/README.md.

vm := build/vm
# For a machine of another kind all is built by a cross compiler, in a copy of the project.
MACHINE ?=
KERNEL ?= 6.1
KIND ?= quick
# QEMU emulates every instruction, in one thread: with one for each processor a boot was seen to end
# in an "Oops: int3", in a place that the kernel patches. Not every /dev/kvm can run a machine.
ACCELERATOR ?= tcg,thread=single
vm_kernels := 5.10 6.1 6.12
vm_kinds := private shared service user off none
# With the last of part two, whose limits are checked nowhere else where a machine has none.
vm_steps := $(or $(STEP),$(patsubst step%,%,$(lastword $(part_one)) $(lastword $(part_two))))
vm_tests := $(foreach kernel,$(KERNEL),$(foreach kind,$(KIND),vm-$(kernel)-$(kind)))
gap := $(T)/gap/gap
vm_files := $(suite) $(T)/suite/probe $(unit) $(doctor_probe) $(gap) $(steps:%=%/mydocker)

.PHONY: vm-test vm-test-all $(vm_tests)
ifneq ($(MACHINE),)
vm-test:
	+@tests/vm/cross $(vm)/$(MACHINE) KERNEL='$(KERNEL)' KIND='$(KIND)' STEP='$(STEP)' CONTAINERS='$(CONTAINERS)'
else
vm-test: $(vm_tests) ## the tests under another kernel: make vm-test KERNEL=5.10 KIND=user STEP=03 MACHINE=aarch64
endif

vm-test-all: ## the tests under each kernel, on each kind of host, of each step: an hour and more
	@$(MAKE) --no-print-directory -k vm-test KERNEL='$(vm_kernels)' KIND='$(vm_kinds)' \
	  STEP='$(steps:step%=%)'

$(vm_tests): vm-%: $(vm)/initramfs
	@tests/vm/boot $(vm) $(subst -, ,$*) '$(vm_steps)' $(ACCELERATOR)

# Programs that were made with patches, and take limits.
$(filter vm-%-wrong,$(vm_tests)): $(vm)/initramfs-wrong
$(vm)/initramfs-wrong: $(vm)/initramfs $(wildcard tests/wrong/* tests/exercises/*)
	@rm -rf $(vm)/wrong
	@for folder in wrong exercises; do \
	  $(PYTHON) -B tests/$$folder/check.py --pack $(vm)/wrong || exit; done
	@tests/vm/initramfs $@ $(vm_files) $(vm)/wrong/*/*

# Many containers with a limit, which leave no control group.
$(filter vm-%-load,$(vm_tests)): $(vm)/initramfs-load
$(vm)/initramfs-load: $(vm)/initramfs $(load)
	@tests/vm/initramfs $@ $(vm_files) $(load)
$(filter vm-%-load,$(vm_tests)): export CONTAINERS := $(CONTAINERS)

# The tests of both parts in a whole Debian.
$(filter vm-%-system,$(vm_tests)): $(vm)/initramfs-system
$(vm)/initramfs-system: always
	@tests/vm/system $@ $(vm)/system

# Faults, the system calls for limits among them.
$(filter vm-%-faults,$(vm_tests)): $(vm)/initramfs-faults
$(vm)/initramfs-faults: $(vm)/initramfs $(faults)
	@tests/vm/initramfs $@ $(vm_files) $(faults) $(faults)-command $$(command -v nm)

# Attacks and limits that it takes control groups to show; and the benchmark with limits.
$(filter vm-%-attacks,$(vm_tests)): $(vm)/initramfs-attacks
$(vm)/initramfs-attacks: $(vm)/initramfs $(T)/attacks/attack tests/attacks/machine tests/security/groups
	@tests/vm/initramfs $@ $(vm_files) $(filter-out %/initramfs,$^)
$(filter vm-%-bench,$(vm_tests)): $(vm)/initramfs-bench
$(vm)/initramfs-bench: $(vm)/initramfs $(bench_binaries) $(bench_filter)
	@tests/vm/initramfs $@ $(vm_files) $(filter-out %/initramfs,$^) \
	  $$(for peer in bwrap crun runc; do PATH="$$PATH:/usr/sbin:/sbin" command -v $$peer; done)

$(gap): tests/gap/gap.c $(common)
	@mkdir -p $(@D)
	$(call say,LINK) $(plain_compile) $(static_flag) -o $@ $^ -lcap

# The modules, too: make deps FOR=vm may bring them later than a first try.
$(vm)/initramfs: $(vm_files) $(wildcard tests/vm/* $(vm)/modules/*/*.ko)
	@mkdir -p $(@D)
	@tests/vm/initramfs $@ $(vm_files)
