#!/usr/bin/env bash
# gen-certs.sh DIR [--host NAME]…
#
# Makes certificates for tests and development, valid 30 days, never for production: a CA (ca.pem), a server
# certificate (server.pem, server.key) for localhost, 127.0.0.1, ::1 and every --host NAME (a DNS name or an IP
# address), and a client certificate (client.pem, client.key). Keys have mode 0600; files that exist are never replaced.

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/lib/talk.sh"

dir='' hosts=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --host) [[ -n ${2:-} ]] || die "--host takes a name"; hosts+=("$2"); shift ;;
    -h | --help) usage; exit ;;
    -*) die "unknown argument '$1' (see --help)" ;;
    *) [[ -z $dir ]] || die "one DIR only"; dir=$1 ;;
  esac
  shift
done
[[ -n $dir ]] || die "names no DIR (see --help)"
command -v openssl >/dev/null || die "needs openssl (bazel-free-scripts/setup.sh --for test installs it)"
for name in ca server client; do
  for file in "$dir/$name.pem" "$dir/$name.key"; do
    [[ ! -e $file ]] || die "$file exists: nothing was changed"
  done
done

names="DNS:localhost,IP:127.0.0.1,IP:::1"
for host in "${hosts[@]}"; do
  if [[ $host =~ ^[A-Za-z0-9*]([A-Za-z0-9.-]*[A-Za-z0-9])?$ && ! $host =~ ^[0-9.]+$ ]]; then
    names+=",DNS:$host"
  elif [[ $host =~ ^[0-9.]+$ || $host =~ ^[0-9A-Fa-f:]+$ ]]; then
    names+=",IP:$host"
  else
    die "--host '$host' is neither a DNS name nor an IP address"
  fi
done

mkdir -p "$dir"
umask 077   # keys are born 0600
work=$(mktemp -d "$dir/.making.XXXXXX")   # a failure leaves nothing half made
trap 'rm -rf "$work"' EXIT
work=$(cd "$work" && pwd)
cd "$work"

# make NAME SUBJECT OPENSSL-ARGUMENTS…: a new P-256 key and a certificate for it.
make() {
  local name=$1 subject=$2
  shift 2
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -sha256 -days 30 -batch \
    -subj "/O=order1688 test only/CN=$subject" -keyout "$name.key" -out "$name.pem" "$@" 2>openssl.log ||
    die "openssl could not make $name.pem: $(cat openssl.log)"
  chmod 644 "$name.pem"
  rm -f openssl.log
}
make ca "order1688 test CA" -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign
make server localhost -CA ca.pem -CAkey ca.key -addext basicConstraints=critical,CA:FALSE \
  -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=serverAuth -addext "subjectAltName=$names"
make client "order1688 test client" -CA ca.pem -CAkey ca.key -addext basicConstraints=critical,CA:FALSE \
  -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=clientAuth

mv ./*.pem ./*.key ..
say "made in $dir, for tests and development only, valid 30 days:"
printf '%s\n' ca.pem ca.key server.pem server.key client.pem client.key
