# The tutorial and the README: every line of code, every diff, every transcript and link in them.

# Where distributions put the pexpect that they package.
PYTHON ?= $(or $(wildcard /usr/bin/python3),python3)
documents := README.md TUTORIAL.md beyond/README.md beyond/TUTORIAL.md
tutorial = $(PYTHON) -B tests/tutorial

tutorial_tests := $(if $(LINE),test-tutorial-line,test-tutorial-one test-tutorial-two test-checker)
.PHONY: test-tutorial $(tutorial_tests) tutorial pexpect
test-tutorial: $(tutorial_tests) ## check the READMEs and the tutorials line by line: LINE=1234
$(tutorial_tests): $(steps) $(suite) | pexpect
test-tutorial-line: ; @$(tutorial)/check.py --only $(LINE) $(suite) $(documents)
test-tutorial-one: ; @$(tutorial)/check.py $(suite) $(filter-out beyond/%,$(documents))
test-tutorial-two: ; @$(tutorial)/check.py $(suite) $(filter beyond/%,$(documents))
test-checker:
	@$(tutorial)/test_checker.py $(suite)
	@$(PYTHON) -B docs/figures/figures.py --check

tutorial: $(suite) ## bring their generated parts up to date: diffs, sizes, the table of promises
	@$(tutorial)/generate.py $(suite) $(documents)
	@$(PYTHON) -B docs/figures/figures.py

pexpect:
	@$(PYTHON) -c 'import pexpect' 2>/dev/null $(call missing,Python\'s pexpect is missing)
