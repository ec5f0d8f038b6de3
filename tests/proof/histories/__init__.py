"""Histories on real servers: many clients during a failover or a slot migration, checked afterwards."""
