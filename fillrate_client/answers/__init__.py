"""Types of what is asked and answered, an area of the API each; written from the OpenAPI document."""
