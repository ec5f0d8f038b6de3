"""Adapters of the ports. Each package knows the domain and one technology, and no other adapter."""
