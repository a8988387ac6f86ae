#!/bin/sh
# A mydocker in shell: unshare(1) makes the namespaces and mounts /proc, this script is the rest.
#
# Keeps: cli: Missing container command
# Keeps: cli: options end at COMMAND
# Keeps: arguments: every byte of every ARG
# Keeps: stdio: without -i COMMAND reads /dev/null
# Keeps: namespaces: COMMAND is PID 1
# Keeps: namespaces: uts, pid, mnt, net and ipc of its own
# Keeps: namespaces: no network but lo
# Keeps: proc: /proc shows COMMAND alone, as 1
# Keeps: proc: ps shows two processes
# Keeps: host: COMMAND's mounts stay inside
# Keeps in step 2: init: not yet: COMMAND is executed without an init
# Breaks: cli: --log-level
# Breaks: log: JSON and UTF-8 whatever bytes argv holds
# Breaks: signals: each of them reaches COMMAND, once
# Breaks: terminal: job control in dash
# Breaks: init: mydocker executes itself as init, and init COMMAND
# Breaks: privileges: without CAP_SYS_ADMIN: its name, and both ways on
log() {
    printf '{"level":"%s","msg":"%s","time":"%s"}\n' "$1" "$2" "$(date +%Y-%m-%dT%H:%M:%SZ -u)" >&2
}

die() {
    log fatal "$1"
    exit 125
}

usage='Usage: mydocker run [-i] [-t] COMMAND [ARG...]'
case ${1-} in
help | --help)
    echo "$usage"
    exit 0
    ;;
--version)
    echo 'mydocker 0 (sh)'
    exit 0
    ;;
run) shift ;;
*) die "unknown command: see mydocker --help" ;;
esac

interactive=
while [ $# -gt 0 ]; do
    case $1 in
    -i | --interactive) interactive=yes ;;
    -t | --tty) ;;
    -it | -ti) interactive=yes ;;
    --help)
        echo "$usage"
        exit 0
        ;;
    --)
        shift
        break
        ;;
    -*) die "unknown option $1: see mydocker run --help" ;;
    *) break ;;
    esac
    shift
done
[ $# -gt 0 ] || die 'Missing container command: see mydocker run --help'
[ -n "$1" ] || die 'empty container command: see mydocker run --help'
log info 'init come on'
log info "command $1"
[ -n "$interactive" ] || exec </dev/null
exec unshare --fork --kill-child --pid --mount --uts --net --ipc --mount-proc -- "$@"
