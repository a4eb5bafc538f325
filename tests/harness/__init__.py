"""What tests with real servers share: regions in their own folders, load, faults and the checker."""
