"""From YAML text to typed fields, with the position of every mistake."""
