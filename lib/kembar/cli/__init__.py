"""What every job shares: its options, dry run, progress and messages when it fails."""
