"""Reads prepared datasets: images, factors, points on a factor grid."""
