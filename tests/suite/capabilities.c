// What COMMAND may do as root: Docker's capabilities, and no way to more.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

static const unsigned long long usual = 0xa80425fb; // Docker's 14

// Where to think, in place of one hint for all.
static const char gain_nothing[] =
    "a file can give rights, too: its set-user-ID bit, and capabilities of its own. A flag of the "
    "process ends that for all that it executes: which? (prctl(2))";

// Those that the suite itself has.
static unsigned long long own(void)
{
    unsigned long long mask = 0;
    cap_t ours = cap_get_proc();

    for (cap_value_t capability = 0; capability < cap_max_bits(); capability++) {
        cap_flag_value_t value = CAP_CLEAR;
        (void)cap_get_flag(ours, capability, CAP_PERMITTED, &value);
        mask |= (unsigned long long)(value == CAP_SET) << capability;
    }
    (void)cap_free(ours);
    return mask;
}

static const char *names_of(unsigned long long mask)
{
    const char *names = "";

    for (int bit = 0; bit < 64; bit++) {
        char *name = (mask >> bit & 1) != 0 ? cap_to_name(bit) : NULL;
        if (name != NULL)
            names = text_of("%s %s", names, name);
        (void)cap_free(name);
    }
    return *names == '\0' ? " none" : names;
}

// Effective, permitted, bounding: KEPT; inheritable, ambient: none.
static void expect_sets(const struct process *p, unsigned long long kept)
{
    unsigned long long sets[5] = {0};

    expect(p->status == 0, "%s", describe(p));
    (void)sscanf(fact(p, "capabilities"), "%llx:%llx:%llx:%llx:%llx", &sets[0], &sets[1], &sets[2],
                 &sets[3], &sets[4]);
    if ((sets[3] & ~kept) != 0 && sets[3] == own()) {
        think("the bounding set is as the caller has it: what did cap_drop_bound(3) return?");
        answer("cap_drop_bound(3) takes CAP_SETPCAP: call it before you give that up");
    }
    expect(
        sets[0] == kept && sets[1] == kept && sets[3] == kept && sets[2] == 0 && sets[4] == 0,
        "COMMAND's effective, permitted and bounding set should be %llx, the inheritable and the "
        "ambient one 0; they are %llx, %llx, %llx, %llx and %llx. Too many:%s. Missing:%s",
        kept, sets[0], sets[1], sets[3], sets[2], sets[4],
        names_of((sets[0] | sets[1] | sets[2] | sets[3] | sets[4]) & ~kept),
        names_of(kept & ~(sets[0] & sets[1] & sets[3])));
}

static void all_of_them(void)
{
    struct process *p = run("run", probe, "inheritance");
    unsigned long long effective = 0;

    expect(p->status == 0 && sscanf(fact(p, "capabilities"), "%llx", &effective) == 1, "%s",
           describe(p));
    expect(effective == own(), "not yet: COMMAND should have all that the caller has: %s",
           describe(p));
}

static void the_usual_ones(void)
{
    expect_sets(run("run", probe, "inheritance"), usual & own());
}

static void after_another_execve(void)
{
    expect_sets(run("run", "sh", "-c", "\"$0\" inheritance", probe), usual & own());
}

static void more_and_fewer(void)
{
    const unsigned long long admin = 1ULL << CAP_SYS_ADMIN, mknod = 1ULL << CAP_MKNOD,
                             chown = 1ULL << CAP_CHOWN, all = own();
    const struct {
        const char *words[9];
        unsigned long long kept;
    } cases[] = {
        {{"--cap-drop", "ALL"}, 0},
        {{"--cap-add", "ALL"}, all},
        {{"--cap-add", "SYS_ADMIN"}, usual | admin},
        {{"--cap-add", "CAP_SYS_ADMIN"}, usual | admin},
        {{"--cap-add", "cap_sys_admin", "--cap-drop", "mknod"}, (usual | admin) & ~mknod},
        {{"--cap-drop", "MKNOD", "--cap-add", "SYS_ADMIN"}, (usual | admin) & ~mknod},
        {{"--cap-add", "CHOWN", "--cap-drop", "ALL"}, chown},
        {{"--cap-drop", "all", "--cap-add", "chown"}, chown},
        {{"--cap-add", "ALL", "--cap-drop", "SYS_ADMIN", "--cap-drop", "MKNOD"},
         all & ~admin & ~mknod},
        {{"--cap-drop", "CHOWN", "--cap-drop", "MKNOD"}, usual & ~chown & ~mknod},
    };

    think("which wins, what is added or what is dropped? It is another one with ALL");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *words[16] = {"run"};
        size_t count = 1;
        for (size_t j = 0; cases[i].words[j] != NULL; j++)
            words[count++] = cases[i].words[j];
        words[count++] = probe;
        words[count] = "inheritance";
        answer(
            "(the usual ones without those dropped) and those added; with ALL added, all without "
            "those dropped");
        expect_sets(process_run(&(struct launch){0}, words), cases[i].kept & own());
    }
}

