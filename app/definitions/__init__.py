"""What a tool definition is. Pure: no Flask, no SQLAlchemy, no input or output."""
