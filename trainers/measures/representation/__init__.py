"""What measures are computed on: files of latents and factors, and their checks."""
