# README's two commands on a fresh Debian, of one release or of each: see tests/README.md.

.PHONY: distro-test
distro-test: ## README's two commands on fresh systems: make distro-test SUITE='bullseye trixie'
	@setpriv --pdeathsig TERM tests/distro/distro build/distro $(SUITE)
