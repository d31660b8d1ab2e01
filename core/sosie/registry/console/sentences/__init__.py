"""What the console says beyond the door, one table a subject: name -> (English, French, Spanish)."""
