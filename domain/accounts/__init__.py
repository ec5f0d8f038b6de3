"""Steps and views that the use cases of customers share."""
