"""What processors keep, table by table."""
