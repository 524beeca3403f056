//! Content when its owner leaves: to whom it goes, what is written down, and how it comes back.
