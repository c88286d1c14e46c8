"""MLflow, the library of record. The only package that imports mlflow.

layout: every name, once.  reader: what is stored.  store: which URIs are accepted, and why not.
A SQLite store is read as the database it is, without loading mlflow; a server through its API."""
