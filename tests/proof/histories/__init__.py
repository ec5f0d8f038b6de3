"""Many clients while a primary is lost or slots move: what they did and heard, checked against what is there then."""
