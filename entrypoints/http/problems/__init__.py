"""Problems (RFC 9457): their form, the table from error to status, an example and a page of each."""
