#!/bin/sh
# Makes .venv/bin/spark-submit work as it is: with the environment's Python, a Java that fits, and our defaults.
# usage: configure-spark.sh VENV JAVA_HOME CONF
set -eu
venv=$(cd "$1" && pwd) java_home=$2 conf=$3
home=$("$venv/bin/python" -c 'import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent)')
folder=$home/conf
mkdir -p "$folder"
# pip's own find-spark-home asks whatever python3 is on the PATH, which does not have pyspark.
cat >"$venv/bin/find-spark-home" <<FIND
export SPARK_HOME="\${SPARK_HOME:-$home}"
FIND
scripts=$(cd "$(dirname "$0")" && pwd)
cat >"$folder/spark-env.sh" <<ENV
kembar_python="$venv/bin/python"
export PYSPARK_PYTHON="\${PYSPARK_PYTHON:-\$kembar_python}"
export PYSPARK_DRIVER_PYTHON="\${PYSPARK_DRIVER_PYTHON:-\$kembar_python}"
export JAVA_HOME="\${JAVA_HOME:-$java_home}"
. "$scripts/spark-checks.sh"
ENV
ln -sf "$conf/spark-defaults.conf" "$conf/log4j2.properties" "$folder/"
