# shellcheck shell=bash
# Sourced: where the rig's Debian root lies, and how it is made: what every terminal has; `kmod`, without which the kernel
# cannot load the file system of a stick when it is mounted (the package depends on it); `v4l-utils`, which plays frames into the rig's camera.
base="${RIG:-target/rig}/bookworm-video.tar"
make_base() {
  [ -e "$base" ] && return
  mkdir -p "$(dirname "$base")"
  mmdebstrap --quiet --variant=essential --include=systemd,systemd-sysv,udev,dbus,kmod,v4l-utils --mode=root bookworm "$base.part" --format=tar \
    && mv "$base.part" "$base"
}
