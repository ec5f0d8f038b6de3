"""Helpers of the suites over HTTP: a customer, a browser, the tours of the pages."""
