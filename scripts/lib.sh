# Shared by scripts/demo and scripts/test: where is the repository, which Python, and a .venv that fits constraints.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

find_python() {
  local candidate
  for candidate in python3.11 python3.12 python3.13 python3 python; do
    if "$candidate" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "Python 3.11, 3.12 or 3.13 is needed and none is on PATH: install one, then run this script again."
}

# ready EXTRAS: .venv holds the project and what EXTRAS names ("" or "[test]", which includes the former). The stamp
# makes a second run quick.
ready() {
  local wanted stamp=.venv/samestory-ready
  wanted="$(cat pyproject.toml constraints.txt | cksum)"
  case "$(cat $stamp 2>/dev/null)" in "$wanted$1" | "$wanted[test]") return ;; esac
  local python
  python="$(find_python)"
  say "Setting up .venv with $("$python" --version): some minutes the first time."
  [ -x .venv/bin/python ] || "$python" -m venv .venv || fail "The venv module is missing: on Debian, apt-get install python3-venv."
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".$1" >&2
  echo "$wanted$1" > $stamp
}
