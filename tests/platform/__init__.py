"""The ground everything stands on: database server, migrations, settings, command line, shape of the code."""