static void unknown_names(void)
{
    static const char *const names[] = {"NO_SUCH", "CAP_", "", "ALLL", "SYS_ADMIN,MKNOD", "-1"};

    think("how far does cap_from_name(3) read? And which word does the message name?");
    answer("compare the whole word with cap_to_name(3) of each; name it as it was typed");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        expect_failure(run("run", "--cap-add", names[i], probe, "facts"), 125,
                       text_of("capability...'%s'", names[i]));
        expect_failure(run("run", "--cap-drop", names[i], probe, "facts"), 125,
                       text_of("capability...'%s'", names[i]));
    }
}

// The caller has capabilities in the two sets that pass to any program.
static void pass_some_on(const void *argument)
{
    static const cap_value_t some[] = {CAP_NET_ADMIN, CAP_CHOWN};
    cap_t ours = cap_get_proc();

    (void)argument;
    if (cap_set_flag(ours, CAP_INHERITABLE, 2, some, CAP_SET) == -1 || cap_set_proc(ours) == -1 ||
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) == -1)
        _exit(111);
    (void)cap_free(ours);
}

static void callers_do_not_pass(void)
{
    answer("an inheritable set that is empty: the bounding set does not limit it (CVE-2022-29162)");
    expect_sets(run_with(PREPARED(pass_some_on, NULL,
                                  "setpriv --inh-caps +net_admin,+chown --ambient-caps +net_admin "
                                  "..."),
                         "run", probe, "inheritance"),
                usual & own());
}

// The caller has fewer itself.
static void lack(const void *capability)
{
    const cap_value_t lost = *(const cap_value_t *)capability;
    cap_t ours = cap_get_proc();

    if (prctl(PR_CAPBSET_DROP, lost, 0, 0, 0) == -1 ||
        cap_set_flag(ours, CAP_EFFECTIVE, 1, &lost, CAP_CLEAR) == -1 ||
        cap_set_flag(ours, CAP_PERMITTED, 1, &lost, CAP_CLEAR) == -1 || cap_set_proc(ours) == -1)
        _exit(111);
    (void)cap_free(ours);
}

static void no_more_than_the_caller(void)
{
    const cap_value_t lost = CAP_MKNOD;
    const unsigned long long mknod = 1ULL << CAP_MKNOD;
    const struct launch *how = PREPARED(lack, &lost, "setpriv --bounding-set -mknod ...");

    think("what COMMAND keeps is a part of what mydocker has itself: where does one begin?");
    answer("with cap_get_proc(3): only take away, and set nothing");
    expect_sets(run_with(how, "run", probe, "inheritance"), usual & own() & ~mknod);
    expect_sets(run_with(how, "run", "--cap-add", "MKNOD", probe, "inheritance"),
                usual & own() & ~mknod);
}

static void the_caller_cannot_drop(void)
{
    const cap_value_t lost = CAP_SETPCAP;

    if ((own() & (1ULL << CAP_SETPCAP)) == 0)
        cannot_check_here("the tests have no CAP_SETPCAP to lose");
    think("what does cap_drop_bound(3) return here?");
    expect_failure(run_with(PREPARED(lack, &lost, "setpriv --bounding-set -setpcap ..."), "run",
                            probe, "facts"),
                   125, "Operation not permitted...CAP_SETPCAP");
}

// Root without capabilities cannot search a directory of mode 0, and so mydocker must not for it.
static void looked_for_with_its_rights(void)
{
    const char *directory = text_of("%s/of-nobody", scratch),
               *copy = text_of("%s/probe", directory);

    think(
        "execve(2) opens COMMAND with the rights of who calls it: give them up before, not only "
        "for afterwards (in libcap: cap_set_flag(3) of the permitted and the effective set)");
    expect(mkdir(directory, 0755) == 0 && symlink(probe, copy) == 0 && chmod(directory, 0) == 0,
           "the test cannot make %s", copy);
    struct process *p = run("run", "--cap-drop", "ALL", copy, "exit", "7"),
                   *q = run("run", copy, "exit", "7");
    (void)chmod(directory, 0755);
    (void)unlink(copy);
    (void)rmdir(directory);
    expect(q->status == 7, "with CAP_DAC_OVERRIDE root should reach it: %s", describe(q));
    expect_failure(p, 126, "Permission denied");
}

