#!/bin/sh
# An example of commands for a provider of type exec: both `read` and `move` in one script, as docs/providers.md describes them.
#
# Here an address is a file of its name in $ADDRESS_DIR, and the only line in it names the holder. Put the calls of your own router,
# load balancer or DNS in the three places that are marked.
#
#   read: [/usr/local/bin/exec-file-address.sh]
#   move: [/usr/local/bin/exec-file-address.sh]
#   env: { ADDRESS_DIR: /var/lib/addresses }
set -eu

question=$(cat)

# The last text under this key. Names hold no quotes, and the step comes last, so this is enough; jq reads JSON properly.
field() {
  printf '%s\n' "$question" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

# To move nothing, for sure, is an answer of its own. Without any answer nobody knows, and failoverd waits and looks again.
rejected() {
  printf '{"version":1,"effect":"rejected","why":"%s"}\n' "$1"
  exit 0
}

address=$(field address)
file="$ADDRESS_DIR/$address"

# (1) Ask who holds it. When that fails, fail: `set -e` does. "Could not ask" must never become "nobody holds it".
present() {
  cat "$file"
}

case $(field operation) in
read)
  holder=$(present)
  if [ -z "$holder" ]; then
    printf '{"version":1,"holders":[]}\n'
  else
    printf '{"version":1,"holders":["%s"]}\n' "$holder"
  fi
  ;;
move)
  wanted=$(field holder)
  # (2) What cannot be moved is refused before anything is touched.
  [ -e "$file" ] || rejected "there is no address $address"
  [ "$(field kind)" = flip ] || rejected "an address in a file is flipped, never attached or detached"
  # A move that was made already is applied, and changes nothing.
  if [ "$(present)" != "$wanted" ]; then
    # (3) Move it. It happens as a whole or not at all, also when this script is killed in the middle.
    echo "moving $address to $wanted (request $(field request))" >&2
    printf '%s\n' "$wanted" >"$file.new"
    mv "$file.new" "$file"
  fi
  printf '{"version":1,"effect":"applied"}\n'
  ;;
*)
  echo "no such operation" >&2
  exit 64
  ;;
esac
