"""MLflow holds every result. This is the only package that imports mlflow.

layout: every name that is stored.  uri: which addresses are accepted.  reading, writing.
A store that is a database is read by SQL, without loading mlflow; a server through MLflow's
client."""
