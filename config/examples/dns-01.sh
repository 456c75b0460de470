#!/bin/sh
# An example of `acme.dns.command`: puts a TXT record into a zone by a dynamic update (RFC 2136), which BIND, Knot,
# PowerDNS and others take. Sluice runs
#
#     dns-01.sh present _acme-challenge.app.example.com VALUE    add the record, beside others of that name
#     dns-01.sh cleanup _acme-challenge.app.example.com VALUE    take this one away again
#
# with its own environment and folder. Exit code 0 means done; what is written to standard error is shown with a failure.
# In the configuration:  acme: { challenges: [dns-01], dns: { command: [/etc/sluice/dns-01.sh], wait: 30s } }
#
# Needs nsupdate (Debian: bind9-dnsutils), DNS_SERVER (default 127.0.0.1), and DNS_KEY_FILE, a TSIG key that may
# change TXT records of _acme-challenge names and nothing else.
set -eu

action=$1 name=$2 value=$3
: "${DNS_KEY_FILE:?set it to the file of a TSIG key}"

case $action in
  present) change="update add $name. 60 TXT \"$value\"" ;;
  cleanup) change="update delete $name. TXT \"$value\"" ;;
  *) echo "unknown action: $action" >&2; exit 2 ;;
esac

printf 'server %s\n%s\nsend\n' "${DNS_SERVER:-127.0.0.1}" "$change" | nsupdate -k "$DNS_KEY_FILE"
