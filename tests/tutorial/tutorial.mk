# The tutorial and the README: every line of code, every diff, every transcript and link in them.

# Where distributions put the pexpect that they package.
PYTHON ?= $(or $(wildcard /usr/bin/python3),python3)
documents := README.md TUTORIAL.md beyond/README.md beyond/TUTORIAL.md
tutorial = $(PYTHON) -B tests/tutorial

.PHONY: test-tutorial tutorial pexpect
test-tutorial: $(steps) $(suite) | pexpect ## check README.md and TUTORIAL.md line by line
	@$(tutorial)/test_checker.py $(suite)
	@$(PYTHON) -B docs/figures/figures.py --check
	@$(tutorial)/check.py $(if $(LINE),--only $(LINE)) $(suite) $(documents)

tutorial: $(suite) ## bring their generated parts up to date: diffs, sizes, the table of promises
	@$(tutorial)/generate.py $(suite) $(documents)
	@$(PYTHON) -B docs/figures/figures.py

pexpect:
	@$(PYTHON) -c 'import pexpect' 2>/dev/null $(call missing,Python\'s pexpect is missing)
