//! Journeys, vectors and golden screens of the whole product.
