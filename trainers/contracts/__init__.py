"""The contract of each kind of part, as checks with a verdict each: `suite.check_part`.

`sweeper check` runs them on a user's own code, the tests on the built-in parts."""
