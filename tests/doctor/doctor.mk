# Can this machine follow the course?

doctor_probe := $(B)/tests/doctor/namespaces
$(doctor_probe): $(B)/tests/doctor/namespaces.o $(common)
	$(call say,LINK) $(link) $(static_flag) -o $@ $^ -lcap

.PHONY: doctor test-doctor
doctor: ## can this machine follow the course, and if not, what is to be done?
	@tests/doctor/doctor $(CC) $(doctor_probe) $(steps)

test-doctor: $(doctor_probe) $(steps) ## is each refusal named rightly?
	@$(PYTHON) -B tests/doctor/test_doctor.py $(doctor_probe)
