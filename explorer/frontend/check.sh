#!/bin/sh
# Builds the bundle from the locked packages and compares it with the committed one, byte for byte.
set -eu
cd "$(dirname "$0")"
npm ci --ignore-scripts
built="$(mktemp)"
trap 'rm -f "$built"' EXIT
npm run build -- "$built"
if cmp "$built" ../static/explorer.js; then
  echo "static/explorer.js is what its sources build"
else
  echo "static/explorer.js is not what its sources build: run 'npm ci && npm run build' in explorer/frontend and commit the result" >&2
  exit 1
fi
