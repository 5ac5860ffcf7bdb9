#!/bin/sh
# The command as the service runs it: as its user and with its settings. Installed as /usr/local/bin/barometer.
set -eu
umask 0027
program=/opt/barometer/current/bin/barometer
: "${BAROMETER_SETTINGS:=/etc/barometer/barometer.toml}"
export BAROMETER_SETTINGS
case $(id -un) in
    barometer) exec "$program" "$@" ;;
    root) exec runuser -u barometer -- env HOME=/var/lib/barometer "$program" "$@" ;;
esac
echo "barometer: this is the command of the service, which belongs to its user; write: sudo barometer $*" >&2
exit 2
