# Sourced by the scripts here: a Debian root in a folder, and commands inside it. Needs root and mmdebstrap.

[ "$(id -u)" = 0 ] || { echo "needs root to make a Debian root"; exit 77; }
[ -z "${KEZEK_INNER:-}" ] || { echo "runs inside a Debian root already"; exit 77; }
tests/needs roots || exit 1
base=$(mktemp -d "${TMPDIR:-/tmp}/kezek-root.XXXXXX")
inner=""
cleanup() {
    trap - EXIT
    [ -z "$inner" ] || end_inner
    rm -rf --one-file-system "$base"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# make_root SUITE NAME [mmdebstrap option …] → $base/NAME, with this checkout's tracked files in /kezek. It trusts the
# certificate authorities that this machine was told to trust: the way to npm's registry may lead through a proxy of theirs.
make_root() {
    local suite=$1 name=$2
    shift 2
    mmdebstrap --quiet --variant=apt "$@" "$suite" "$base/$name" || return 1
    cp /etc/resolv.conf "$base/$name/etc/" 2>/dev/null
    mkdir -p "$base/$name/kezek" "$base/$name/usr/local/share/ca-certificates"
    cp /usr/local/share/ca-certificates/*.crt "$base/$name/usr/local/share/ca-certificates/" 2>/dev/null &&
        chroot "$base/$name" update-ca-certificates >/dev/null 2>&1
    git ls-files -z | xargs -0 tar -cf - | tar -xf - -C "$base/$name/kezek"
}

# The first process of the namespace takes all others along, and unshare waits for it.
end_inner() {
    # shellcheck disable=SC2046 # one number, or none
    kill -KILL $(cat "/proc/$inner/task/$inner/children") 2>/dev/null || kill -KILL "$inner" 2>/dev/null
    wait "$inner"
} 2>/dev/null

# inside NAME COMMAND …: in its own mount and process namespaces, so that what it mounts and starts ends with it; and with
# this script, wherever that is stopped. unshare ignores SIGTERM, and bash hears it only between commands, but for `wait`.
inside() {
    local root=$base/$1 status
    shift
    setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child sh -c '
        root=${1:?}; shift
        mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && mount -t tmpfs tmpfs "$root/tmp" || exit 1
        exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 KEZEK_INNER=1 \
            sh -c "cd /kezek && exec \"\$@\"" sh "$@"' sh "$root" "$@" <&0 &
    inner=$!
    wait "$inner"
    status=$?
    inner=""
    return $status
}
