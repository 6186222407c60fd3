# Sourced by spark-env.sh before Java starts: what Java cannot mend and a job is too late to say.
# shellcheck shell=bash

# Java passes options on in the locale's encoding: under C and POSIX, which many containers have, that is ASCII alone, and
# every other letter of a path becomes a question mark.
case "$(locale charmap 2>/dev/null)" in
ANSI_X3.4-1968 | US-ASCII | 646)
	utf8=$(locale -a 2>/dev/null | grep -i -m 1 -E '^(C|en_US)\.utf-?8$')
	[ -z "$utf8" ] || export LC_ALL="$utf8"
	unset utf8
	;;
esac

# A Python of another environment ends in a traceback about whichever package it lacks first. In cluster mode the driver's
# Python is on another machine; the pyspark shell may well have another one, such as Jupyter's.
case " $* " in
*cluster*) ;;
*" org.apache.spark.deploy.SparkSubmit "*.py" "*)
	if [ "$PYSPARK_DRIVER_PYTHON" != "$kembar_python" ]; then
		wrong=
		if ! command -v "$PYSPARK_DRIVER_PYTHON" >/dev/null; then
			wrong="does not exist"
		elif ! "$PYSPARK_DRIVER_PYTHON" -c 'import pandas, pyarrow, pydantic, structlog' >/dev/null 2>&1; then
			wrong="does not have kembar's packages"
		fi
		if [ -n "$wrong" ]; then
			echo "error: PYSPARK_DRIVER_PYTHON names $PYSPARK_DRIVER_PYTHON, which $wrong: unset it, or set it to $kembar_python" >&2
			exit 2
		fi
		unset wrong
	fi
	;;
esac
