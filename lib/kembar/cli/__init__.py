"""Code that all jobs share: options, dry run, progress and error messages."""
