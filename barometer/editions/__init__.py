"""What is done with an edition: scored, reviewed, disputed, published."""
