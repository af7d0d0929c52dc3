# What pytest finds the fixtures by.
pytest_plugins = ["rdsiam.testing"]
