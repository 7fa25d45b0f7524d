//! One passage from alleged bytes to a permit, through the public face of `gate_core` alone.
//! The rows are those of the tour and of DOMAIN and DESIGN, not what the code answers.

mod badges;
mod code_and_card;
mod codes;
mod laws;
mod proofs;
mod records;
mod world;
