"""Temporary quotes and sessions in Redis or Valkey."""
