// What the files of common/ tell each other and nobody else.
#ifndef COMMON_INTERNAL_H
#define COMMON_INTERNAL_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

#include "common.h"

// log.c: vsnprintf(3), with what did not fit replaced by "...".
void format_message(char *out, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

// log.c: what log_info() and its like are made of.
void log_message(enum log_level level, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

// log.c: the one level that die.c alone logs.
void log_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
