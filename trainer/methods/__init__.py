"""What a training learns by: a file a method."""
