// Step 11's filter as bwrap wants it: written to standard output, not loaded. The linker puts this
// seccomp_load() in the place of libseccomp's (ld(1), --wrap).
#include <seccomp.h>
#include <unistd.h>

void filter_calls(void); // of step 11
int __wrap_seccomp_load(scmp_filter_ctx filter);

int __wrap_seccomp_load(scmp_filter_ctx filter)
{
    return seccomp_export_bpf(filter, STDOUT_FILENO);
}

int main(void)
{
    filter_calls();
    return 0;
}
