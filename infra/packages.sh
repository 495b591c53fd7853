#!/usr/bin/env bash
# Installs the servers and tools that the tests need and the machine lacks, from Debian's packages: as root, or through sudo where
# it asks for no password. Elsewhere it says what is missing and fails. The packages start no service and make no cluster: the
# tests run servers of their own.
set -euo pipefail

missing() {
  [ -n "${PG_BIN:-}" ] || [ -n "$(ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null)" ] || command -v postgres >/dev/null || echo postgresql
  [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null || echo rabbitmq-server
  command -v redis-server >/dev/null || echo redis-server
  command -v javac >/dev/null || echo openjdk-17-jdk-headless
  command -v mvn >/dev/null || echo maven
  [ -n "${CHROMIUM_BIN:-}" ] || command -v chromium >/dev/null || command -v google-chrome >/dev/null || echo chromium
  command -v make >/dev/null || echo make
  command -v gcc >/dev/null || echo gcc libc6-dev
  command -v git >/dev/null || echo git
  command -v openssl >/dev/null || echo openssl
  python3 -m pip --version >/dev/null 2>&1 || echo python3-pip
  python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
}

packages=$(missing | tr '\n' ' ')
[ -n "${packages// /}" ] || exit 0

as=()
if [ "$(id -u)" -ne 0 ]; then as=(sudo --non-interactive); fi
if ! command -v apt-get >/dev/null || ! "${as[@]}" true 2>/dev/null; then
  echo "The tests need these Debian packages, or what they hold: $packages" >&2
  echo "Install them, for example: sudo apt-get install --no-install-recommends $packages" >&2
  exit 1
fi
echo "→ installing $packages"
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as[@]}" tee "$policy" >/dev/null
  "${as[@]}" chmod +x "$policy"
  trap '"${as[@]}" rm -f "$policy"' EXIT
fi
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  "${as[@]}" mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' | "${as[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
"${as[@]}" apt-get update -q
# shellcheck disable=SC2086 # a list of words
"${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages
# The shell without windows renders pages faster; releases before Chromium 132 have none, and the whole browser does it too.
case " $packages " in
*" chromium "*) "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium-headless-shell || true ;;
esac
[ -z "$(missing)" ] || { echo "still missing: $(missing)" >&2; exit 1; }
