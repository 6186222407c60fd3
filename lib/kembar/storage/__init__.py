"""Files and tables on disks and object stores: paths, output folders that publish whole or not at all, CSV."""
