"""What `stockrecon demo` does between its options and its report."""
