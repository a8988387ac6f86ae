# A place to write one's own version of a step, and that beside ours.

.PHONY: start diff-mine test-start
start: $(suite) ## a place to write your own version: make start STEP=03 DIR=mine, and FROM=mine2 goes on with yours
	@tests/start/start '$(or $(step_asked),$(STEP))' '$(DIR)' '$(FROM)' $(suite)

diff-mine: ## your own version beside ours: make diff-mine STEP=03 DIR=mine
	@tests/start/diff-mine '$(or $(step_asked),$(STEP))' '$(DIR)'

# What most people call that place, mine3 and the like too: the command that builds what is in there.
define make_in_it
@test -e $@/Makefile || { echo "make: there is no $@ yet: make start STEP=02 DIR=$@" >&2; exit 1; }
$(MAKE) -C $@
endef
mine: always
	$(make_in_it)
mine%: always
	$(make_in_it)

test-start: $(steps) $(suite)
	@$(PYTHON) -B tests/start/test_start.py
