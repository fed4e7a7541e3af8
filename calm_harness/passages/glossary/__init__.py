"""Knowledge from elsewhere: what the things that a question names are called in another language."""