static void no_new_privs(void)
{
    struct process *p = run("run", probe, "inheritance");

    think(gain_nothing);
    answer("prctl(2) with PR_SET_NO_NEW_PRIVS");
    expect(p->status == 0 && fact_number(p, "no_new_privs") == 1, "no_new_privs should be set: %s",
           describe(p));
    p = run("run", "--cap-add", "ALL", probe, "inheritance");
    expect(p->status == 0 && fact_number(p, "no_new_privs") == 1, "with every capability, too: %s",
           describe(p));
}

static void may_gain(void)
{
    struct process *p = run("run", probe, "inheritance");

    expect(p->status == 0 && fact_number(p, "no_new_privs") == 0,
           "not yet: no_new_privs should be as the caller has it: %s", describe(p));
}

// A copy of the probe whose file gives rights, executed by who has none.
static void files_give_nothing(void)
{
    const char *directory = text_of("%s/rights", scratch), *copy = text_of("%s/probe", directory);
    const struct launch direct = {.direct = true};
    struct process *p;

    need_root();
    think(gain_nothing);
    expect(mkdir(directory, 0755) == 0 && mount("tmpfs", directory, "tmpfs", 0, "size=8m") == 0,
           "cannot mount");
    (void)run_with(&direct, "cp", probe, copy);
    cap_t of_file = cap_from_text("cap_chown=ep");
    for (int with_capabilities = 0; with_capabilities < 2; with_capabilities++) {
        bool made = with_capabilities ? chmod(copy, 0755) == 0 && cap_set_file(copy, of_file) == 0
                                      : chmod(copy, 04755) == 0;
        p = run("run", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "sh",
                "-c", "exec \"$0\" inheritance", copy);
        if (!made || p->status != 0 || strcmp(fact(p, "uids"), "65534:65534") != 0 ||
            strncmp(fact(p, "capabilities"), "000000000:000000000:", 20) != 0)
            break;
    }
    (void)cap_free(of_file);
    (void)umount2(directory, MNT_DETACH);
    (void)rmdir(directory);
    answer("prctl(2) with PR_SET_NO_NEW_PRIVS");
    expect(p->status == 0 && strcmp(fact(p, "uids"), "65534:65534") == 0 &&
               strncmp(fact(p, "capabilities"), "000000000:000000000:", 20) == 0,
           "a set-user-ID program, and one with capabilities, should gain nothing: %s",
           describe(p));
}

static void cannot_change_the_machine(void)
{
    const struct launch how = {.keep_input_open = true};
    struct process *p = start_with(&how, "run", "-i", probe, "change-world");

    process_await_output(p, "ready\n");
    long hostname = fact_number(p, "sethostname");
    process_end_input(p);
    process_finish(p);
    expect(hostname == -1, "COMMAND should not be able to set the hostname: %s", describe(p));
    (void)mkdir("mnt", 0755);
    p = start_with(&how, "run", "-i", probe, "mount");
    process_await_output(p, "ready\n");
    long mounted = fact_number(p, "mount");
    process_end_input(p);
    process_finish(p);
    (void)rmdir("mnt");
    expect(mounted == -1, "COMMAND should not be able to mount: %s", describe(p));
}

static void still_root(void)
{
    struct process *p;

    need_root();
    p = run("run", "sh", "-c",
            "umask 777; echo x >owned && cat owned && "
            "exec setpriv --reuid 1 --clear-groups sh -c 'test $(id -u) -eq 1'");
    (void)unlink(text_of("%s/owned", scratch));
    expect(p->status == 0, "root should be able to read any file and to change its user: %s",
           describe(p));
}

static const struct promise promises[] = {
    {"not yet: all of the caller's", ALWAYS, 8, all_of_them},
    {"not yet: no no_new_privs", ALWAYS, 8, may_gain},
    {"Docker's 14, and no more in any set", 9, LAST, the_usual_ones},
    {"after another execve, too", 9, LAST, after_another_execve},
    {"--cap-add and --cap-drop, in any order", 9, LAST, more_and_fewer},
    {"unknown names are named", 9, LAST, unknown_names},
    {"what the caller passes on does not pass", 9, LAST, callers_do_not_pass},
    {"never more than the caller's", 9, LAST, no_more_than_the_caller},
    {"COMMAND is opened with its own rights", 9, LAST, looked_for_with_its_rights},
    {"a caller that cannot drop any learns why", 9, LAST, the_caller_cannot_drop},
    {"no_new_privs, always", 9, LAST, no_new_privs},
    {"no file gives COMMAND rights", 9, LAST, files_give_nothing},
    {"mount and sethostname fail", 9, LAST, cannot_change_the_machine},
    {"root's own work goes on", 9, LAST, still_root},
};
MECHANISM(capabilities, 9,
          "which of the five sets does execve(2) of root make anew, and from what? Which of them "
          "pass untouched? (capabilities(7), \"Transformation of capabilities during execve()\")");
