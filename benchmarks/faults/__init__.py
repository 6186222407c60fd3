"""What happens to the jobs when processes are killed, disks fill up and files are damaged."""
