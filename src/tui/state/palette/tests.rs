//! What the palette offers and does.
