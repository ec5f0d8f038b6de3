"""The OpenAPI document, made of the calls as they are declared."""
