#!/bin/sh
# Installs the barometer as a service of systemd, or brings it up to date. As root, in the folder of the source:
#
#   sh deploy/install.sh
#
# Program: /opt/barometer/releases/TIME, of which /opt/barometer/current is the one in use and the last three stay, so that
# going back is one link. Settings: /etc/barometer, never overwritten. Records: /var/lib/barometer. Logs: /var/log/barometer.
# Nothing is started, and a service that runs goes on with the release it began with until it is restarted.
set -eu
# The service's user runs what is installed, whatever root hides from others here.
umask 0022

source=$(cd "$(dirname "$0")/.." && pwd)
home=/opt/barometer
settings=/etc/barometer
unit=/etc/systemd/system/barometer.service
kept=3
python=${PYTHON:-python3}

say() { printf '%s\n' "$*"; }
refuse() { printf 'install.sh: %s\n' "$*" >&2; exit 2; }

[ "$(id -u)" -eq 0 ] || refuse "this makes a user and a service; run it as root"
[ -f "$source/deploy/requirements.lock" ] || refuse "$source holds no source of the barometer; run it from there"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    refuse "$python is not Python 3.11 or newer; install one, or name it: PYTHON=python3.12 sh deploy/install.sh"
"$python" -c 'import ensurepip, venv' 2>/dev/null || refuse "$python makes no virtual environments; apt-get install python3-venv"

getent passwd barometer >/dev/null ||
    useradd --system --user-group --home-dir /var/lib/barometer --no-create-home --shell /usr/sbin/nologin barometer
install -d -m 0755 "$home" "$home/releases"
install -d -m 0750 -o barometer -g barometer /var/lib/barometer /var/log/barometer
install -d -m 0750 -o root -g barometer "$settings" "$settings/secrets"

release=$home/releases/$(date -u +%Y%m%dT%H%M%SZ)
trap 'rm -rf "$release"' EXIT
trap 'exit 130' HUP INT TERM
say "installing into $release (a few minutes)"
"$python" -m venv "$release"
"$release/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes --requirement "$source/deploy/requirements.lock"
# From a copy: building leaves files behind, and the source may be somebody's checkout.
copy=$release/source
mkdir "$copy"
for part in barometer probes spiders storage schedules pyproject.toml README.md LICENSE; do cp -R "$source/$part" "$copy/"; done
"$release/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation "$copy"
rm -rf "$copy"
install -d "$release/share/doc/barometer"
cp "$source"/docs/*.md "$release/share/doc/barometer/"
said=$("$release/bin/barometer" --version) || refuse "what was installed does not start; the release before stays in use"
trap - EXIT

[ -e "$settings/barometer.toml" ] ||
    install -m 0640 -o root -g barometer "$source/deploy/systemd/barometer.toml" "$settings/barometer.toml"
install -m 0755 "$source/deploy/barometer.sh" /usr/local/bin/barometer
ln -sfn "$release" "$home/current.new"
mv -T "$home/current.new" "$home/current"
install -m 0644 "$source/deploy/systemd/barometer.service" "$unit"
[ ! -d /run/systemd/system ] || systemctl daemon-reload
ls -d "$home"/releases/* | sort -r | tail -n "+$((kept + 1))" | while read -r old; do
    [ "$old" = "$release" ] || rm -rf "$old"
done

"$release/bin/python" -m playwright --version >/dev/null 2>&1 ||
    say "warning: what drives the browser does not start here; apt-get install libatomic1"
say "$said is in $home/current"
say "next: edit $settings/barometer.toml, then"
say "  barometer doctor"
say "  systemctl enable --now barometer       (after an upgrade: systemctl restart barometer)"
