"""How orders and everything around them are kept: tables, statements, migrations."""
