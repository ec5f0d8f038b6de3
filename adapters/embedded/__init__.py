"""What a machine without servers needs: a bundled Valkey, and one private folder for all data."""
