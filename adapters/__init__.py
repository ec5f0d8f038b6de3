"""The ports, fulfilled: the domain and one technology in each package; none of them knows another."""
