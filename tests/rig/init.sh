#!/bin/busybox sh
# shellcheck shell=dash
# The first program of the guest: the disk's drivers, then what is on the disk.
b=/bin/busybox
$b mount -t devtmpfs dev /dev; $b mount -t proc proc /proc; $b mount -t sysfs sys /sys
while read -r module; do $b insmod "/mods/$module"; done < /mods/order
$b mount -o noatime /dev/vda /root
for one in dev proc sys; do $b mount --move "/$one" "/root/$one"; done
exec $b switch_root /root /sbin/init
