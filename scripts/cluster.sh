#!/bin/sh
# usage: cluster.sh start|stop|status [--workers N] [--cores N] [--memory 3g] [--folder DIR]; see cluster.py
here=$(dirname "$0")
exec "$here/../.venv/bin/python" "$here/cluster.py" "$@"
