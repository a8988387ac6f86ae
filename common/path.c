// Where COMMAND is.
//
// execve(2) does not search, and execvp(3) does too much: it hands a file that the kernel cannot
// execute to /bin/sh.
#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

// Write DIRECTORY/NAME to FILE, NAME alone for an empty DIRECTORY, which stands for the working
// directory. Returns false where there is no such file.
static bool file_in(const char *directory, size_t length, const char *name, char *file)
{
    struct stat status;
    int n =
        snprintf(file, PATH_MAX, "%.*s%s%s", (int)length, directory, length == 0 ? "" : "/", name);

    return n < PATH_MAX && stat(file, &status) == 0 && S_ISREG(status.st_mode);
}

const char *path_find(const char *name, char found[PATH_MAX])
{
    char file[PATH_MAX];
    const char *path = getenv("PATH");

    if (strchr(name, '/') != NULL)
        return name;
    found[0] = '\0';
    for (const char *rest = path == NULL ? _PATH_DEFPATH : path; rest != NULL;) {
        size_t length = strcspn(rest, ":");

        if (file_in(rest, length, name, file)) {
            bool executable = faccessat(AT_FDCWD, file, X_OK, AT_EACCESS) == 0;
            if (executable || found[0] == '\0')
                (void)strcpy(found, file);
            if (executable)
                break;
        }
        rest = rest[length] == '\0' ? NULL : rest + length + 1;
    }
    if (found[0] == '\0') {
        errno = ENOENT;
        die_remedy(EXIT_NOT_FOUND, "it is in no directory of PATH, and there are no images here",
                   "find %s", name);
    }
    return found;
}
