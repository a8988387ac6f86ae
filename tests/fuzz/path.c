// Any PATH and any name: the file that is found, compared with another search.
//
// An input is PATH, a NUL, and the name. The file system is made up: what a file is, and whether it
// can be executed, follows from the bytes of its path.
#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"
#include "fuzz.h"

int __real_stat(const char *path, struct stat *status);
int __real_faccessat(int directory, const char *path, int mode, int flags);
int __wrap_stat(const char *path, struct stat *status);
int __wrap_faccessat(int directory, const char *path, int mode, int flags);
int __wrap_stat64(const char *path, struct stat *status);

enum kind { NONE, NOT_REGULAR, REGULAR, EXECUTABLE };

static enum kind kind_of(const char *path)
{
    unsigned hash = 0;

    require(strlen(path) < PATH_MAX);
    for (const char *at = path; *at != '\0'; at++)
        hash = hash * 31 + (unsigned char)*at;
    return (enum kind)(hash % 4);
}

int __wrap_stat(const char *path, struct stat *status)
{
    if (!caught.active)
        return __real_stat(path, status);
    enum kind kind = kind_of(path);
    memset(status, 0, sizeof(*status));
    status->st_mode = kind == NOT_REGULAR ? S_IFDIR : S_IFREG;
    errno = ENOENT;
    return kind == NONE ? -1 : 0;
}

// What stat(2) is called in glibc with _FILE_OFFSET_BITS=64.
int __wrap_stat64(const char *path, struct stat *status)
{
    return __wrap_stat(path, status);
}

int __wrap_faccessat(int directory, const char *path, int mode, int flags)
{
    if (!caught.active)
        return __real_faccessat(directory, path, mode, flags);
    enum kind kind = kind_of(path);
    // A directory may be searched: X_OK does not tell it from a program.
    require(directory == AT_FDCWD && mode == X_OK && flags == AT_EACCESS);
    errno = EACCES;
    return kind == EXECUTABLE || kind == NOT_REGULAR ? 0 : -1;
}

// The first executable file, else the first regular one, else NULL: all candidates are written
// out, and then looked at.
static const char *wanted_file(const char *path, const char *name)
{
    static char file[1 << 16];
    const char *found = NULL;

    for (int pass = EXECUTABLE; pass >= REGULAR && found == NULL; pass--) {
        for (const char *at = path; found == NULL; at++) {
            size_t length = 0;
            while (at[length] != ':' && at[length] != '\0')
                length++;
            memcpy(file, at, length);
            file[length] = '/';
            strcpy(file + length + (length > 0), name);
            if (strlen(file) < PATH_MAX && kind_of(file) == (enum kind)pass)
                found = file;
            at += length;
            if (*at == '\0')
                break;
        }
    }
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[1 << 14];
    char found[PATH_MAX];
    const char *result = NULL;

    if (size >= sizeof(text))
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    size_t length = strlen(text);
    const char *name = length == size ? "name" : text + length + 1;
    // An empty COMMAND is refused before, and one with a slash is not searched for.
    if (*name == '\0' || strlen(name) > 4000)
        return 0;
    setenv("PATH", text, 1);
    const char *wanted = strchr(name, '/') != NULL ? name : wanted_file(text, name);
    capture();
    if (setjmp(caught.end) == 0)
        result = path_find(name, found);
    release();
    if (wanted == NULL)
        require(result == NULL && caught.status == EXIT_NOT_FOUND && caught.writes == 1);
    else
        require(result != NULL && strcmp(result, wanted) == 0 && caught.writes == 0);
    return 0;
}
