"""What parallel texts are made into for SFT: translations, and texts whose sentences change language."""
