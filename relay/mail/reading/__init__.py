"""Reading incoming mail: from raw bytes to a value, whatever somebody sent."""
