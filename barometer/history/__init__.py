"""What moved over the nights: states that were seen often enough, and the nights between which they changed."""
