#!/bin/sh
# Makes .venv/bin/spark-submit work as it is: with the environment's Python, a Java that fits, and our defaults.
# usage: configure-spark.sh VENV JAVA_HOME CONF
set -eu
venv=$1 java_home=$2 conf=$3
home=$("$venv/bin/python" -c 'import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent)')
folder=$home/conf
mkdir -p "$folder"
# pip's own find-spark-home asks whatever python3 is on the PATH, which does not have pyspark.
cat >"$venv/bin/find-spark-home" <<FIND
export SPARK_HOME="\${SPARK_HOME:-$home}"
FIND
cat >"$folder/spark-env.sh" <<ENV
export PYSPARK_PYTHON="\${PYSPARK_PYTHON:-$venv/bin/python}"
export PYSPARK_DRIVER_PYTHON="\${PYSPARK_DRIVER_PYTHON:-$venv/bin/python}"
export JAVA_HOME="\${JAVA_HOME:-$java_home}"
ENV
ln -sf "$conf/spark-defaults.conf" "$conf/log4j2.properties" "$folder/"
