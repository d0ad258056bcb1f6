"""What goes over the wire: the shapes of bodies, strict on the way in."""
