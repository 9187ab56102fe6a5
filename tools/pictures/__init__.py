"""What tools/make_pictures.py makes pictures of."""
