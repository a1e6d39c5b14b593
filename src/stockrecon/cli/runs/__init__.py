"""What `stockrecon runs` tells: past runs, what they wrote, and whether all is well."""
