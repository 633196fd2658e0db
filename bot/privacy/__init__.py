"""What a message tells of a person, found and taken out before anything keeps it or reads on."""
