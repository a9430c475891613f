"""Doors of the web: forms and pages for people, the API for sites, signs of life for operators."""
