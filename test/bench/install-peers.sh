#!/bin/sh
# What `npm run bench` measures beside Sluice, and what it loads them with, on Debian and Ubuntu.
set -eu
apt-get update
apt-get install --yes --no-install-recommends nginx haproxy caddy wrk nghttp2-client util-linux
